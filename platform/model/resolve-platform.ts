import { offersSieve } from "../../constructs/james/capabilities";
import { jamesMemory } from "../../constructs/james/james-memory";
import { redisPort } from "../../constructs/redis/redis-port";
import { defined } from "../../kit/defined";
import { hostsOf } from "../../kit/web-url";
import { defaultHosts, defaultPorts, defaultTlsPorts, internalKeycloakHost, type Service } from "./addresses";
import { resolveCapacity, sizedLimits, sizedResources } from "./capacity";
import { defaultRevocation } from "./default-revocation";
import { type Endpoint, endpointOf, urlOf } from "./endpoint";
import type { PlatformModel, PublishedPort, RealmModel } from "./platform-model";
import type { PlatformSpec, TlsMode } from "./platform-spec";
import { behindLocalProxy, resolveProxy } from "./proxy";
import { provisionOf, resolveRealm } from "./resolve-realm";
import { resolvePostgres, resolveStorage } from "./resolve-storage";
import { tlsModes, wantedCertificates } from "./resolve-tls";

/** Of the kit's own Keycloak. */
const ownAdministrator = { user: "admin", realm: "master" };

/** Fills in what is not said. `platformProblems` tells what is wrong with the result. */
export function resolvePlatform(spec: PlatformSpec): PlatformModel {
  const [first] = spec.realms;
  const { directGrants = false, images } = spec;
  const hosts = { ...defaultHosts, ...defined(spec.hosts ?? {}), gateway: first.hosts.gateway };
  const ports = { ...defaultPorts, ...defined(spec.ports ?? {}) };
  const kind = spec.gateway ?? (images.hasApisix("redis") ? "apisix" : "httpd");
  const provisions = spec.realms.map((realm) => provisionOf(realm, spec.keycloak));
  const revocation = spec.revocation ?? defaultRevocation(kind, !provisions.includes("nothing"));
  const managed = provisions.includes("realm");
  const modes = tlsModes(spec);
  const gateway = gatewayPorts(modes.gateway, ports);
  const keycloak = resolveKeycloak(spec, modes, gateway, hosts.keycloak, ports);
  const realms = spec.realms.map((realm, index) =>
    resolveRealm(realm, index, spec, {
      ...{ hosts, gateway, keycloak, revocation },
      mailTls: modes.mail !== "off",
    }),
  ) as [RealmModel, ...RealmModel[]];
  const capacity = resolveCapacity(spec);
  const storage = resolveStorage(spec.storage);
  const sized = { capacity, storage, limits: spec.limits ?? {} };
  const resources = sizedResources(sized, spec.resources);
  const service = (name: Service, managed = true) => ({
    managed,
    host: hosts[name],
    resources: resources[name] ?? {},
  });
  const { directory, redis } = spec;
  const passwords = { jmap: true, imap: true, smtp: true, sieve: true, ...defined(spec.passwords ?? {}) };
  const tls: PlatformModel["tls"] = {
    ...modes,
    keycloak: managed && !keycloak.behindGateway ? modes.keycloak : "off",
    ...defined({
      files: spec.tls?.files,
      acme: spec.tls?.acme,
      ca: spec.tls?.ca,
      internal: spec.tls?.internal,
      allowCleartext: spec.tls?.allowCleartext,
    }),
  };
  const ownKeycloak = {
    ...service("keycloak", managed),
    ...{ ...keycloak, image: images.keycloak },
    database: storage.identity === "durable" ? ("postgres" as const) : ("embedded" as const),
    ...(managed && { admin: ownAdministrator }),
    host: endpointOf(managed ? keycloak.internalUrl : realms[0].oidc.issuer).host,
  };
  const others = {
    ldap: {
      ...service("ldap", directory === undefined),
      ...(directory && { host: hostsOf(directory.url)[0] ?? directory.url }),
    },
    redis: {
      ...service("redis", redis === undefined),
      ...{ host: redis?.host ?? hosts.redis, port: redis?.port ?? redisPort },
      ...(redis
        ? defined({ tls: redis.tls, ca: redis.ca, user: redis.user })
        : defined({ tls: tls.internal === true ? true : undefined })),
    },
  };
  const stores = {
    ...others,
    postgres: resolvePostgres(spec, service("postgres"), [
      ...(managed && storage.identity === "durable" ? (["keycloak"] as const) : []),
      ...(images.james.flavour === "postgres" ? (["james"] as const) : []),
    ]),
  };
  const certificates = wantedCertificates(tls, realms, { keycloak: ownKeycloak, ...stores });
  const services: PlatformModel["services"] = {
    keycloak: ownKeycloak,
    certificates: {
      ...service("certificates", certificates.length > 0),
      ...(certificates.some(({ from }) => from === "acme") && {
        acme: defined({ dnsProvider: tls.acme?.dns?.provider }),
      }),
    },
    gateway: {
      ...service("gateway"),
      ...{ kind, revocation, ...gateway },
      introspectionIntervalSeconds: spec.introspection?.intervalSeconds ?? 0,
      hasImage: kind === "httpd" || images.hasApisix(revocation),
    },
    james: {
      ...service("james"),
      release: images.james,
      passwords,
      sieve: offersSieve(images.james, passwords.sieve),
      webadmin: ports.webadmin,
      limits: sizedLimits(sized, resources.james?.heapMb ?? jamesMemory.defaultHeap),
    },
    ...stores,
  };
  const proxy = spec.proxy ? { proxy: resolveProxy(spec.proxy) } : {};
  const identity = provisions.every((provision) => provision === "nothing")
    ? "none"
    : (spec.identity ?? (spec.keycloak ? "provider" : "import"));
  return {
    ...{ realms, services, identity, directGrants, tls, certificates },
    ...defined({ capacity }),
    storage,
    ...proxy,
    publishedPorts: publishedPorts(services, realms, behindLocalProxy(proxy)),
  };
}

interface Ports {
  readonly keycloak: number | null;
  readonly gateway: number;
  readonly http?: number | null | undefined;
  readonly keycloakAdmin?: number | undefined;
}

/** A port for plain HTTP in a container, beside the one that is published with TLS. */
const beside = (published: number, usual: number) => (published === usual ? usual + 1 : usual);

function gatewayPorts(
  mode: TlsMode,
  { gateway, http = defaultTlsPorts.http }: Ports,
): Pick<PlatformModel["services"]["gateway"], "port" | "tls"> {
  if (mode === "off") return { port: gateway };
  return {
    port: beside(gateway, defaultPorts.gateway),
    tls: { port: gateway, ...(http !== null && { redirectPort: http }) },
  };
}

/** The Keycloak of the realms that have no provider of their own. */
function resolveKeycloak(
  { keycloak, public: names }: PlatformSpec,
  modes: ReturnType<typeof tlsModes>,
  gateway: ReturnType<typeof gatewayPorts>,
  host: string,
  ports: Ports,
) {
  if (keycloak) {
    const { url, ca, admin } = keycloak;
    const endpoint = endpointOf(url);
    const { port } = endpoint;
    return { url, internalUrl: url, endpoint, port, behindGateway: false, ...defined({ ca, admin }) };
  }
  const behindGateway = ports.keycloak === null;
  const published = ports.keycloak ?? gateway.tls?.port ?? gateway.port;
  const tls = (behindGateway ? modes.gateway : modes.keycloak) !== "off";
  const endpoint: Endpoint =
    names?.keycloak === undefined
      ? { scheme: tls ? "https" : "http", host, port: published, path: "/auth" }
      : endpointOf(names.keycloak);
  const hidden = behindGateway || tls;
  const port = hidden ? defaultPorts.keycloak : published;
  // By the name that people know containers may be led out of the platform, or to another port.
  const isApart = hidden || names?.keycloak !== undefined;
  const internal: Endpoint = {
    ...{ scheme: "http", port, path: "/auth" },
    host: isApart ? internalKeycloakHost : host,
  };
  return {
    ...{ url: urlOf(endpoint), internalUrl: urlOf(internal), endpoint, port, behindGateway },
    ...(tls && !behindGateway && { tlsPort: published }),
    ...(hidden && { adminPort: ports.keycloakAdmin ?? defaultTlsPorts.keycloakAdmin }),
    ...defined({ adminUrl: names?.keycloakAdmin }),
  };
}

function publishedPorts(
  { keycloak, gateway, james }: PlatformModel["services"],
  realms: readonly [RealmModel, ...RealmModel[]],
  behind: ReturnType<typeof behindLocalProxy>,
): PublishedPort[] {
  const [first, ...further] = realms;
  const web = behind.web ? { loopback: true } : {};
  const mail = behind.mail ? { loopback: true } : {};
  const part = (
    ports: Readonly<Record<string, number | null | undefined>>,
    before: readonly PropertyKey[],
    where: Pick<PublishedPort, "address" | "loopback"> = {},
  ) =>
    Object.entries(ports).flatMap(([key, port]): PublishedPort[] =>
      port === null || port === undefined ? [] : [{ path: [...before, "ports", key], port, ...where }],
    );
  const listeners = ({ ports: { imap, smtp, sieve, imaps, submissions } }: RealmModel) => ({
    ...{ imap, smtp },
    sieve: james.sieve ? sieve : null,
    ...{ imaps, submissions },
  });
  const ofKeycloak = keycloak.behindGateway ? null : (keycloak.tlsPort ?? keycloak.port);
  return [
    ...part(
      { keycloak: keycloak.managed ? ofKeycloak : null, gateway: gateway.tls?.port ?? gateway.port },
      [],
      web,
    ),
    ...part({ http: gateway.tls?.redirectPort }, [], web),
    ...part({ keycloakAdmin: keycloak.managed ? keycloak.adminPort : null }, [], { address: "127.0.0.1" }),
    ...part(listeners(first), ["realms", 0], mail),
    ...part({ webadmin: james.webadmin }, [], mail),
    ...further.flatMap((realm, index) => part(listeners(realm), ["realms", index + 1], mail)),
  ];
}
