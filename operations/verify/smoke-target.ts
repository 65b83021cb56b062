import { jamesCapabilities } from "../../constructs/james/capabilities";
import { withoutTail } from "../../kit/client-uris";
import { localAddress } from "../../kit/local-address";
import { normalizeMailAddress } from "../../kit/mail-address";
import { containerNames } from "../../platform/addresses";
import { type ExternalService, externalServices } from "../../platform/external-services";
import type { RealmModel } from "../../platform/platform-model";
import type { SmokeTarget } from "../../smoke/steps/target";
import type { Deployment } from "../deployment/deployment";

function withoutExternal(
  names: ReturnType<typeof containerNames>,
  external: readonly ExternalService[],
): SmokeTarget["containers"] {
  const others: Partial<typeof names> = { ...names };
  for (const { service } of external) delete others[service];
  return { ...others, james: names.james };
}

/** What the smoke test must know of a realm of an environment. */
export function smokeTarget(
  { environment, secrets }: Deployment,
  realm: RealmModel = environment.platform.realms[0],
): SmokeTarget {
  const { name, bind, platform } = environment;
  const { realms, services, directGrants } = platform;
  const { keycloak, gateway, james } = services;
  const next = realms[(realms.findIndex(({ name }) => name === realm.name) + 1) % realms.length];
  const login = ({ clients, oidc }: RealmModel) => ({
    ssoUrl: oidc.issuer,
    codeClient: { clientId: "oidc", redirectUri: withoutTail(clients.oidc.redirectUris[0] as string) },
  });
  const person = ({ smokeUser: mail }: RealmModel) =>
    mail === undefined
      ? undefined
      : // Keycloak and James tell addresses in lower case.
        { username: mail, mail: normalizeMailAddress(mail), password: secrets.get(mail) };
  const user = person(realm);
  const stranger = next && next.name !== realm.name ? person(next) : undefined;
  return {
    connectHost: localAddress(bind),
    ...login(realm),
    ...(user && { user }),
    ...(next && stranger && { stranger: { ...login(next), user: stranger } }),
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
    containers: withoutExternal(containerNames(name), externalServices(platform)),
    revocationDelay: gateway.introspectionIntervalSeconds,
  };
}
