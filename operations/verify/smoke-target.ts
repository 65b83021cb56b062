import { type EnvironmentRealm, realmsOf } from "../../config/realms";
import { jamesCapabilities } from "../../constructs/james/capabilities";
import { withoutTail } from "../../constructs/keycloak/model/uris";
import { realmAt } from "../../constructs/keycloak/realm";
import { localAddress } from "../../kit/local-address";
import { normalizeMailAddress } from "../../kit/mail-address";
import { containerNames, publicUrls } from "../../platform/addresses";
import type { SmokeTarget } from "../../smoke/target";
import { imagesOf } from "../../stacks/platform-stack";
import type { Deployment } from "../deployment/deployment";

/** What the smoke test must know of a realm of an environment. */
export function smokeTarget(
  { environment, secrets }: Deployment,
  realm: EnvironmentRealm = realmsOf(environment)[0],
): SmokeTarget {
  const { name, introspection, directGrants, bind } = environment;
  const { webadmin, ...published } = { ...environment.ports, ...realm.ports };
  const urls = publicUrls({ ...environment.hosts, ...realm.hosts }, published);
  const realms = realmsOf(environment);
  const next = realms[(realms.findIndex(({ name }) => name === realm.name) + 1) % realms.length];
  const person = ({ name, people, clients }: EnvironmentRealm) => {
    const { mail } = people[0] as (typeof people)[number];
    return {
      ssoUrl: realmAt(urls.keycloak, name).issuer,
      // Keycloak and James tell addresses in lower case.
      user: { username: mail, mail: normalizeMailAddress(mail), password: secrets.get(mail) },
      codeClient: { clientId: "oidc", redirectUri: withoutTail(clients.oidc.redirectUris[0] as string) },
    };
  };
  return {
    connectHost: localAddress(bind),
    ...person(realm),
    ...(next && next.name !== realm.name && { stranger: person(next) }),
    gatewayUrl: urls.gateway,
    ports: { ...published, ...(webadmin !== null && { webadmin }) },
    ...(directGrants && { passwordClient: { clientId: "kit-smoke" } }),
    capabilities: jamesCapabilities(imagesOf(environment).jamesVersion),
    passwords: environment.passwords,
    containers: containerNames(name),
    revocationDelay: introspection.intervalSeconds,
  };
}
