import type { Revocation } from "../constructs/apisix/revocation";
import type { PasswordProtocol } from "../constructs/james/james-config";
import type { JamesLimits } from "../constructs/james/james-limits";
import { KeycloakRealm } from "../constructs/keycloak/model/keycloak-realm";
import type { MailClient, MailClientOptions } from "../constructs/keycloak/model/mail-realm";
import { kitRealm, type RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../constructs/keycloak/server/realm";
import type { ILdapDirectory } from "../constructs/ldap/ldap-directory";
import type { LdifEntry } from "../constructs/ldap/ldif";
import type { Person } from "../constructs/ldap/person";
import type { IRedis } from "../constructs/redis/redis-server";
import type { ContainerLimits } from "../constructs/workload/limits";
import type { Secret } from "../constructs/workload/secret";
import type { Engine } from "../constructs/workload/workload";
import { defined } from "../kit/defined";
import { defaultHosts, defaultPorts, type Service } from "./addresses";
import { apisixImage, type ImageSet } from "./image-set";
import type { Path } from "./platform-rules";
import type { PlatformSpec, RealmSpec } from "./platform-spec";

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
  /** Where its people are in the `directory` of the platform: needed with one, not used without. @default none */
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
  /** An existing directory. @default the kit's own */
  readonly directory?: ILdapDirectory;
  /** An existing Redis. @default the kit's own */
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

/** What the props want, without their secrets. */
export function platformSpec(props: MailPlatformProps): PlatformSpec {
  const { images, directory, redis, importRealm = true, introspectionIntervalSeconds } = props;
  const { gateway, ...hosts } = { ...defaultHosts, ...defined(props.hosts ?? {}) };
  const { imap, smtp, sieve, ...ports } = { ...defaultPorts, ...defined(props.ports ?? {}) };
  const realm = (
    wanted: RealmProps & Pick<MailPlatformRealmProps, "domain" | "hosts" | "ports" | "usersDn">,
  ): RealmSpec => ({
    ...realmTemplate(wanted),
    domain: wanted.domain,
    existing: wanted.realm,
    clients: {
      oidc: wanted.oidcClient,
      thunderbird: wanted.thunderbirdClient,
      others: wanted.otherClients ?? [],
    },
    people: wanted.people ?? [],
    ...{ usersDn: wanted.usersDn, hosts: wanted.hosts, ports: wanted.ports },
  });
  const { domain = "localhost", realms = [] } = props;
  const own = { ...props, domain, hosts: { gateway }, ports: { imap, smtp, sieve } };
  return {
    ...props,
    ...{ hosts, ports },
    realms: [realm(own), ...realms.map(realm)],
    images: {
      james: images.jamesVersion,
      hasApisix: (revocation) => apisixImage(images, revocation) !== undefined,
      keycloak: images.keycloak.folder === undefined ? "registry" : "built",
    },
    identity: importRealm ? "import" : "provider",
    introspection: { intervalSeconds: introspectionIntervalSeconds },
    ...{ directory, redis },
  };
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
      : [{ name: "realmName", template: "realmTemplate" }[String(key)] ?? key, client, ...below];
  return [...(index > 0 ? ["realms", index - 1] : []), ...prop]
    .filter((part) => part !== undefined)
    .join(".");
}
