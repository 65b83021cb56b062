import { createHash } from "node:crypto";
import type { Environment } from "../../config/environment";
import type { SecretStore } from "../../config/secrets";
import { importFolder } from "../../constructs/keycloak/server/keycloak-server";
import { containerNames } from "../../platform/model/addresses";
import { imagesOf, unrunPlatform } from "../../stacks/environment-platform";
import { releaseOf } from "../deployment/image-releases";
import type { DatabasePlace } from "./sources/databases";
import type { RedisPlace } from "./sources/redis";

type Storing = Pick<Environment, "name" | "platform" | "images" | "imageReferences">;

/** The databases that an environment has in a PostgreSQL of its own, each with the service whose it is. */
export function databasesOf({ name, platform }: Pick<Storing, "name" | "platform">): (DatabasePlace & {
  readonly service: string;
})[] {
  const { managed, databases } = platform.services.postgres;
  if (!managed) return [];
  const container = containerNames(name).postgres;
  return Object.entries(databases).map(([service, { name: database }]) => ({ service, container, database }));
}

/** The Redis that an environment has of its own. */
export function redisOf({ name, platform }: Pick<Storing, "name" | "platform">): RedisPlace | undefined {
  const { managed, tls = false } = platform.services.redis;
  return managed ? { container: containerNames(name).redis, tls } : undefined;
}

/** The volumes of an environment with what people have. */
export function lastingVolumes(
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): { readonly name: string; readonly holds: string }[] {
  return unrunPlatform(environment, secrets).workloads.flatMap(({ props: { volumes = [] } }) =>
    volumes.flatMap(({ name, holds }) => (holds === undefined ? [] : [{ name, holds }])),
  );
}

/** SHA-256 of what Keycloak is given of each realm that it imports, by realm. */
export function importsOf(
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): Record<string, string> {
  const files = unrunPlatform(environment, secrets).workloads.flatMap((workload) => workload.files());
  return Object.fromEntries(
    files
      .filter(({ path }) => path.startsWith(importFolder))
      .map(({ path, content }) => [
        path.slice(importFolder.length, -".json".length),
        createHash("sha256").update(content).digest("hex"),
      ]),
  );
}

/**
 * Releases of the services whose data a newer release cannot give to an older one, as far as their images tell.
 *
 * @param deployed releases by service, where the images are not yet those that run
 */
export function releasesOf(
  environment: Storing,
  deployed?: Readonly<Record<string, string>>,
): Record<string, string> {
  const { services, storage } = environment.platform;
  const { keycloak, postgres } = imagesOf(environment);
  const releases = {
    ...(services.keycloak.managed &&
      storage.identity === "durable" && { keycloak: deployed ? deployed.keycloak : releaseOf(keycloak) }),
    ...(databasesOf(environment).length > 0 && {
      postgres: deployed ? deployed.postgres : releaseOf(postgres),
    }),
  };
  return Object.fromEntries(
    Object.entries(releases).flatMap(([name, release]) => (release === undefined ? [] : [[name, release]])),
  );
}
