import type { Environment } from "../config/environment";
import { Secret } from "../constructs/workload/secret";
import { IdentityStack } from "./identity-stack";
import { PlatformStack } from "./platform-stack";
import { inUnwrittenApp } from "./unwritten-app";

export interface SecretUsers {
  /** Services whose containers are made anew. */
  readonly services: readonly string[];
  /** Whether the realm gets it through Keycloak's API. */
  readonly realm: boolean;
}

type Containers = Record<string, { name: string; labels: unknown }>;

/**
 * Who gets a secret when it changes. It is found out by building the stacks with another value, so that it is what `up`
 * does.
 */
export function usersOfSecret(environment: Environment, name: string): SecretUsers {
  const build = (changed: boolean) =>
    inUnwrittenApp((app, folder): { containers: Containers; realm: string } => {
      const secrets = {
        get(secret: string) {
          const other = changed && secret === name;
          return new Secret(secret, `stands for secret ${secret}${other ? " changed" : ""}`, other ? 2 : 1);
        },
      };
      const files = { privateDirectory: folder, stateFile: "terraform.tfstate" };
      const platform = new PlatformStack(app, "platform", { environment, secrets, ...files });
      const realm =
        environment.identity === "provider"
          ? new IdentityStack(app, "identity", { environment, secrets, platform, stateFile: files.stateFile })
          : undefined;
      return {
        containers: platform.toTerraform().resource.docker_container,
        realm: JSON.stringify(realm?.toTerraform().resource ?? {}),
      };
    });
  const [before, after] = [build(false), build(true)];
  const services = Object.entries(before.containers)
    .filter(([id, { labels }]) => JSON.stringify(labels) !== JSON.stringify(after.containers[id]?.labels))
    .map(([, container]) => container.name.slice(environment.name.length + 1));
  return { services, realm: before.realm !== after.realm };
}
