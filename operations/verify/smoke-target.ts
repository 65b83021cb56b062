import { jamesCapabilities } from "../../constructs/james/capabilities";
import { withoutTail } from "../../kit/client-uris";
import { localAddress } from "../../kit/local-address";
import { normalizeMailAddress } from "../../kit/mail-address";
import { containerNames } from "../../platform/addresses";
import type { RealmModel } from "../../platform/platform-model";
import type { SmokeTarget } from "../../smoke/steps/target";
import type { Deployment } from "../deployment/deployment";

/** What the smoke test must know of a realm of an environment. */
export function smokeTarget(
  { environment, secrets }: Deployment,
  realm: RealmModel = environment.platform.realms[0],
): SmokeTarget {
  const { name, bind, platform } = environment;
  const { realms, services, directGrants } = platform;
  const { keycloak, gateway, james } = services;
  const next = realms[(realms.findIndex(({ name }) => name === realm.name) + 1) % realms.length];
  const person = ({ people, clients, oidc }: RealmModel) => {
    const { mail } = people[0] as (typeof people)[number];
    return {
      ssoUrl: oidc.issuer,
      // Keycloak and James tell addresses in lower case.
      user: { username: mail, mail: normalizeMailAddress(mail), password: secrets.get(mail) },
      codeClient: { clientId: "oidc", redirectUri: withoutTail(clients.oidc.redirectUris[0] as string) },
    };
  };
  return {
    connectHost: localAddress(bind),
    ...person(realm),
    ...(next && next.name !== realm.name && { stranger: person(next) }),
    gatewayUrl: realm.gatewayUrl,
    ports: {
      keycloak: keycloak.endpoint.port,
      gateway: gateway.port,
      ...realm.ports,
      ...(james.webadmin !== null && { webadmin: james.webadmin }),
    },
    ...(directGrants && { passwordClient: { clientId: "kit-smoke" } }),
    capabilities: jamesCapabilities(james.release),
    passwords: james.passwords,
    containers: containerNames(name),
    revocationDelay: gateway.introspectionIntervalSeconds,
  };
}
