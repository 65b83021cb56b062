import { jamesCapabilities } from "../../constructs/james/capabilities";
import { postgresPort } from "../../constructs/postgres/postgres-port";
import { redisPort } from "../../constructs/redis/redis-port";
import { withoutTail } from "../../kit/client-uris";
import { defined } from "../../kit/defined";
import { localAddress } from "../../kit/local-address";
import { normalizeMailAddress } from "../../kit/mail-address";
import { containerNames, type Service } from "../../platform/model/addresses";
import type { PlatformModel, RealmModel } from "../../platform/model/platform-model";
import type { SmokeTarget } from "../../smoke/steps/target";
import type { Deployment } from "../deployment/deployment";
import { type Servers, serversOf, type Way } from "./servers";

/** Containers of the services that the platform deploys. */
function deployedContainers(name: string, { services }: PlatformModel): SmokeTarget["containers"] {
  const names = containerNames(name);
  const deployed = Object.entries(names).filter(([service]) => services[service as Service].managed);
  return { ...Object.fromEntries(deployed), james: names.james };
}

/** Ports of HTTP without TLS that are published on purpose. */
function cleartextPorts({
  services: { keycloak, gateway },
}: PlatformModel): SmokeTarget["ports"]["cleartext"] {
  const { port, adminPort, tlsPort, behindGateway } = keycloak;
  const { redirectPort } = gateway.tls ?? {};
  return [
    ...(gateway.tls ? [] : [{ port: gateway.port }]),
    ...(redirectPort === undefined ? [] : [{ port: redirectPort }]),
    ...(tlsPort !== undefined || behindGateway ? [] : [{ port }]),
    ...(adminPort === undefined ? [] : [{ port: adminPort, address: "127.0.0.1" }]),
  ];
}

/** What the smoke test must know of a realm of an environment. */
export function smokeTarget(
  deployment: Pick<Deployment, "environment" | "secrets">,
  realm: RealmModel = deployment.environment.platform.realms[0],
  way: Way = "published",
): SmokeTarget {
  const { environment, secrets } = deployment;
  const { name, bind, platform } = environment;
  const { realms, services, directGrants } = platform;
  const { keycloak, gateway, james } = services;
  const next = realms[(realms.findIndex(({ name }) => name === realm.name) + 1) % realms.length];
  const servers = (realm: RealmModel) => serversOf(deployment, realm, way);
  const login = ({ clients, oidc }: RealmModel, { sso, ssoCa }: Servers) => ({
    ssoUrl: oidc.issuer,
    ...defined({ sso, ssoCa }),
    ...(oidc.provider === "other" && {
      provider: {
        kind: oidc.provider,
        userClaim: oidc.userClaim ?? "email",
        hearsLogouts: oidc.introspectionUrl !== undefined,
      },
    }),
    codeClient: { clientId: "oidc", redirectUri: withoutTail(clients.oidc.redirectUris[0] as string) },
  });
  const person = ({ smokeUser: mail }: RealmModel) =>
    mail === undefined
      ? undefined
      : // Keycloak and James tell addresses in lower case.
        { username: mail, mail: normalizeMailAddress(mail), password: secrets.get(mail) };
  const user = person(realm);
  const stranger = next && next.name !== realm.name ? person(next) : undefined;
  const own = servers(realm);
  return {
    ...{ ...own, ...login(realm, own) },
    publishedAt: localAddress(bind),
    isLocal: way === "published",
    ...(user && { user }),
    ...(next && stranger && { stranger: { ...login(next, servers(next)), user: stranger } }),
    gatewayUrl: realm.gatewayUrl,
    ports: {
      inside: {
        ...{ keycloak: keycloak.port, gateway: gateway.port },
        ...{ ldap: platform.tls.internal ? 636 : 389, redis: redisPort, postgres: postgresPort },
      },
      cleartext: cleartextPorts(platform),
      ...(james.webadmin !== null && { webadmin: james.webadmin }),
    },
    ...(directGrants && { passwordClient: { clientId: "kit-smoke" } }),
    capabilities: jamesCapabilities(james.release),
    passwords: james.passwords,
    containers: deployedContainers(name, platform),
    revocationDelay: gateway.introspectionIntervalSeconds,
  };
}
