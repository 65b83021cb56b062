import { backchannelLogoutUrl } from "../constructs/apisix/revocation";
import { offersSieve } from "../constructs/james/capabilities";
import { webOriginsOf } from "../constructs/keycloak/model/mail-realm";
import { clientsWithAudience } from "../constructs/keycloak/model/token-content";
import { longestAccessToken } from "../constructs/keycloak/representation/token-lifespan";
import { realmAt } from "../constructs/keycloak/server/realm";
import { directoryPeople } from "../constructs/ldap/directory-people";
import { directoryAt } from "../constructs/ldap/naming";
import { redisPort } from "../constructs/redis/redis-port";
import { defined } from "../kit/defined";
import { hostsOf } from "../kit/web-url";
import { defaultHosts, defaultPorts, type Service } from "./addresses";
import { defaultRevocation } from "./default-revocation";
import { type Endpoint, urlOf } from "./endpoint";
import { kitClients, type PlatformModel, type PublishedPort, type RealmModel } from "./platform-model";
import type { PlatformSpec, RealmSpec } from "./platform-spec";

/** Before the names of a further realm's secrets. */
const secretPrefixOf = (realm: string) => `${realm}/`;

/** Fills in what is not said. `platformProblems` tells what is wrong with the result. */
export function resolvePlatform(spec: PlatformSpec): PlatformModel {
  const [first] = spec.realms;
  const { directGrants = false, resources = {}, images, directory, redis } = spec;
  const hosts = { ...defaultHosts, ...defined(spec.hosts ?? {}), gateway: first.hosts.gateway };
  const ports = { ...defaultPorts, ...defined(spec.ports ?? {}) };
  const service = (name: Service, managed = true) => ({
    managed,
    host: hosts[name],
    resources: resources[name] ?? {},
  });
  const passwords = { jmap: true, imap: true, smtp: true, sieve: true, ...defined(spec.passwords ?? {}) };
  const kind = spec.gateway ?? (images.hasApisix("redis") ? "apisix" : "httpd");
  const revocation = spec.revocation ?? defaultRevocation(kind);
  const endpoint: Endpoint = { scheme: "http", host: hosts.keycloak, port: ports.keycloak };
  const url = `${urlOf(endpoint)}/auth`;
  const realm = (wanted: RealmSpec, index: number): RealmModel => {
    const { domain, template, existing, clients, people } = wanted;
    const name = wanted.name ?? template?.realm ?? "";
    const gateway: Endpoint = { scheme: "http", host: wanted.hosts.gateway, port: ports.gateway };
    const logout =
      existing === undefined ? backchannelLogoutUrl({ ...gateway, redis: true }, revocation) : undefined;
    const { usersDn = directory && (index === 0 ? directory.usersDn : undefined) } = wanted;
    const own = directoryAt(hosts.ldap, first.domain, index === 0 ? undefined : domain);
    const { smokeUser = people[0]?.mail } = wanted;
    return {
      ...{ name, domain, clients, people, gateway },
      ...(smokeUser !== undefined && { smokeUser }),
      ...(template && { template }),
      managed: existing === undefined,
      oidc: existing ?? realmAt(url, name),
      gatewayUrl: urlOf(gateway),
      ports: wanted.ports,
      loginClients: loginClients(wanted, directGrants),
      webOrigins: [
        { kind: "public" as const, ...clients.oidc },
        ...clients.others.map(({ webOrigins, ...client }) => ({
          ...client,
          ...(webOrigins && { webOrigins }),
        })),
      ].flatMap(webOriginsOf),
      directory: directory
        ? {
            ...{ url: directory.url, bindDn: directory.bindDn, ...(usersDn !== undefined && { usersDn }) },
            ...(directory.ca !== undefined && { ca: directory.ca }),
            ...directoryPeople(directory),
          }
        : own,
      // Each of several is believed about its own people only.
      ...(spec.realms.length > 1 && { userDomains: [domain] }),
      ...(logout !== undefined && { backchannelLogoutUrl: logout }),
      ...(template &&
        existing === undefined && { rememberLogoutSeconds: Math.max(60, longestAccessToken(template)) }),
      secretPrefix: index === 0 ? "" : secretPrefixOf(name),
    };
  };
  const realms = spec.realms.map(realm) as [RealmModel, ...RealmModel[]];
  const services: PlatformModel["services"] = {
    keycloak: {
      ...service(
        "keycloak",
        realms.some(({ managed }) => managed),
      ),
      ...{ endpoint, url },
      image: images.keycloak,
      importsRealms: spec.identity !== "provider",
    },
    gateway: {
      ...service("gateway"),
      ...{ kind, revocation, port: ports.gateway },
      introspectionIntervalSeconds: spec.introspection?.intervalSeconds ?? 0,
      hasImage: kind === "httpd" || images.hasApisix(revocation),
    },
    james: {
      ...service("james"),
      release: images.james,
      passwords,
      sieve: offersSieve(images.james, passwords.sieve),
      webadmin: ports.webadmin,
      limits: spec.limits ?? {},
    },
    ldap: {
      ...service("ldap", directory === undefined),
      ...(directory && { host: hostsOf(directory.url)[0] ?? directory.url }),
    },
    redis: {
      ...service("redis", redis === undefined),
      ...{ host: redis?.host ?? hosts.redis, port: redis?.port ?? redisPort },
    },
  };
  return { realms, services, directGrants, publishedPorts: publishedPorts(services, realms) };
}

/** What is offered by nobody is published by nobody. */
/** Clients whose tokens James and the gateway take. */
function loginClients({ clients, template = {} }: RealmSpec, directGrants: boolean): string[] {
  const own = [
    "oidc",
    "james-thunderbird",
    ...(directGrants ? ["kit-smoke"] : []),
    ...clients.others.map((client) => client.name),
  ];
  const further = clientsWithAudience(template, "james")
    .map(({ clientId = "" }) => clientId)
    .filter((clientId) => !kitClients.includes(clientId) && !own.includes(clientId));
  return [...own, ...further];
}

function publishedPorts(
  { keycloak, gateway, james }: PlatformModel["services"],
  realms: readonly [RealmModel, ...RealmModel[]],
): PublishedPort[] {
  const [first, ...further] = realms;
  const part = (ports: Readonly<Record<string, number | null>>, before: readonly PropertyKey[]) =>
    Object.entries(ports).flatMap(([key, port]): PublishedPort[] =>
      port === null ? [] : [{ path: [...before, "ports", key], port }],
    );
  const listeners = ({ ports: { imap, smtp, sieve } }: RealmModel) => ({
    ...{ imap, smtp },
    sieve: james.sieve ? sieve : null,
  });
  return [
    ...part({ keycloak: keycloak.managed ? keycloak.endpoint.port : null, gateway: gateway.port }, []),
    ...part(listeners(first), ["realms", 0]),
    ...part({ webadmin: james.webadmin }, []),
    ...further.flatMap((realm, index) => part(listeners(realm), ["realms", index + 1])),
  ];
}
