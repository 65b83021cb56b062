import { Construct } from "constructs";
import { KitError } from "../../config/errors";
import { ApisixGateway, backchannelLogoutUrl, type Revocation } from "../apisix/apisix-gateway";
import type { DockerEnvironment } from "../container/docker-environment";
import type { Secret } from "../container/secret";
import { mailRoutes } from "../gateway/mail-routes";
import { HttpdGateway } from "../httpd/httpd-gateway";
import { jamesCapabilities } from "../james/capabilities";
import { JamesServer } from "../james/james-server";
import { KeycloakServer } from "../keycloak/keycloak-server";
import { type MailClient, mailRealm } from "../keycloak/mail-realm";
import type { IRealm, IResourceServer } from "../keycloak/realm";
import type { RealmRepresentation } from "../keycloak/realm-template";
import { type ILdapDirectory, LdapDirectory } from "../ldap/ldap-directory";
import type { LdifEntry } from "../ldap/ldif";
import type { Person } from "../ldap/person";
import { type IRedis, RedisServer } from "../redis/redis-server";
import { publicUrls } from "./addresses";
import { defaultRevocation } from "./default-revocation";
import type { ApisixImage, ImageSet } from "./image-set";

export interface MailPlatformProps {
  readonly docker: DockerEnvironment;
  readonly images: ImageSet;
  /** Mail domain. @default "localhost" */
  readonly domain?: string;
  readonly secrets: MailPlatformSecrets;
  /** People of the kit's own directory. Not used with `directory`. @default none */
  readonly people?: readonly Person[];
  /** Further entries of the kit's own directory. @default none */
  readonly entries?: readonly LdifEntry[];
  /** Realm with clients `oidc`, `james-thunderbird`, `james` and `kit-smoke`. Not used with `realm`. */
  readonly realmTemplate: RealmRepresentation;
  /** @default the template's */
  readonly realmName?: string;
  /** Whether Keycloak imports the realm; otherwise it is made through its API. @default true */
  readonly importRealm?: boolean;
  readonly oidcClient: { readonly redirectUris: readonly string[]; readonly webOrigins: readonly string[] };
  readonly thunderbirdClient: { readonly redirectUris: readonly string[] };
  /** Mail clients beside these. @default none */
  readonly otherClients?: readonly MailClient[];
  /** Whether client `kit-smoke`, which takes passwords directly, exists. @default false */
  readonly directGrants?: boolean;
  /** @default "apisix" where the image set has it, else "httpd" */
  readonly gateway?: "apisix" | "httpd";
  /** How the gateway learns of logouts; httpd has introspection only. @default "redis" with APISIX */
  readonly revocation?: Revocation;
  /** How long the gateway trusts an introspection, in seconds. @default 0: asks at every request */
  readonly introspectionIntervalSeconds?: number;
  /** DNS names. @default those of the reference example, `sso.example.com` … */
  readonly hosts?: Partial<MailPlatformHosts>;
  /** Published ports. @default those of the reference example; webadmin is not published */
  readonly ports?: Partial<MailPlatformPorts>;
  /** Limits. @default none */
  readonly resources?: MailPlatformResources;
  /** An existing directory, instead of the kit's own. */
  readonly directory?: ILdapDirectory;
  /** An existing realm, which must know the clients, instead of a Keycloak of the kit. */
  readonly realm?: IRealm;
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

export interface MailPlatformHosts {
  readonly keycloak: string;
  readonly gateway: string;
  readonly james: string;
  readonly ldap: string;
  readonly redis: string;
}

export interface MailPlatformPorts {
  readonly keycloak: number;
  readonly gateway: number;
  readonly imap: number;
  readonly smtp: number;
  readonly sieve: number;
  /** null: not published. */
  readonly webadmin: number | null;
}

interface Limits {
  readonly memoryMb?: number;
}

export interface MailPlatformResources {
  readonly redis?: Limits;
  readonly ldap?: Limits;
  readonly gateway?: Limits;
  readonly james?: Limits & { readonly heapMb?: number };
  readonly keycloak?: Limits & { readonly heapMb?: number };
}

const defaultHosts: MailPlatformHosts = {
  keycloak: "sso.example.com",
  gateway: "apisix.example.com",
  james: "james.example.com",
  ldap: "ldap.example.com",
  redis: "redis.example.com",
};

const defaultPorts: MailPlatformPorts = {
  keycloak: 8080,
  gateway: 9080,
  imap: 143,
  smtp: 587,
  sieve: 4190,
  webadmin: null,
};

/**
 * James behind a gateway, with single sign-on by Keycloak for the people of an LDAP directory. Every part is a public
 * field; a directory, realm or Redis of the caller takes the place of the kit's own.
 */
export class MailPlatform extends Construct {
  readonly directory: ILdapDirectory;
  readonly realm: IRealm;
  /** What the realm is to be, secrets in clear. Undefined when it is the caller's. */
  readonly realmRepresentation?: RealmRepresentation;
  readonly redis: IRedis;
  /** Undefined when the realm is the caller's. */
  readonly keycloak?: KeycloakServer;
  readonly james: JamesServer;
  readonly gateway: ApisixGateway | HttpdGateway;

  constructor(scope: Construct, id: string, props: MailPlatformProps) {
    super(scope, id);
    const { docker, images, secrets, resources = {}, domain = "localhost" } = props;
    const hosts = { ...defaultHosts, ...props.hosts };
    const ports = { ...defaultPorts, ...props.ports };
    const resourceServer: IResourceServer = { clientId: "james", clientSecret: secrets.jamesClient };
    const { xUserSecret } = jamesCapabilities(images.jamesVersion);
    const urls = publicUrls(hosts, ports);
    const kind = props.gateway ?? (images.apisix ? "apisix" : "httpd");
    const revocation = props.revocation ?? defaultRevocation(kind);
    const { otherClients = [] } = props;
    const mailClients = [
      "oidc",
      "james-thunderbird",
      ...(props.directGrants ? ["kit-smoke"] : []),
      ...otherClients.map(({ name }) => name),
    ];

    this.redis =
      props.redis ??
      new RedisServer(this, "redis", {
        docker,
        image: images.redis,
        host: hosts.redis,
        password: secrets.redis,
        ...resources.redis,
      });

    const ldap = props.directory
      ? undefined
      : new LdapDirectory(this, "ldap", {
          docker,
          image: images.ldap,
          host: hosts.ldap,
          domain,
          adminPassword: secrets.ldapAdmin,
          people: props.people ?? [],
          entries: props.entries ?? [],
          ...resources.ldap,
        });
    this.directory = props.directory ?? (ldap as LdapDirectory);

    if (props.realm) {
      this.realm = props.realm;
    } else {
      const url = backchannelLogoutUrl(
        { host: hosts.gateway, port: ports.gateway, redis: this.redis },
        revocation,
      );
      const logout = url === undefined ? {} : { backchannelLogoutUrl: url };
      const realm = mailRealm(props.realmTemplate, {
        directory: this.directory,
        ...(props.realmName !== undefined && { name: props.realmName }),
        others: otherClients.map((client) => ({ ...client, ...logout })),
        without: props.directGrants ? [] : ["kit-smoke"],
        clients: {
          oidc: { ...props.oidcClient, ...logout },
          "james-thunderbird": { ...props.thunderbirdClient, secret: secrets.thunderbirdClient, ...logout },
          james: { secret: secrets.jamesClient },
          ...(props.directGrants && { "kit-smoke": logout }),
        },
      });
      this.realmRepresentation = realm;
      this.keycloak = new KeycloakServer(this, "keycloak", {
        docker,
        image: images.keycloak,
        host: hosts.keycloak,
        port: ports.keycloak,
        adminPassword: secrets.keycloakAdmin,
        ...(props.importRealm !== false && { realms: [realm] }),
        ...resources.keycloak,
      });
      this.realm = this.keycloak.realm(realm.realm as string);
    }

    this.james = new JamesServer(this, "james", {
      docker,
      image: images.james,
      version: images.jamesVersion,
      home: images.jamesHome,
      host: hosts.james,
      domains: [domain],
      ldap: this.directory,
      oidc: { ...this.realm, ...resourceServer },
      ...(xUserSecret && { jmap: { xUserSecret: secrets.gatewayUser } }),
      publish: { imap: ports.imap, smtp: ports.smtp, sieve: ports.sieve, webadmin: ports.webadmin },
      // James gives up when it cannot reach its directory.
      ...(ldap && { dependsOn: [ldap.service] }),
      ...resources.james,
    });

    const gateway = {
      docker,
      host: hosts.gateway,
      port: ports.gateway,
      routes: mailRoutes({
        publicUrl: urls.gateway,
        upstream: { host: this.james.host, port: this.james.jmapPort },
        webFinger: { issuer: this.realm.issuer, domains: [domain] },
        ...(xUserSecret && { userSecret: secrets.gatewayUser }),
      }),
      redis: this.redis,
      ...(revocation === "introspection" && {
        introspectionIntervalSeconds: props.introspectionIntervalSeconds ?? 0,
      }),
      ...resources.gateway,
    };
    this.gateway =
      kind === "apisix"
        ? new ApisixGateway(this, "gateway", {
            ...gateway,
            ...apisixImage(images, revocation),
            revocation,
            oidc: { ...this.realm, ...resourceServer, logoutClients: mailClients },
          })
        : new HttpdGateway(this, "gateway", {
            ...gateway,
            image: images.httpd,
            oidc: { ...this.realm, ...resourceServer },
            cryptoPassphrase: secrets.gatewayCrypto,
          });
  }
}

function apisixImage(images: ImageSet, revocation: Revocation): ApisixImage {
  const found = revocation === "linagora-java-plugin" ? images.apisixJavaPlugin : images.apisix;
  if (found) return found;
  throw new KitError("the gateway cannot be built", [
    { where: "images", what: "the image set has no APISIX", fix: "Take gateway httpd, or registryImages()" },
  ]);
}
