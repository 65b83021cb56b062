import type { Environment } from "../config/environment";
import type { SecretStore } from "../config/secrets";
import type { RealmRepresentation } from "../constructs/keycloak/realm-template";
import { App } from "../constructs/terraform";
import { PlatformStack } from "./platform-stack";

/** What the realm of an environment is to be, without anything written or running. It holds the secrets in clear. */
export function wantedRealm(
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): RealmRepresentation {
  const { platform } = new PlatformStack(new App({ skipValidation: true }), "platform", {
    environment,
    secrets,
    // Written to at synthesis only, which there is none of.
    privateDirectory: "files",
    stateFile: "terraform.tfstate",
  });
  return platform.realmRepresentation as RealmRepresentation;
}
