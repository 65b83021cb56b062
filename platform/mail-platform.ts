import { Construct } from "constructs";
import { ApisixGateway } from "../constructs/apisix/apisix-gateway";
import { mailRoutes } from "../constructs/gateway/mail-routes";
import { HttpdGateway } from "../constructs/httpd/httpd-gateway";
import { jamesCapabilities } from "../constructs/james/capabilities";
import { JamesServer } from "../constructs/james/james-server";
import { KeycloakRealm } from "../constructs/keycloak/model/keycloak-realm";
import { hostsOfRealm } from "../constructs/keycloak/representation/realm-hosts";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import { KeycloakServer, type RealmSource } from "../constructs/keycloak/server/keycloak-server";
import type { IRealm } from "../constructs/keycloak/server/realm";
import { type ILdapDirectory, LdapDirectory, LdapDomain } from "../constructs/ldap/ldap-directory";
import type { LdifEntry } from "../constructs/ldap/ldif";
import type { Person } from "../constructs/ldap/person";
import { type IRedis, RedisServer } from "../constructs/redis/redis-server";
import type { Secret } from "../constructs/workload/secret";
import type { Engine } from "../constructs/workload/workload";
import { KitError } from "../kit/errors";
import { type ApisixImage, apisixImage, type ImageSet } from "./image-set";
import {
  type MailPlatformProps,
  type MailPlatformSecrets,
  platformSpec,
  propPath,
} from "./mail-platform-props";
import type { PlatformModel, RealmModel } from "./platform-model";
import { platformProblems } from "./platform-rules";
import { type RealmSecrets, realmRepresentation } from "./realm-representation";
import { resolvePlatform } from "./resolve-platform";

/** A platform that is resolved already, and what no model holds: constructs and secrets. */
export interface ResolvedPlatformProps {
  readonly model: PlatformModel;
  readonly engine: Engine;
  readonly images: ImageSet;
  readonly secrets: Omit<MailPlatformSecrets, "jamesClient" | "thunderbirdClient">;
  readonly secretsOf: (realm: RealmModel) => Omit<RealmSecrets, "bindPassword"> & {
    /** Password of one of the realm's people. */
    readonly person: (mail: string) => Secret;
  };
  /** Templates that are rendered at synthesis. @default the model's */
  readonly templateOf?: (realm: RealmModel) => RealmRepresentation;
  /** Further entries of the kit's own directory. @default none */
  readonly entries?: readonly LdifEntry[];
  /** An existing directory. @default the kit's own */
  readonly directory?: ILdapDirectory;
  /** An existing Redis. @default the kit's own */
  readonly redis?: IRedis;
}

/** A realm of a platform. */
export interface MailPlatformRealm {
  readonly domain: string;
  readonly realm: IRealm;
  /** What it is to be, secrets in clear; known at synthesis. Undefined when it is the caller's. */
  readonly representation?: () => RealmRepresentation;
  /** Where its people are. */
  readonly directory: ILdapDirectory;
}

/**
 * James behind a gateway, with single sign-on by Keycloak for the people of an LDAP directory. Every part is a public
 * field; a directory, realm or Redis of the caller takes the place of the kit's own.
 */
export class MailPlatform extends Construct {
  readonly model: PlatformModel;
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

  /** @throws KitError that lists everything wrong with the props */
  constructor(scope: Construct, id: string, props: MailPlatformProps | ResolvedPlatformProps) {
    super(scope, id);
    const platform = "model" in props ? props : resolved(this, props);
    this.model = platform.model;
    this.redis = platform.redis ?? this.#redis(platform);
    const ldap = platform.directory ? undefined : this.#directory(platform);
    this.directory = platform.directory ?? (ldap as LdapDirectory);
    this.realms = this.model.realms.map((realm, index) => this.#realm(realm, index, platform, ldap));
    this.realm = (this.realms[0] as MailPlatformRealm).realm;
    if (this.model.services.keycloak.managed) this.keycloak = this.#keycloak(platform);
    this.james = this.#james(platform, ldap);
    this.gateway = this.#gateway(platform);
  }

  #redis({ engine, images, secrets }: ResolvedPlatformProps): RedisServer {
    const { host, resources } = this.model.services.redis;
    return new RedisServer(this, "redis", {
      ...{ engine, host, image: images.redis, password: secrets.redis },
      ...resources,
    });
  }

  #directory({ engine, images, secrets, secretsOf, entries = [] }: ResolvedPlatformProps): LdapDirectory {
    const { host, resources } = this.model.services.ldap;
    const [first, ...further] = this.model.realms;
    const people = (realm: RealmModel) =>
      realm.people.map((person) => withPassword(person, secretsOf(realm)));
    const ldap = new LdapDirectory(this, "ldap", {
      ...{ engine, host, image: images.ldap, domain: first.domain },
      adminPassword: secrets.ldapAdmin,
      people: people(first),
      entries,
      ...resources,
    });
    for (const realm of further) ldap.addDomain(realm.domain, people(realm));
    return ldap;
  }

  #realm(
    realm: RealmModel,
    index: number,
    { secretsOf, templateOf = templateIn }: ResolvedPlatformProps,
    ldap: LdapDirectory | undefined,
  ): MailPlatformRealm {
    const { bindPassword } = this.directory;
    const { usersDn = "", ...reached } = realm.directory;
    const further = () => (ldap ? new LdapDomain(ldap, usersDn) : { ...reached, usersDn, bindPassword });
    const directory = index === 0 ? this.directory : further();
    const known = { domain: realm.domain, realm: realm.oidc, directory };
    if (!realm.managed) return known;
    const render = () => realmRepresentation(realm, templateOf(realm), { ...secretsOf(realm), bindPassword });
    if (!realm.template) return { ...known, representation: render };
    // Once, and here: a template that does not fit would be told with a stack trace at synthesis.
    const rendered = render();
    return { ...known, representation: () => rendered };
  }

  #keycloak({ engine, images, secrets }: ResolvedPlatformProps): KeycloakServer {
    const { endpoint, importsRealms, resources } = this.model.services.keycloak;
    const realms = this.model.realms.flatMap(({ name }, index): RealmSource[] => {
      const { representation } = this.realms[index] as MailPlatformRealm;
      return representation ? [{ realmName: name, representation }] : [];
    });
    const keycloak = new KeycloakServer(this, "keycloak", {
      ...{ engine, host: endpoint.host, port: endpoint.port, image: images.keycloak },
      adminPassword: secrets.keycloakAdmin,
      ...(importsRealms && { realms }),
      ...(this.directory.ca !== undefined && { trustedCertificates: this.directory.ca }),
      ...resources,
    });
    // Of a realm that its provider makes Keycloak's container is told nothing.
    if (!importsRealms) {
      keycloak.service.connectTo(...realms.flatMap(({ representation }) => hostsOfRealm(representation())));
    }
    return keycloak;
  }

  #james(platform: ResolvedPlatformProps, ldap: LdapDirectory | undefined): JamesServer {
    const { engine, images, secrets } = platform;
    const { host, release, passwords, sieve, webadmin, limits, resources } = this.model.services.james;
    const { xUserSecret } = jamesCapabilities(release);
    const [first, ...further] = this.model.realms;
    const publish = ({ ports }: RealmModel) => ({
      imap: ports.imap,
      smtp: ports.smtp,
      ...(sieve && { sieve: ports.sieve }),
    });
    return new JamesServer(this, "james", {
      engine,
      image: images.james,
      version: release,
      home: images.jamesHome,
      host,
      domains: [first.domain],
      ldap: this.directory,
      oidc: oidcOf(first, platform),
      ...(further.length > 0 && {
        realms: further.map((realm) => ({
          domain: realm.domain,
          usersDn: realm.directory.usersDn ?? "",
          oidc: oidcOf(realm, platform),
          publish: publish(realm),
        })),
      }),
      jmap: { passwords: passwords.jmap, ...(xUserSecret && { xUserSecret: secrets.gatewayUser }) },
      imap: { passwords: passwords.imap },
      smtp: { passwords: passwords.smtp },
      sieve: sieve ? { passwords: passwords.sieve } : "off",
      // Whoever reaches it may do everything: unless it is published on purpose, it is for the container itself.
      ...(webadmin === null && { webadmin: { bind: "127.0.0.1" } }),
      publish: { ...publish(first), webadmin },
      // James gives up when it cannot reach its directory.
      ...(ldap && { dependsOn: [ldap.service] }),
      limits,
      ...resources,
    });
  }

  #gateway(platform: ResolvedPlatformProps): ApisixGateway | HttpdGateway {
    const { engine, images, secrets } = platform;
    const { kind, port, revocation, introspectionIntervalSeconds, resources } = this.model.services.gateway;
    const [first, ...further] = this.model.realms;
    const site = (realm: RealmModel) => ({
      ...{ name: realm.name, host: realm.gateway.host, webOrigins: realm.webOrigins },
      routes: this.#routes(realm, secrets.gatewayUser),
    });
    const common = {
      ...{ engine, port, redis: this.redis, host: first.gateway.host },
      ...{ routes: site(first).routes, webOrigins: first.webOrigins },
      ...(revocation === "introspection" && { introspectionIntervalSeconds }),
      ...resources,
    };
    const users = ({ userDomains }: RealmModel) => (userDomains ? { userDomains } : {});
    const httpdOidc = (realm: RealmModel) => ({ ...oidcOf(realm, platform), ...users(realm) });
    const apisixOidc = (realm: RealmModel) => ({
      ...{ ...oidcOf(realm, platform), ...users(realm), logoutClients: realm.loginClients },
      ...(realm.rememberLogoutSeconds !== undefined && {
        rememberLogoutSeconds: realm.rememberLogoutSeconds,
      }),
    });
    return kind === "apisix"
      ? new ApisixGateway(this, "gateway", {
          ...common,
          ...(apisixImage(images, revocation) as ApisixImage),
          revocation,
          oidc: apisixOidc(first),
          sites: further.map((realm) => ({ ...site(realm), oidc: apisixOidc(realm) })),
        })
      : new HttpdGateway(this, "gateway", {
          ...common,
          image: images.httpd,
          oidc: httpdOidc(first),
          sites: further.map((realm) => ({ ...site(realm), oidc: httpdOidc(realm) })),
          cryptoPassphrase: secrets.gatewayCrypto,
        });
  }

  #routes({ gatewayUrl, oidc, domain }: RealmModel, userSecret: Secret) {
    const { release, passwords } = this.model.services.james;
    return mailRoutes({
      publicUrl: gatewayUrl,
      upstream: { host: this.james.host, port: this.james.jmapPort },
      webFinger: { issuer: oidc.issuer, domains: [domain] },
      passwords: passwords.jmap,
      ...(jamesCapabilities(release).xUserSecret && { userSecret }),
    });
  }
}

const templateIn = ({ template }: RealmModel) => template as RealmRepresentation;

/** How James and the gateway ask a realm about tokens. */
function oidcOf(realm: RealmModel, { secretsOf }: ResolvedPlatformProps) {
  return { ...realm.oidc, clientId: "james", clientSecret: secretsOf(realm).jamesClient };
}

function withPassword(
  { mail, firstName, lastName }: RealmModel["people"][number],
  secrets: { readonly person: (mail: string) => Secret },
): Person {
  return {
    mail,
    password: secrets.person(mail),
    ...(firstName !== undefined && { firstName }),
    ...(lastName !== undefined && { lastName }),
  };
}

function resolved(scope: Construct, props: MailPlatformProps): ResolvedPlatformProps {
  const model = resolvePlatform(platformSpec(props));
  const problems = platformProblems(model, propPath);
  if (problems.length > 0) {
    throw new KitError(
      `MailPlatform ${scope.node.path} cannot be built`,
      problems.map(({ path, ...problem }) => ({ where: `${scope.node.path}.${propPath(path)}`, ...problem })),
    );
  }
  const written = new Map(
    model.realms.map((realm, index) => [realm, index === 0 ? props : props.realms?.[index - 1]]),
  );
  return {
    ...props,
    model,
    templateOf: (realm) => {
      const { realmTemplate } = written.get(realm) ?? props;
      return realmTemplate instanceof KeycloakRealm ? realmTemplate.representation() : templateIn(realm);
    },
    secretsOf: (realm) => {
      const { secrets, otherClients = [], people = [] } = written.get(realm) ?? props;
      return {
        jamesClient: secrets.jamesClient,
        thunderbirdClient: secrets.thunderbirdClient,
        client: (name) => otherClients.find((client) => client.name === name)?.secret,
        person: (mail) => (people.find((person) => person.mail === mail) as Person).password,
      };
    },
  };
}
