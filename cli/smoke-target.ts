import { type EnvironmentRealm, realmsOf } from "../config/realms";
import { jamesCapabilities } from "../constructs/james/capabilities";
import { realmAt } from "../constructs/keycloak/realm";
import { containerNames, publicUrls } from "../constructs/mail-platform/addresses";
import type { SmokeTarget } from "../smoke/target";
import { imagesOf } from "../stacks/platform-stack";
import type { Deployment } from "./deployment";

/** What the smoke test must know of a realm of an environment. */
export function smokeTarget(
  { environment, secrets }: Deployment,
  realm: EnvironmentRealm = realmsOf(environment)[0],
): SmokeTarget {
  const { name, introspection, directGrants, bind } = environment;
  const { webadmin, ...published } = { ...environment.ports, ...realm.ports };
  const urls = publicUrls({ ...environment.hosts, ...realm.hosts }, published);
  const { mail } = realm.people[0] as (typeof realm.people)[number];
  return {
    // 0.0.0.0 is where to listen; to connect, this machine's own address is meant.
    connectHost: bind === "0.0.0.0" ? "127.0.0.1" : bind,
    ssoUrl: realmAt(urls.keycloak, realm.name).issuer,
    gatewayUrl: urls.gateway,
    ports: { ...published, ...(webadmin !== null && { webadmin }) },
    user: { username: mail, mail, password: secrets.get(mail) },
    ...(directGrants && { passwordClient: { clientId: "kit-smoke" } }),
    codeClient: { clientId: "oidc", redirectUri: realm.clients.oidc.redirectUris[0] as string },
    capabilities: jamesCapabilities(imagesOf(environment).jamesVersion),
    containers: containerNames(name),
    revocationDelay: introspection.intervalSeconds,
  };
}
