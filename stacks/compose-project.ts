import { RootConstruct } from "constructs";
import type { Environment } from "../config/environment";
import type { SecretStore } from "../config/secrets";
import { ComposeEngine, type ComposeProjectFile } from "../constructs/engine/compose/compose-engine";
import { environmentPlatform } from "./environment-platform";

/**
 * An environment as a Compose project. Keycloak imports its realms, whatever the environment says: nobody applies them
 * through its API.
 *
 * @throws KitError for what cannot be built
 */
export function composeProject(
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): ComposeProjectFile[] {
  const root = new RootConstruct();
  const { platform } = environment;
  const importing = { ...platform, identity: "import" as const };
  const engine = new ComposeEngine(root, "compose", {
    name: environment.name,
    fingerprintKey: secrets.get("fingerprint"),
    bindAddress: environment.bind,
  });
  environmentPlatform(root, { environment: { ...environment, platform: importing }, secrets, engine });
  return engine.projectFiles();
}
