import { Construct } from "constructs";
import { ApisixGateway, backchannelLogoutUrl, type Revocation } from "../constructs/apisix/apisix-gateway";
import { mailRoutes } from "../constructs/gateway/mail-routes";
import { HttpdGateway } from "../constructs/httpd/httpd-gateway";
import { jamesCapabilities, offersSieve } from "../constructs/james/capabilities";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimits } from "../constructs/james/james-limits";
import { JamesServer } from "../constructs/james/james-server";
import { KeycloakServer } from "../constructs/keycloak/keycloak-server";
import {
  type MailClient,
  type MailClientOptions,
  mailRealm,
  webOriginsOf,
} from "../constructs/keycloak/mail-realm";
import { type IRealm, type IResourceServer, realmAt } from "../constructs/keycloak/realm";
import { hostsOfRealm } from "../constructs/keycloak/realm-hosts";
import { kitRealm, type RealmRepresentation } from "../constructs/keycloak/realm-template";
import { longestAccessToken } from "../constructs/keycloak/token-lifespan";
import { type ILdapDirectory, LdapDirectory } from "../constructs/ldap/ldap-directory";
import type { LdifEntry } from "../constructs/ldap/ldif";
import type { Person } from "../constructs/ldap/person";
import { type IRedis, RedisServer } from "../constructs/redis/redis-server";
import { checkProps, type Rule } from "../constructs/terraform/rules";
import type { ContainerLimits } from "../constructs/workload/limits";
import type { Secret } from "../constructs/workload/secret";
import type { Engine } from "../constructs/workload/workload";
import { KitError } from "../kit/errors";
import { defaultHosts, publicUrls, type Service } from "./addresses";
import { defaultRevocation } from "./default-revocation";
import { type ApisixImage, apisixImage, type ImageSet } from "./image-set";

/** What every realm of a platform has. */
interface RealmProps {
  /** People of the kit's own directory. Not used with `directory`. @default none */
  readonly people?: readonly Person[];
  /**
   * Realm with clients `oidc`, `james-thunderbird` and `james`, an LDAP federation and, for `directGrants`, client
   * `kit-smoke`, as of a KeycloakRealm with `addMailClients()`. With `realm` only its name is used.
   *
   * @default the kit's realm-templates/oidc.json
   */
  readonly realmTemplate?: RealmRepresentation;
  /** @default the template's */
  readonly realmName?: string;
  /** An existing realm, which must know the clients, instead of one of the kit's Keycloak; see `realmAt`. */
  readonly realm?: IRealm;
  readonly oidcClient: Required<Pick<MailClientOptions, "redirectUris" | "webOrigins">> &
    Pick<MailClientOptions, "requirePkce" | "directAccessGrants">;
  readonly thunderbirdClient: Required<Pick<MailClientOptions, "redirectUris">> &
    Pick<MailClientOptions, "directAccessGrants">;
  /** Mail clients beside these. @default none */
  readonly otherClients?: readonly MailClient[];
}

/** A further realm: people with a mail domain of their own, who log in to Keycloak, gateway and James by themselves. */
export interface MailPlatformRealmProps extends RealmProps {
  /** Mail domain of its people, and of nobody else's. */
  readonly domain: string;
  /** Where its people are in the `directory` of the platform: needed with one, not used without. */
  readonly usersDn?: string;
  readonly secrets: Pick<MailPlatformSecrets, "jamesClient" | "thunderbirdClient">;
  /** Its JMAP is told apart by the gateway's host name. */
  readonly hosts: Pick<MailPlatformHosts, "gateway">;
  /** James knows one realm for each listener. */
  readonly ports: Pick<MailPlatformPorts, "imap" | "smtp" | "sieve">;
}

export interface MailPlatformProps extends RealmProps {
  readonly engine: Engine;
  readonly images: ImageSet;
  /** Mail domain. @default "localhost" */
  readonly domain?: string;
  readonly secrets: MailPlatformSecrets;
  /** Further entries of the kit's own directory. @default none */
  readonly entries?: readonly LdifEntry[];
  /** Further realms, each with a mail domain, host and ports of its own. @default none */
  readonly realms?: readonly MailPlatformRealmProps[];
  /** Whether Keycloak imports its realms; otherwise they are made through its API. @default true */
  readonly importRealm?: boolean;
  /** Whether client `kit-smoke`, which takes passwords directly, exists. @default false */
  readonly directGrants?: boolean;
  /** @default "apisix" where the image set has it, else "httpd" */
  readonly gateway?: "apisix" | "httpd";
  /** How the gateway learns of logouts; httpd has introspection only. @default "redis" with APISIX */
  readonly revocation?: Revocation;
  /** How long the gateway trusts an introspection, in seconds. @default 0: asks at every request */
  readonly introspectionIntervalSeconds?: number;
  /** Where passwords are taken; false leaves bearer tokens only. @default everywhere */
  readonly passwords?: Partial<Readonly<Record<PasswordProtocol, boolean>>>;
  /** What people may keep in James and send at once. @default what fits James's heap */
  readonly limits?: Partial<JamesLimits>;
  /** DNS names. @default those of the reference example, `sso.example.com` … */
  readonly hosts?: Partial<MailPlatformHosts>;
  /** Published ports. @default those of the reference example; webadmin is not published */
  readonly ports?: Partial<MailPlatformPorts>;
  /** Limits. @default none */
  readonly resources?: MailPlatformResources;
  /** An existing directory, instead of the kit's own. */
  readonly directory?: ILdapDirectory;
  /** An existing Redis, instead of the kit's own. */
  readonly redis?: IRedis;
}

export interface MailPlatformSecrets {
  readonly keycloakAdmin: Secret;
  readonly jamesClient: Secret;
  readonly thunderbirdClient: Secret;
  readonly ldapAdmin: Secret;
  readonly redis: Secret;
  /** Encrypts what the gateway keeps in Redis. */
  readonly gatewayCrypto: Secret;
  /** Proves to James, from 3.9 on, that the gateway names the user. */
  readonly gatewayUser: Secret;
}

export type MailPlatformHosts = Readonly<Record<Service, string>>;

export interface MailPlatformPorts {
  readonly keycloak: number;
  readonly gateway: number;
  readonly imap: number;
  readonly smtp: number;
  readonly sieve: number;
  /** null: not published. */
  readonly webadmin: number | null;
}

export interface MailPlatformResources {
  readonly redis?: ContainerLimits;
  readonly ldap?: ContainerLimits;
  readonly gateway?: ContainerLimits;
  readonly james?: ContainerLimits & { readonly heapMb?: number };
  readonly keycloak?: ContainerLimits & { readonly heapMb?: number };
}

const defaultPorts: MailPlatformPorts = {
  keycloak: 8080,
  gateway: 9080,
  imap: 143,
  smtp: 587,
  sieve: 4190,
  webadmin: null,
};

/** A realm of a platform. */
export interface MailPlatformRealm {
  readonly domain: string;
  readonly realm: IRealm;
  /** What it is to be, secrets in clear. Undefined when it is the caller's. */
  readonly representation?: RealmRepresentation;
  /** Where its people are. */
  readonly directory: ILdapDirectory;
}

/**
 * James behind a gateway, with single sign-on by Keycloak for the people of an LDAP directory. Every part is a public
 * field; a directory, realm or Redis of the caller takes the place of the kit's own.
 */
export class MailPlatform extends Construct {
  readonly directory: ILdapDirectory;
  /** The first realm. */
  readonly realm: IRealm;
  /** All realms, the first one first. */
  readonly realms: readonly MailPlatformRealm[];
  readonly redis: IRedis;
  /** Undefined when every realm is the caller's. */
  readonly keycloak?: KeycloakServer;
  readonly james: JamesServer;
  readonly gateway: ApisixGateway | HttpdGateway;

  constructor(scope: Construct, id: string, props: MailPlatformProps) {
    super(scope, id);
    checkProps(this, props, rules);
    const { engine, images, secrets, resources = {}, domain = "localhost", directGrants = false } = props;
    const hosts = { ...defaultHosts, ...props.hosts };
    const ports = { ...defaultPorts, ...props.ports };
    const passwords = { jmap: true, imap: true, smtp: true, sieve: true, ...props.passwords };
    const offered = offersSieve(images.jamesVersion, passwords.sieve);
    const { xUserSecret } = jamesCapabilities(images.jamesVersion);
    const kind = gatewayKind(props);
    const revocation = props.revocation ?? defaultRevocation(kind);
    const wanted: [WantedRealm, ...WantedRealm[]] = [
      withTemplate({ ...props, domain, hosts, ports }),
      ...(props.realms ?? []).map(withTemplate),
    ];

    this.redis =
      props.redis ??
      new RedisServer(this, "redis", {
        engine,
        image: images.redis,
        host: hosts.redis,
        password: secrets.redis,
        ...resources.redis,
      });

    const ldap = props.directory
      ? undefined
      : new LdapDirectory(this, "ldap", {
          engine,
          image: images.ldap,
          host: hosts.ldap,
          domain,
          adminPassword: secrets.ldapAdmin,
          people: props.people ?? [],
          entries: props.entries ?? [],
          ...resources.ldap,
        });
    this.directory = props.directory ?? (ldap as LdapDirectory);

    const keycloakUrl = publicUrls(hosts, ports).keycloak;
    this.realms = wanted.map((realm, index): MailPlatformRealm => {
      const directory = index === 0 ? this.directory : this.#directoryOf(realm, ldap);
      if (realm.realm) return { domain: realm.domain, realm: realm.realm, directory };
      const logout = backchannelLogoutUrl(
        { host: realm.hosts.gateway, port: ports.gateway, redis: this.redis },
        revocation,
      );
      const representation = realmRepresentation(realm, {
        directory,
        ...(logout !== undefined && { logout }),
        directGrants,
        // James believes each realm about its users.
        ...(wanted.length > 1 && { userDomains: [realm.domain] }),
      });
      return {
        domain: realm.domain,
        realm: realmAt(keycloakUrl, representation.realm as string),
        representation,
        directory,
      };
    });
    const representations = this.realms.flatMap(({ representation }) => representation ?? []);
    if (representations.length > 0) {
      this.keycloak = new KeycloakServer(this, "keycloak", {
        engine,
        image: images.keycloak,
        host: hosts.keycloak,
        port: ports.keycloak,
        adminPassword: secrets.keycloakAdmin,
        ...(props.importRealm !== false && { realms: representations }),
        ...resources.keycloak,
      });
    }

    // Its provider makes realms of which Keycloak's container is told nothing.
    this.keycloak?.service.connectTo(...representations.flatMap(hostsOfRealm));

    const served = wanted.map((props, index): Served => {
      const { realm, directory, representation } = this.realms[index] as MailPlatformRealm;
      const resourceServer: IResourceServer = { clientId: "james", clientSecret: props.secrets.jamesClient };
      return {
        domain: props.domain,
        usersDn: directory.usersDn,
        oidc: { ...realm, ...resourceServer },
        // One of several realms is believed about its own people only.
        users: wanted.length > 1 ? { userDomains: [props.domain] } : {},
        name: props.realmName ?? (props.realmTemplate.realm as string),
        host: props.hosts.gateway,
        ports: props.ports,
        logoutClients: mailClientIds(props, directGrants),
        ...(representation && { rememberLogoutSeconds: Math.max(60, longestAccessToken(representation)) }),
        webOrigins: [{ kind: "public" as const, ...props.oidcClient }, ...(props.otherClients ?? [])].flatMap(
          webOriginsOf,
        ),
      };
    });
    const [first, ...further] = served as [Served, ...Served[]];
    this.realm = (this.realms[0] as MailPlatformRealm).realm;
    this.james = new JamesServer(this, "james", {
      engine,
      image: images.james,
      version: images.jamesVersion,
      home: images.jamesHome,
      host: hosts.james,
      domains: [domain],
      ldap: this.directory,
      oidc: first.oidc,
      ...(further.length > 0 && {
        realms: further.map(({ domain, usersDn, oidc, ports: { imap, smtp, sieve } }) => ({
          ...{ domain, usersDn, oidc },
          publish: { imap, smtp, ...(offered && { sieve }) },
        })),
      }),
      jmap: { passwords: passwords.jmap, ...(xUserSecret && { xUserSecret: secrets.gatewayUser }) },
      imap: { passwords: passwords.imap },
      smtp: { passwords: passwords.smtp },
      sieve: offered ? { passwords: passwords.sieve } : "off",
      // Whoever reaches it may do everything: unless it is published on purpose, it is for the container itself.
      ...(ports.webadmin === null && { webadmin: { bind: "127.0.0.1" } }),
      publish: {
        imap: ports.imap,
        smtp: ports.smtp,
        sieve: offered ? ports.sieve : null,
        webadmin: ports.webadmin,
      },
      // James gives up when it cannot reach its directory.
      ...(ldap && { dependsOn: [ldap.service] }),
      ...(props.limits && { limits: props.limits }),
      ...resources.james,
    });

    const site = ({ name, host, domain, oidc, webOrigins }: Served) => ({
      ...{ name, host, webOrigins },
      routes: mailRoutes({
        publicUrl: publicUrls({ ...hosts, gateway: host }, ports).gateway,
        upstream: { host: this.james.host, port: this.james.jmapPort },
        webFinger: { issuer: oidc.issuer, domains: [domain] },
        passwords: passwords.jmap,
        ...(xUserSecret && { userSecret: secrets.gatewayUser }),
      }),
    });
    const gateway = {
      engine,
      host: first.host,
      port: ports.gateway,
      routes: site(first).routes,
      webOrigins: first.webOrigins,
      redis: this.redis,
      ...(revocation === "introspection" && {
        introspectionIntervalSeconds: props.introspectionIntervalSeconds ?? 0,
      }),
      ...resources.gateway,
    };
    const apisixOidc = ({ oidc, users, logoutClients, rememberLogoutSeconds }: Served) => ({
      ...{ ...oidc, ...users, logoutClients },
      ...(rememberLogoutSeconds !== undefined && { rememberLogoutSeconds }),
    });
    const httpdOidc = ({ oidc, users }: Served) => ({ ...oidc, ...users });
    this.gateway =
      kind === "apisix"
        ? new ApisixGateway(this, "gateway", {
            ...gateway,
            ...requireApisix(images, revocation),
            revocation,
            oidc: apisixOidc(first),
            sites: further.map((realm) => ({ ...site(realm), oidc: apisixOidc(realm) })),
          })
        : new HttpdGateway(this, "gateway", {
            ...gateway,
            image: images.httpd,
            oidc: httpdOidc(first),
            sites: further.map((realm) => ({ ...site(realm), oidc: httpdOidc(realm) })),
            cryptoPassphrase: secrets.gatewayCrypto,
          });
  }

  #directoryOf(
    { domain, people = [], usersDn }: MailPlatformRealmProps,
    ldap?: LdapDirectory,
  ): ILdapDirectory {
    if (ldap) return ldap.addDomain(domain, people);
    const { url, bindDn, bindPassword } = this.directory;
    if (usersDn !== undefined) return { url, usersDn, bindDn, bindPassword };
    throw new KitError(`MailPlatform ${this.node.path} cannot be built`, [
      {
        where: `${this.node.path}.realms`,
        what: `nobody knows where the people of ${domain} are in the directory`,
        fix: "Give the realm its usersDn",
      },
    ]);
  }
}

type WantedRealm = MailPlatformRealmProps & { readonly realmTemplate: RealmRepresentation };

function withTemplate(realm: MailPlatformRealmProps): WantedRealm {
  return { ...realm, realmTemplate: realm.realmTemplate ?? kitRealm() };
}

function gatewayKind({ gateway, images }: MailPlatformProps): "apisix" | "httpd" {
  return gateway ?? (images.apisix ? "apisix" : "httpd");
}

const rules: Rule<MailPlatformProps>[] = [
  {
    prop: "revocation",
    check: ({ revocation = "introspection", ...props }) =>
      gatewayKind(props) === "httpd" && revocation !== "introspection"
        ? {
            what: "httpd asks Keycloak about tokens and knows no other way",
            got: revocation,
            allowed: ["introspection"],
          }
        : undefined,
  },
];

/** A realm as James and the gateway serve it. */
interface Served {
  readonly name: string;
  readonly domain: string;
  readonly usersDn: string;
  readonly host: string;
  readonly ports: MailPlatformRealmProps["ports"];
  readonly oidc: IRealm & IResourceServer;
  readonly users: { readonly userDomains?: readonly string[] };
  readonly logoutClients: readonly string[];
  readonly rememberLogoutSeconds?: number;
  readonly webOrigins: readonly string[];
}

/** Clients that log people in. */
function mailClientIds({ otherClients = [] }: RealmProps, directGrants: boolean): string[] {
  return [
    "oidc",
    "james-thunderbird",
    ...(directGrants ? ["kit-smoke"] : []),
    ...otherClients.map(({ name }) => name),
  ];
}

function realmRepresentation(
  { realmTemplate, realmName, oidcClient, thunderbirdClient, otherClients = [], secrets }: WantedRealm,
  options: {
    directory: ILdapDirectory;
    logout?: string;
    directGrants: boolean;
    userDomains?: readonly string[];
  },
): RealmRepresentation {
  const logout = options.logout === undefined ? {} : { backchannelLogoutUrl: options.logout };
  return mailRealm(realmTemplate, {
    directory: options.directory,
    ...(options.userDomains && { userDomains: options.userDomains }),
    ...(realmName !== undefined && { name: realmName }),
    others: otherClients.map((client) => ({ ...client, ...logout })),
    without: !options.directGrants && hasClient(realmTemplate, "kit-smoke") ? ["kit-smoke"] : [],
    clients: {
      oidc: { ...oidcClient, ...logout },
      "james-thunderbird": { ...thunderbirdClient, secret: secrets.thunderbirdClient, ...logout },
      james: { secret: secrets.jamesClient },
      ...(options.directGrants && { "kit-smoke": logout }),
    },
  });
}

function hasClient({ clients = [] }: RealmRepresentation, clientId: string): boolean {
  return clients.some((client) => client.clientId === clientId);
}

function requireApisix(images: ImageSet, revocation: Revocation): ApisixImage {
  const found = apisixImage(images, revocation);
  if (found) return found;
  throw new KitError("the gateway cannot be built", [
    { where: "images", what: "the image set has no APISIX", fix: "Take gateway httpd, or registryImages()" },
  ]);
}
