import type { Environment } from "../config/environment";
import type { SecretStore } from "../config/secrets";
import { ComposeEngine, type ComposeProjectFile } from "../constructs/engine/compose/compose-engine";
import { PlatformStack } from "./platform-stack";
import { inUnwrittenApp } from "./unwritten-app";

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
  const { platform } = environment;
  const keycloak = { ...platform.services.keycloak, importsRealms: true };
  const importing = { ...platform, services: { ...platform.services, keycloak } };
  return inUnwrittenApp((app, folder) => {
    let engine: ComposeEngine | undefined;
    new PlatformStack(app, "platform", {
      environment: { ...environment, platform: importing },
      secrets,
      privateDirectory: folder,
      stateFile: "terraform.tfstate",
      engine: (stack) => {
        engine = new ComposeEngine(stack, "compose", {
          name: environment.name,
          fingerprintKey: secrets.get("fingerprint"),
          bindAddress: environment.bind,
        });
        return engine;
      },
    });
    return (engine as unknown as ComposeEngine).projectFiles();
  });
}
