import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../config/environment";
import type { SecretStore } from "../../config/secrets";
import { importFolder } from "../../constructs/keycloak/server/keycloak-server";
import type { Image } from "../../constructs/workload/image";
import { releaseIn } from "../../platform/image-references";
import { containerNames } from "../../platform/model/addresses";
import { imagesOf, unrunPlatform } from "../../stacks/environment-platform";
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

/** Releases of the services whose data a newer release cannot give to an older one, as far as their images tell. */
export function releasesOf(environment: Storing): Record<string, string> {
  const { services, storage } = environment.platform;
  const { keycloak, postgres } = imagesOf(environment);
  const releases = {
    ...(services.keycloak.managed && storage.identity === "durable" && { keycloak: releaseOf(keycloak) }),
    ...(databasesOf(environment).length > 0 && { postgres: releaseOf(postgres) }),
  };
  return Object.fromEntries(
    Object.entries(releases).flatMap(([name, release]) => (release === undefined ? [] : [[name, release]])),
  );
}

/** What an image's tag names, or what its recipe installs. */
function releaseOf({ reference, folder }: Image): string | undefined {
  if (folder === undefined) return releaseIn(reference) ?? /:(\d+(\.\d+)*)/.exec(reference)?.[1];
  const recipes: Readonly<Record<string, RegExp>> = {
    "pom.xml": /keycloak-quarkus-dist<\/artifactId>\s*<version>([\d.]+)</,
    Dockerfile: /install-packages postgresql-(\d+)/,
  };
  for (const [file, release] of Object.entries(recipes)) {
    const found = release.exec(textOf(join(folder, file)))?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
