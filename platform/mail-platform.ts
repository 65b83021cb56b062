import { Construct } from "constructs";
import { ApisixGateway } from "../constructs/apisix/apisix-gateway";
import type { Acme } from "../constructs/certificates/acme";
import { parseAuthority } from "../constructs/certificates/authority";
import { type CertificateFiles, CertificateStore } from "../constructs/certificates/certificate-store";
import type { ForwardedHost } from "../constructs/gateway/forwarded-host";
import type { GatewayTls } from "../constructs/gateway/gateway-tls";
import { mailRoutes } from "../constructs/gateway/mail-routes";
import { HttpdGateway } from "../constructs/httpd/httpd-gateway";
import { jamesCapabilities } from "../constructs/james/capabilities";
import { jamesConnections } from "../constructs/james/james-database";
import { JamesServer } from "../constructs/james/james-server";
import { KeycloakRealm } from "../constructs/keycloak/model/keycloak-realm";
import { hostsOfRealm } from "../constructs/keycloak/representation/realm-hosts";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import { databaseConnections } from "../constructs/keycloak/server/keycloak-database";
import { KeycloakServer } from "../constructs/keycloak/server/keycloak-server";
import type { RealmSource } from "../constructs/keycloak/server/keycloak-server-props";
import type { IRealm } from "../constructs/keycloak/server/realm";
import { type ILdapDirectory, LdapDirectory, LdapDomain } from "../constructs/ldap/ldap-directory";
import type { LdifEntry } from "../constructs/ldap/ldif";
import type { Person } from "../constructs/ldap/person";
import {
  type IPostgres,
  type IPostgresDatabase,
  PostgresServer,
} from "../constructs/postgres/postgres-server";
import { type IRedis, RedisServer } from "../constructs/redis/redis-server";
import type { Secret } from "../constructs/workload/secret";
import type { InternalTls, ServerCertificate } from "../constructs/workload/server-certificate";
import type { TrustedProxy } from "../constructs/workload/trusted-proxy";
import type { Engine, Workload } from "../constructs/workload/workload";
import { defined } from "../kit/defined";
import { KitError } from "../kit/errors";
import { type ApisixImage, apisixImage, type ImageSet, jamesImage, keycloakImage } from "./image-set";
import {
  type MailPlatformProps,
  type MailPlatformSecrets,
  missingSecrets,
  platformSpec,
  propPath,
} from "./mail-platform-props";
import { urlOf } from "./model/endpoint";
import { autoconfigOf } from "./model/mail-servers";
import type { PlatformModel, RealmModel, WantedCertificate } from "./model/platform-model";
import type { DatabaseUser } from "./model/platform-spec";
import { resolvePlatform } from "./model/resolve-platform";
import { type RealmSecrets, realmRepresentation } from "./realm-representation";
import { idleSettingProblems } from "./rules/idle-settings";
import { platformProblems } from "./rules/platform-rules";

/** A platform that is resolved already, and what no model holds: constructs and secrets. */
export interface ResolvedPlatformProps {
  readonly model: PlatformModel;
  readonly engine: Engine;
  readonly images: ImageSet;
  readonly secrets: Omit<
    MailPlatformSecrets,
    "jamesClient" | "thunderbirdClient" | "authority" | "acmeExternalAccount" | "acmeDns"
  >;
  readonly secretsOf: (realm: RealmModel) => Omit<RealmSecrets, "bindPassword"> & {
    /** Password of one of the realm's people. */
    readonly person: (mail: string) => Secret;
  };
  /** What certificates are made of; needed for those that the model wants. */
  readonly certificateSecrets: {
    readonly authority?: Secret;
    /** Those of `tls.files`. */
    readonly files: readonly CertificateFiles[];
    readonly acmeExternalAccount?: Secret;
    readonly acmeDns?: Readonly<Record<string, Secret>>;
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

/** The databases of those who keep something in PostgreSQL. */
type Databases = Readonly<Partial<Record<DatabaseUser, IPostgresDatabase>>>;

/** A realm of a platform. */
export interface MailPlatformRealm {
  readonly domain: string;
  readonly realm: IRealm;
  /**
   * What it is to be, secrets in clear; known at synthesis. Of a realm of an existing Keycloak, the clients alone; undefined
   * when nothing of it is made.
   */
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
  /** Undefined when nothing is durable. */
  readonly postgres?: IPostgres;
  /** Undefined when every realm is the caller's. */
  readonly keycloak?: KeycloakServer;
  readonly james: JamesServer;
  readonly gateway: ApisixGateway | HttpdGateway;
  /** Undefined when nothing has TLS. */
  readonly certificates?: CertificateStore;

  #postgresService?: Workload;

  /** @throws KitError that lists everything wrong with the props */
  constructor(scope: Construct, id: string, props: MailPlatformProps | ResolvedPlatformProps) {
    super(scope, id);
    const platform = "model" in props ? props : resolved(this, props);
    this.model = platform.model;
    const [wanted, ...further] = this.model.certificates;
    if (wanted) this.certificates = this.#certificates(platform, [wanted, ...further]);
    this.redis = platform.redis ?? this.#redis(platform);
    const databases = this.#databases(platform);
    const [database] = Object.values(databases);
    if (database) this.postgres = database.server;
    const ldap = platform.directory ? undefined : this.#directory(platform);
    this.directory = platform.directory ?? (ldap as LdapDirectory);
    this.realms = this.model.realms.map((realm, index) => this.#realm(realm, index, platform, ldap));
    this.realm = (this.realms[0] as MailPlatformRealm).realm;
    if (this.model.services.keycloak.managed) this.keycloak = this.#keycloak(platform, databases.keycloak);
    this.james = this.#james(platform, ldap, databases.james);
    this.gateway = this.#gateway(platform);
  }

  #certificates(
    { engine, images, certificateSecrets }: ResolvedPlatformProps,
    wanted: readonly [WantedCertificate, ...WantedCertificate[]],
  ): CertificateStore {
    const { resources, acme, host } = this.model.services.certificates;
    const stored = ({ service, hosts, from, file }: WantedCertificate) => ({
      ...{ service, name: hosts[0], hosts },
      issuer: from === "files" ? (certificateSecrets.files[file as number] as CertificateFiles) : from,
    });
    const [first, ...further] = wanted;
    return new CertificateStore(this, "certificates", {
      ...{ engine, host, image: acme ? images.acme(acme.dnsProvider) : images.certificates },
      certificates: [stored(first), ...further.map(stored)],
      ...(acme && { acme: this.#acme(certificateSecrets) }),
      ...(certificateSecrets.authority && { authority: parseAuthority(certificateSecrets.authority) }),
      ...resources,
    });
  }

  #acme({ acmeExternalAccount, acmeDns = {} }: ResolvedPlatformProps["certificateSecrets"]): Acme {
    const { dns, externalAccount, ...authority } = this.model.tls.acme ?? {};
    const { port, tls } = this.model.services.gateway;
    const gateway = { host: this.model.realms[0].gateway.host, port: tls?.redirectPort ?? port };
    return {
      ...defined(authority),
      ...(externalAccount !== undefined && {
        externalAccount: { keyId: externalAccount, key: given(acmeExternalAccount) },
      }),
      challenge: dns
        ? { kind: "dns-01", provider: dns.provider, variables: dns.variables ?? {}, secrets: acmeDns }
        : { kind: "http-01", gateway },
    };
  }

  /** TLS of a service that the others reach, where they do by TLS. */
  #internalTls(service: "ldap" | "redis" | "postgres"): { readonly tls?: InternalTls } {
    const ca = this.model.tls.internal ? this.#store().ca : undefined;
    if (ca === undefined) return {};
    return { tls: { certificate: this.#certificate(service, this.model.services[service].host), ca } };
  }

  #redis({ engine, images, secrets }: ResolvedPlatformProps): RedisServer {
    const { host, resources } = this.model.services.redis;
    return new RedisServer(this, "redis", {
      ...{ engine, host, image: images.redis, password: given(secrets.redis) },
      ...this.#internalTls("redis"),
      ...resources,
    });
  }

  /** The databases of those who keep something in PostgreSQL. */
  #databases({ engine, images, secrets }: ResolvedPlatformProps): Databases {
    const { managed, resources, databases, ...server } = this.model.services.postgres;
    const { keycloak, james } = databases;
    if (!keycloak && !james) return {};
    const postgres = managed
      ? new PostgresServer(this, "postgres", {
          ...{ engine, host: server.host, image: images.postgres },
          ...this.#internalTls("postgres"),
          ...resources,
        })
      : undefined;
    if (postgres) this.#postgresService = postgres.service;
    const database = (
      { name, user }: { readonly name: string; readonly user: string },
      secret: Secret | undefined,
      connections: number,
    ): IPostgresDatabase => {
      const password = given(secret);
      if (!postgres) return { server, name, user, password };
      return postgres.addDatabase(name, { password, connections });
    };
    return {
      ...(keycloak && { keycloak: database(keycloak, secrets.keycloakDatabase, databaseConnections) }),
      ...(james && { james: database(james, secrets.jamesDatabase, jamesConnections) }),
    };
  }

  #directory({ engine, images, secrets, secretsOf, entries = [] }: ResolvedPlatformProps): LdapDirectory {
    const { host, resources } = this.model.services.ldap;
    const [first, ...further] = this.model.realms;
    const people = (realm: RealmModel) =>
      realm.people.map((person) => withPassword(person, secretsOf(realm)));
    const ldap = new LdapDirectory(this, "ldap", {
      ...{ engine, host, image: images.ldap, domain: first.domain },
      adminPassword: given(secrets.ldapAdmin),
      people: people(first),
      entries,
      ...this.#internalTls("ldap"),
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
    if (realm.provision === "nothing") return known;
    const render = () => realmRepresentation(realm, templateOf(realm), { ...secretsOf(realm), bindPassword });
    if (!realm.template) {
      // Told in words before a service asks for it.
      this.node.addValidation({ validate: () => problemLines(render) });
      return { ...known, representation: render };
    }
    // Once, and here: a template that does not fit would be told with a stack trace at synthesis.
    const rendered = render();
    return { ...known, representation: () => rendered };
  }

  #keycloak(
    { engine, images, secrets }: ResolvedPlatformProps,
    database: IPostgresDatabase | undefined,
  ): KeycloakServer {
    const { host, port, url, internalUrl, resources, ...served } = this.model.services.keycloak;
    const { adminUrl, adminPort, behindGateway, tlsPort } = served;
    const importsRealms = this.model.identity === "import";
    const realms = this.model.realms.flatMap(({ name }, index): RealmSource[] => {
      const { representation } = this.realms[index] as MailPlatformRealm;
      return representation ? [{ realmName: name, representation }] : [];
    });
    const keycloak = new KeycloakServer(this, "keycloak", {
      ...{ engine, host, port, image: keycloakImage(images, served) },
      ...(database && { database }),
      ...(url !== internalUrl && { publicUrl: url }),
      ...defined({ adminUrl, adminPort }),
      ...(behindGateway && { behindGateway }),
      ...(tlsPort !== undefined && {
        tls: { port: tlsPort, certificate: this.#certificate("keycloak", served.endpoint.host) },
      }),
      ...(!behindGateway && this.#webProxy()),
      adminPassword: given(secrets.keycloakAdmin),
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

  #james(
    platform: ResolvedPlatformProps,
    ldap: LdapDirectory | undefined,
    database: IPostgresDatabase | undefined,
  ): JamesServer {
    const { engine, images, secrets } = platform;
    const { host, release, passwords, sieve, webadmin, limits, resources } = this.model.services.james;
    const { xUserSecret } = jamesCapabilities(release);
    const [first, ...further] = this.model.realms;
    const publish = ({ ports }: RealmModel) => ({
      imap: ports.imap,
      smtp: ports.smtp,
      ...(sieve && { sieve: ports.sieve }),
      ...defined({ imaps: ports.imaps, submissions: ports.submissions }),
    });
    const tls = ({ mailHost = "" }: RealmModel) =>
      this.model.tls.mail === "off" ? {} : { tls: { certificate: this.#certificate("james", mailHost) } };
    return new JamesServer(this, "james", {
      engine,
      image: jamesImage(images, database ? "durable" : "memory").image,
      release,
      ...(database && { database }),
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
          ...tls(realm),
        })),
      }),
      jmap: { passwords: passwords.jmap, ...(xUserSecret && { xUserSecret: secrets.gatewayUser }) },
      imap: { passwords: passwords.imap },
      smtp: { passwords: passwords.smtp },
      sieve: sieve ? { passwords: passwords.sieve } : "off",
      // Whoever reaches it may do everything: unless it is published on purpose, it is for the container itself.
      ...(webadmin === null && { webadmin: { bind: "127.0.0.1" } }),
      publish: { ...publish(first), webadmin },
      ...tls(first),
      ...this.#mailProxy(),
      // James gives up when it cannot reach its directory or its database.
      dependsOn: [ldap?.service, this.#postgresService].filter((service) => service !== undefined),
      limits,
      ...resources,
    });
  }

  #gateway(platform: ResolvedPlatformProps): ApisixGateway | HttpdGateway {
    const { engine, images, secrets } = platform;
    const { kind, port, tls, revocation, introspectionIntervalSeconds, resources } =
      this.model.services.gateway;
    const [first, ...further] = this.model.realms;
    const site = (realm: RealmModel) => ({
      ...{ name: realm.name, host: realm.gateway.host, webOrigins: realm.webOrigins },
      routes: this.#routes(realm, secrets.gatewayUser),
    });
    const common = {
      ...{ engine, port, redis: this.redis, host: first.gateway.host },
      ...{ routes: site(first).routes, webOrigins: first.webOrigins },
      ...(tls && { tls: this.#gatewayTls(tls, first) }),
      ...this.#forwardedKeycloak(),
      ...this.#webProxy(),
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

  #gatewayTls(
    { port, redirectPort }: NonNullable<PlatformModel["services"]["gateway"]["tls"]>,
    { gateway }: RealmModel,
  ): GatewayTls {
    const store = this.#store();
    const certificates = store.of("gateway") as [ServerCertificate, ...ServerCertificate[]];
    return {
      ...{ port, publicPort: gateway.port, certificates },
      ...(redirectPort !== undefined && { redirectPort }),
      ...(store.challenges && { challenges: store.challenges }),
    };
  }

  /** Keycloak's host, where the gateway passes it on. */
  #forwardedKeycloak(): { readonly forwardedHosts?: readonly ForwardedHost[] } {
    const { managed, behindGateway, endpoint, host, port, adminUrl } = this.model.services.keycloak;
    if (!managed || !behindGateway) return {};
    const { path = "", ...origin } = endpoint;
    // Where its administration is at another address, it is nowhere else.
    const hidden = adminUrl === undefined ? [] : [`${path}/admin`];
    return {
      forwardedHosts: [
        {
          ...{ host: endpoint.host, origin: urlOf(origin), upstream: { host, port } },
          ...{ path, upstreamPath: "/auth", hidden },
        },
      ],
    };
  }

  /** The proxy before HTTP. */
  #webProxy(): { readonly proxy?: TrustedProxy } {
    const { proxy } = this.model;
    return proxy ? { proxy: { trusted: proxy.trusted, protocol: proxy.protocol } } : {};
  }

  /** The proxy before IMAP, SMTP and ManageSieve. */
  #mailProxy(): { readonly proxy?: TrustedProxy } {
    const { proxy } = this.model;
    if (!proxy || proxy.mail === "direct") return {};
    return { proxy: { trusted: proxy.trusted, protocol: proxy.mail } };
  }

  #store(): CertificateStore {
    if (!this.certificates) throw new Error(`${this.node.path} keeps no certificates`);
    return this.certificates;
  }

  #certificate(service: WantedCertificate["service"], host: string): ServerCertificate {
    return this.#store().certificate(service, host);
  }

  #routes(realm: RealmModel, userSecret: Secret) {
    const { gatewayUrl, oidc, domain } = realm;
    const autoconfig = autoconfigOf(this.model, realm);
    const { release, passwords } = this.model.services.james;
    return mailRoutes({
      publicUrl: gatewayUrl,
      upstream: { host: this.james.host, port: this.james.jmapPort },
      webFinger: { issuer: oidc.issuer, domains: [domain] },
      passwords: passwords.jmap,
      ...(autoconfig && { autoconfig }),
      ...(jamesCapabilities(release).xUserSecret && { userSecret }),
    });
  }
}

/** What a work that fails says. */
function problemLines(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return [error.message];
  }
}

const templateIn = ({ template }: RealmModel) => template as RealmRepresentation;

/** How James and the gateway ask a realm about tokens. */
function oidcOf(realm: RealmModel, { secretsOf }: ResolvedPlatformProps) {
  const { userClaim } = realm.oidc;
  return {
    ...realm.oidc,
    ...(userClaim !== undefined && { claim: userClaim }),
    ...{ clientId: "james", clientSecret: secretsOf(realm).jamesClient },
  };
}

/** A secret of what the platform makes: `missingSecrets` has looked. */
function given(secret: Secret | undefined): Secret {
  if (secret === undefined) throw new Error("a secret is missing");
  return secret;
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
  const { directory, entries = [] } = props;
  const problems = [
    ...platformProblems(model, propPath),
    ...idleSettingProblems(props, model),
    ...missingSecrets(props, model),
    ...(directory && entries.length > 0
      ? [
          {
            path: ["entries"],
            what: "the directory is not the platform's: nothing is added to it",
            fix: "Leave the entries, or the directory, out",
          },
        ]
      : []),
  ];
  if (problems.length > 0) {
    throw new KitError(
      `MailPlatform ${scope.node.path} cannot be built`,
      problems.map(({ path, ...problem }) => ({ where: `${scope.node.path}.${propPath(path)}`, ...problem })),
    );
  }
  const written = new Map(
    model.realms.map((realm, index) => [realm, index === 0 ? props : props.realms?.[index - 1]]),
  );
  const { authority, acmeExternalAccount, acmeDns } = props.secrets;
  return {
    ...props,
    model,
    certificateSecrets: {
      ...defined({ authority, acmeExternalAccount, acmeDns }),
      files: props.tls?.files ?? [],
    },
    templateOf: (realm) => {
      const { realmTemplate } = written.get(realm) ?? props;
      return realmTemplate instanceof KeycloakRealm ? realmTemplate.representation() : templateIn(realm);
    },
    secretsOf: (realm) => {
      const { secrets, otherClients = [], people = [] } = written.get(realm) ?? props;
      return {
        jamesClient: secrets.jamesClient,
        get thunderbirdClient() {
          return given(secrets.thunderbirdClient);
        },
        client: (name) => otherClients.find((client) => client.name === name)?.secret,
        person: (mail) => (people.find((person) => person.mail === mail) as Person).password,
      };
    },
  };
}
