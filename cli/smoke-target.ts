import { jamesCapabilities } from "../constructs/james/capabilities";
import { realmAt } from "../constructs/keycloak/realm";
import { containerNames, publicUrls } from "../constructs/mail-platform/addresses";
import type { SmokeTarget } from "../smoke/target";
import { imagesOf } from "../stacks/platform-stack";
import type { Deployment } from "./deployment";

/** What the smoke test must know of an environment. */
export function smokeTarget({ environment, secrets }: Deployment): SmokeTarget {
  const { name, hosts, ports, clients, introspection, directGrants, people, bind } = environment;
  const { webadmin, ...published } = ports;
  const urls = publicUrls(hosts, ports);
  const { mail } = people[0] as (typeof people)[number];
  return {
    // 0.0.0.0 is where to listen; to connect, this machine's own address is meant.
    connectHost: bind === "0.0.0.0" ? "127.0.0.1" : bind,
    ssoUrl: realmAt(urls.keycloak, environment.realm.name).issuer,
    gatewayUrl: urls.gateway,
    ports: { ...published, ...(webadmin !== null && { webadmin }) },
    user: { username: mail, mail, password: secrets.get(mail) },
    ...(directGrants && { passwordClient: { clientId: "kit-smoke" } }),
    codeClient: { clientId: "oidc", redirectUri: clients.oidc.redirectUris[0] as string },
    capabilities: jamesCapabilities(imagesOf(environment).jamesVersion),
    containers: containerNames(name),
    revocationDelay: introspection.intervalSeconds,
  };
}
