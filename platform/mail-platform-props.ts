import type { Revocation } from "../constructs/apisix/revocation";
import { certificateHosts } from "../constructs/certificates/certificate-files";
import type { CertificateFiles } from "../constructs/certificates/certificate-store";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimits } from "../constructs/james/james-limits";
import { KeycloakRealm } from "../constructs/keycloak/model/keycloak-realm";
import type { MailClient, MailClientOptions } from "../constructs/keycloak/model/realm/mail-realm";
import { kitRealm, type RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../constructs/keycloak/server/realm";
import type { ILdapDirectory } from "../constructs/ldap/ldap-directory";
import type { LdifEntry } from "../constructs/ldap/ldif";
import type { Person } from "../constructs/ldap/person";
import type { IPostgres } from "../constructs/postgres/postgres-server";
import type { IRedis } from "../constructs/redis/redis-server";
import type { ContainerLimits } from "../constructs/workload/limits";
import type { Secret } from "../constructs/workload/secret";
import type { Engine } from "../constructs/workload/workload";
import { defined } from "../kit/defined";
import { apisixImage, type ImageSet, jamesImage } from "./image-set";
import { defaultHosts, defaultPorts, type Service } from "./model/addresses";
import type { PlatformModel } from "./model/platform-model";
import type {
  CapacitySpec,
  PlatformSpec,
  ProxySpec,
  RealmSpec,
  StorageSpec,
  TlsSpec,
} from "./model/platform-spec";
import { resolveStorage } from "./model/resolve-storage";
import type { Path, PlatformProblem } from "./rules/rule";

/** What every realm of a platform has. */
interface RealmProps {
  /** People of the kit's own directory; refused with `directory`. @default none */
  readonly people?: readonly Person[];
  /**
   * Realm with clients `oidc`, `james-thunderbird` and `james`, an LDAP federation and, for `directGrants`, client
   * `kit-smoke`: a representation, or a KeycloakRealm with `addMailClients()` and a federation, to which clients may be
   * added until synthesis. With `realm` only its name is used.
   *
   * @default the kit's realm-templates/oidc.json
   */
  readonly realmTemplate?: RealmRepresentation | KeycloakRealm;
  /** @default the template's */
  readonly realmName?: string;
  /** An existing realm, which must know the clients, instead of one of the kit's Keycloak; see `realmAt`. */
  readonly realm?: IRealm;
  /** Of client `oidc`. @default as a `KeycloakRealm` has it already; needed without one, unless the `realm` is the caller's */
  readonly oidcClient?: Required<Pick<MailClientOptions, "redirectUris" | "webOrigins">> &
    Pick<MailClientOptions, "requirePkce" | "directAccessGrants">;
  /** Of client `james-thunderbird`. @default as a `KeycloakRealm` has it already; needed without one, unless the `realm` is the caller's */
  readonly thunderbirdClient?: Required<Pick<MailClientOptions, "redirectUris">> &
    Pick<MailClientOptions, "directAccessGrants">;
  /** Mail clients beside these. @default none */
  readonly otherClients?: readonly MailClient[];
}

/** A further realm: people with a mail domain of their own, who log in to Keycloak, gateway and James by themselves. */
export interface MailPlatformRealmProps extends RealmProps {
  /** Mail domain of its people, and of nobody else's. */
  readonly domain: string;
  /** Where its people are in the `directory` of the platform: needed with one, not used without. @default none */
  readonly usersDn?: string;
  readonly secrets: Pick<MailPlatformSecrets, "jamesClient" | "thunderbirdClient">;
  /** Its JMAP is told apart by the gateway's host name. */
  readonly hosts: Pick<MailPlatformHosts, "gateway">;
  /** As its people's programs see it. @default by `hosts` and the published ports */
  readonly public?: MailPlatformRealmNames;
  /** James knows one realm for each listener. */
  readonly ports: Pick<MailPlatformPorts, "imap" | "smtp" | "sieve"> & MailPlatformTlsPorts;
}

/** As the programs of a realm's people see the platform. */
export type MailPlatformRealmNames = NonNullable<RealmSpec["public"]>;

/** As people's programs see the platform. */
export type MailPlatformNames = NonNullable<PlatformSpec["public"]> & MailPlatformRealmNames;

/** Published ports of mail that begins with TLS. */
export type MailPlatformTlsPorts = Pick<RealmSpec["ports"], "imaps" | "submissions">;

/** TLS of what a platform publishes. */
export interface MailPlatformTls extends Omit<TlsSpec, "files" | "allowCleartext"> {
  /** For `files`. @default none */
  readonly files?: readonly CertificateFiles[];
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
  readonly ports?: Partial<MailPlatformPorts> & MailPlatformTlsPorts;
  /** As people's programs see it. @default by `hosts` and `ports` */
  readonly public?: MailPlatformNames;
  /** Whether what people have lasts. @default "memory" */
  readonly storage?: StorageSpec;
  /** @default off */
  readonly tls?: MailPlatformTls;
  /** A proxy before the published ports. @default none: who connects is the client */
  readonly proxy?: ProxySpec;
  /** How many people are expected. @default nothing is said of them */
  readonly capacity?: CapacitySpec;
  /** Limits. @default follow from `capacity`; without one none */
  readonly resources?: MailPlatformResources;
  /** An existing directory. @default the kit's own */
  readonly directory?: ILdapDirectory;
  /** An existing Redis. @default the kit's own */
  readonly redis?: IRedis;
  /** An existing PostgreSQL, for what is durable. @default the kit's own */
  readonly postgres?: MailPlatformPostgres;
}

/** A PostgreSQL that exists, with the database of each service that keeps something in it. */
export interface MailPlatformPostgres extends IPostgres {
  /** Of Keycloak, which makes tables in it. @default database and role are both `keycloak` */
  readonly keycloak?: { readonly database?: string; readonly user?: string };
  /** Of James, which makes tables in it. @default database and role are both `james` */
  readonly james?: { readonly database?: string; readonly user?: string };
}

export interface MailPlatformSecrets {
  /** @default none: needed unless every `realm` is the caller's */
  readonly keycloakAdmin?: Secret;
  readonly jamesClient: Secret;
  /** @default none: needed unless the `realm` is the caller's */
  readonly thunderbirdClient?: Secret;
  /** @default none: needed without a `directory` */
  readonly ldapAdmin?: Secret;
  /** @default none: needed without a `redis` */
  readonly redis?: Secret;
  /** Of Keycloak's role in PostgreSQL. @default none: needed where what is in Keycloak is durable */
  readonly keycloakDatabase?: Secret;
  /** Of James's role in PostgreSQL. @default none: needed where mail is durable */
  readonly jamesDatabase?: Secret;
  /** Encrypts what the gateway keeps in Redis. */
  readonly gatewayCrypto: Secret;
  /** Proves to James, from 3.9 on, that the gateway names the user. */
  readonly gatewayUser: Secret;
  /** Authority of the platform's own, `createAuthority()`. @default none: needed where a listener's TLS is `own` */
  readonly authority?: Secret;
  /** Key of the account `tls.acme.externalAccount`. @default none: needed with one */
  readonly acmeExternalAccount?: Secret;
  /** Those of `tls.acme.dns.secrets`, by the name of the variable. @default none */
  readonly acmeDns?: Readonly<Record<string, Secret>>;
}

export type MailPlatformHosts = Readonly<Record<Service, string>>;

export interface MailPlatformPorts {
  /** null: the gateway passes Keycloak's host on. */
  readonly keycloak: number | null;
  /** Plain HTTP of Keycloak on 127.0.0.1, where `keycloak` has TLS or is null. */
  readonly keycloakAdmin: number;
  /** Plain HTTP that leads to HTTPS, where the gateway has TLS; null: not published. */
  readonly http: number | null;
  readonly gateway: number;
  readonly imap: number;
  readonly smtp: number;
  readonly sieve: number;
  /** null: not published. */
  readonly webadmin: number | null;
}

export interface MailPlatformResources {
  readonly certificates?: ContainerLimits;
  readonly redis?: ContainerLimits;
  readonly postgres?: ContainerLimits;
  readonly ldap?: ContainerLimits;
  readonly gateway?: ContainerLimits;
  readonly james?: ContainerLimits & { readonly heapMb?: number };
  readonly keycloak?: ContainerLimits & { readonly heapMb?: number };
}

/** What the props want, without their secrets. */
export function platformSpec(props: MailPlatformProps): PlatformSpec {
  const { images, directory, redis, postgres, importRealm = true, introspectionIntervalSeconds } = props;
  const { gateway, ...hosts } = { ...defaultHosts, ...defined(props.hosts ?? {}) };
  const { imap, smtp, sieve, imaps, submissions, ...ports } = {
    ...defaultPorts,
    ...defined(props.ports ?? {}),
  } as typeof defaultPorts & NonNullable<MailPlatformProps["ports"]>;
  const { gateway: publicGateway, mail, ...names } = props.public ?? {};
  const realm = (
    wanted: RealmProps & Pick<MailPlatformRealmProps, "domain" | "hosts" | "ports" | "usersDn" | "public">,
  ): RealmSpec => ({
    ...realmTemplate(wanted),
    domain: wanted.domain,
    existing: wanted.realm,
    clients: {
      oidc: wanted.oidcClient ?? clientOf(wanted, "oidc"),
      thunderbird: wanted.thunderbirdClient ?? clientOf(wanted, "james-thunderbird"),
      others: wanted.otherClients ?? [],
    },
    people: wanted.people ?? [],
    ...{ usersDn: wanted.usersDn, hosts: wanted.hosts, ports: wanted.ports, public: wanted.public },
  });
  const { domain = "localhost", realms = [] } = props;
  const own = {
    ...{ ...props, domain, hosts: { gateway } },
    ports: { imap, smtp, sieve, imaps, submissions },
    public: { gateway: publicGateway, mail },
  };
  return {
    ...props,
    ...{ hosts, ports, public: names },
    tls: {
      ...props.tls,
      files: (props.tls?.files ?? []).map(({ chain }) => ({ hosts: certificateHosts(chain) })),
    },
    realms: [realm(own), ...realms.map(realm)],
    images: {
      james: jamesImage(images, resolveStorage(props.storage).mail).release,
      hasApisix: (revocation) => apisixImage(images, revocation) !== undefined,
      keycloak: images.keycloak.folder === undefined ? "registry" : "built",
    },
    identity: importRealm ? "import" : "provider",
    introspection: { intervalSeconds: introspectionIntervalSeconds },
    ...{ directory, redis, postgres },
  };
}

/** A client that a realm of constructs has already. */
function clientOf({ realmTemplate }: RealmProps, clientId: string) {
  const clients = realmTemplate instanceof KeycloakRealm ? realmTemplate.clients() : [];
  const {
    redirectUris = [],
    webOrigins = [],
    flows = [],
  } = clients.find((client) => client.clientId === clientId)?.props ?? {};
  return { redirectUris, webOrigins, directAccessGrants: flows.includes("direct-access") };
}

/** Its name, and its template where that is known before synthesis. */
function realmTemplate({
  realmTemplate: given,
  realmName,
}: RealmProps): Pick<RealmSpec, "name" | "template"> {
  return given instanceof KeycloakRealm
    ? { name: realmName ?? given.realmName }
    : { name: realmName, template: given ?? kitRealm() };
}

/** Secrets of what the platform makes itself that the props do not give. */
export function missingSecrets(
  props: MailPlatformProps,
  { services: { keycloak, ldap, redis, postgres }, realms, certificates, tls: { acme } }: PlatformModel,
): PlatformProblem[] {
  const { secrets } = props;
  const needed = [
    { path: ["secrets", "keycloakAdmin"], missing: keycloak.managed && !secrets.keycloakAdmin },
    { path: ["secrets", "ldapAdmin"], missing: ldap.managed && !secrets.ldapAdmin },
    { path: ["secrets", "redis"], missing: redis.managed && !secrets.redis },
    {
      path: ["secrets", "keycloakDatabase"],
      missing: postgres.databases.keycloak !== undefined && !secrets.keycloakDatabase,
    },
    {
      path: ["secrets", "jamesDatabase"],
      missing: postgres.databases.james !== undefined && !secrets.jamesDatabase,
    },
    {
      path: ["secrets", "authority"],
      missing: certificates.some(({ from }) => from === "own") && !secrets.authority,
    },
    {
      path: ["secrets", "acmeExternalAccount"],
      missing: acme?.externalAccount !== undefined && !secrets.acmeExternalAccount,
    },
    ...(acme?.dns?.secrets ?? []).map((name) => ({
      path: ["secrets", "acmeDns", name],
      missing: !secrets.acmeDns?.[name],
    })),
    ...realms.map(({ provision }, index) => ({
      path: ["realms", index, "secrets", "thunderbirdClient"],
      missing:
        provision !== "nothing" &&
        !(index === 0 ? secrets : props.realms?.[index - 1]?.secrets)?.thunderbirdClient,
    })),
  ];
  return needed
    .filter(({ missing }) => missing)
    .map(({ path }) => ({ path, what: "is missing: the platform needs it for what it makes" }));
}

/** The prop that a place in its `PlatformSpec` is of. */
export function propPath(path: Path): string {
  const [section, index, ...rest] = path;
  if (section !== "realms" || typeof index !== "number") {
    return section === "introspection" ? "introspectionIntervalSeconds" : path.join(".");
  }
  const [key, client, ...below] = rest;
  const prop =
    key === "clients"
      ? [{ oidc: "oidcClient", thunderbird: "thunderbirdClient" }[String(client)] ?? "otherClients", ...below]
      : [
          { name: "realmName", template: "realmTemplate", existing: "realm" }[String(key)] ?? key,
          client,
          ...below,
        ];
  return [...(index > 0 ? ["realms", index - 1] : []), ...prop]
    .filter((part) => part !== undefined)
    .join(".");
}
