import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";

/** What the kit gives Keycloak and the reference example does not: limits, JVM options, its own start. */
const NOT_IN_REFERENCE = [
  "mem_limit",
  "memswap_limit",
  "pids_limit",
  "environment",
  "cap_add",
  "cap_drop",
  "command",
];

/** Keycloak's image is told to do what the reference example does: nothing is built, migrated or archived ahead. */
const DEVELOPMENT_MODE = `mkdir -p /opt/keycloak/data/import
cp /opt/keycloak/kit/import/*.json /opt/keycloak/data/import/
exec /opt/keycloak/bin/kc.sh start-dev --http-host=0.0.0.0 --http-relative-path=/auth --import-realm`;

/**
 * Writes the same with Keycloak in the reference example's own development mode, with the JVM's own settings.
 *
 * @param file the kit's Compose file
 * @returns the path of the other one, beside it
 */
export function withKeycloakInDevelopmentMode(file: string): string {
  const project = parse(readFileSync(file, "utf8"));
  const { keycloak } = project.services;
  const kept = Object.fromEntries(
    Object.entries(keycloak).filter(([key]) => !NOT_IN_REFERENCE.includes(key)),
  );
  project.services.keycloak = {
    ...kept,
    // An empty volume: nothing of what the image may have there.
    volumes: keycloak.volumes.map((mount: object) => ({ ...mount, volume: { nocopy: true } })),
    // This mode builds Keycloak at start, into folders of root's.
    user: "0:0",
    entrypoint: ["bash", "-c", DEVELOPMENT_MODE],
  };
  const development = join(dirname(file), "development.yaml");
  writeFileSync(development, stringify(project));
  return development;
}
