import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Terraform's own notation, as far as the kit's synthesis uses it. */
interface TerraformJson {
  readonly resource: Readonly<Record<string, Readonly<Record<string, TerraformResource>>>>;
}

type TerraformResource = Readonly<Record<string, unknown>> & { readonly name: string };

/** Attributes of a docker_container that have no counterpart because Compose does the same by itself. */
const WITHOUT_COUNTERPART = [
  "name",
  "wait",
  "wait_timeout",
  "destroy_grace_seconds",
  "lifecycle",
  "labels",
  "//",
];

export interface ComposeFileOptions {
  /** Prefix of container names in the synthesis: the environment's name. */
  readonly prefix: string;
  /** Put on everything, so that it can be removed. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where the files that containers are given are written. They hold secrets, and go with the folder. */
  readonly directory: string;
}

export type ComposeService = Record<string, unknown>;

export interface ComposeFile {
  readonly services: Record<string, ComposeService>;
  readonly networks: Record<string, unknown>;
  readonly volumes: Record<string, unknown>;
}

/**
 * The same containers for Docker Compose: images, files, health checks, networks, limits, order.
 *
 * @throws Error for an attribute that it cannot express, since the comparison would then not be one of the same
 */
export function composeFile(terraform: TerraformJson, options: ComposeFileOptions): ComposeFile {
  const { prefix, labels } = options;
  const value = resolver(terraform);
  const resources = (type: string) => Object.values(terraform.resource[type] ?? {});
  const shortName = (name: string) => name.replace(new RegExp(`^${prefix}-`), "");
  const services = resources("docker_container").map((container): [string, ComposeService] => {
    const name = shortName(container.name);
    const service: ComposeService = { labels, pull_policy: "never" };
    const mounts: unknown[] = [];
    for (const [attribute, raw] of Object.entries(container)) {
      if (WITHOUT_COUNTERPART.includes(attribute)) continue;
      if (attribute === "upload") {
        mounts.push(...uploads(raw as Upload[], join(options.directory, name)));
      } else if (attribute === "volumes") {
        for (const { volume_name, container_path } of value(raw) as Record<string, string>[]) {
          mounts.push({ type: "volume", source: volume_name, target: container_path });
        }
      } else if (attribute === "depends_on") {
        service.depends_on = Object.fromEntries(
          (raw as string[])
            .filter((address) => address.startsWith("docker_container."))
            .map((address) => [
              shortName(value(`\${${address}.name}`) as string),
              { condition: "service_healthy" },
            ]),
        );
      } else {
        const convert = CONVERSIONS[attribute];
        if (!convert) throw new Error(`docker_container.${attribute} has no counterpart in the Compose file`);
        for (const [key, converted] of Object.entries(withoutVariables(convert(value(raw))))) {
          // Driver and options of the log are two attributes, and one key.
          service[key] =
            key === "logging" ? { ...(service[key] as object), ...(converted as object) } : converted;
        }
      }
    }
    if (mounts.length > 0) service.volumes = withoutVariables(mounts);
    return [name, service];
  });
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { labels }]));
  return {
    services: Object.fromEntries(services),
    networks: Object.fromEntries(
      services
        .flatMap(([, { networks }]) => Object.keys(networks ?? {}))
        .map((name) => [name, { labels, ...(name.endsWith(".internal") && { internal: true }) }]),
    ),
    volumes: named(resources("docker_volume").map(({ name }) => name)),
  };
}

/** From the provider's attribute to keys of a Compose service. */
// biome-ignore lint/suspicious/noExplicitAny: each converter knows the shape of the one attribute that it is given
const CONVERSIONS: Readonly<Record<string, (value: any) => ComposeService>> = {
  image: (image) => ({ image }),
  restart: (restart) => ({ restart }),
  hostname: (hostname) => ({ hostname }),
  user: (user) => ({ user }),
  command: (command) => ({ command }),
  entrypoint: (entrypoint) => ({ entrypoint }),
  env: (environment) => ({ environment }),
  cpus: (cpus) => ({ cpus }),
  provisioner: ([{ "local-exec": limit }]) => ({ pids_limit: Number(limit.environment.KIT_MAX_PROCESSES) }),
  memory: (mebibytes) => ({ mem_limit: `${mebibytes}m` }),
  memory_swap: (mebibytes) => ({ memswap_limit: `${mebibytes}m` }),
  security_opts: (security_opt) => ({ security_opt }),
  capabilities: ({ add, drop }) => ({ cap_add: add ?? [], cap_drop: drop ?? [] }),
  log_driver: (driver) => ({ logging: { driver } }),
  log_opts: (options) => ({ logging: { options } }),
  healthcheck: (healthcheck) => ({ healthcheck }),
  ports: (ports: { ip: string; internal: number; external: number }[]) => ({
    ports: ports.map(({ ip, internal, external }) => `${ip}:${external}:${internal}`),
  }),
  networks_advanced: (networks: { name: string; aliases: string[] }[]) => ({
    networks: Object.fromEntries(networks.map(({ name, aliases }) => [name, { aliases }])),
  }),
};

interface Upload {
  readonly file: string;
  readonly content?: string;
  readonly source?: string;
  readonly permissions: string;
}

/** Copies with the mode they have in the container: services that are not root must be able to read them. */
function uploads(files: readonly Upload[], directory: string): object[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return files.map(({ file, content, source, permissions }, index) => {
    const path = join(directory, `${index}-${basename(file)}`);
    const bytes = source === undefined ? (literal(content ?? "") as string) : readFileSync(source);
    writeFileSync(path, bytes);
    chmodSync(path, Number.parseInt(permissions, 8));
    return { type: "bind", source: path, target: file, read_only: true };
  });
}

/** Replaces references to other resources, and Terraform's escapes. */
function resolver({ resource }: TerraformJson): (raw: unknown) => unknown {
  const text = (raw: string): unknown => {
    const reference = /^\$\{(\w+)\.([\w-]+)\.(\w+)\}$/.exec(raw);
    if (!reference) return literal(raw);
    const [, type = "", id = "", attribute = ""] = reference;
    // The engine knows an image by either.
    const target = resource[type]?.[id]?.[attribute === "image_id" ? "name" : attribute];
    if (target === undefined) throw new Error(`${raw} is known only after an apply`);
    return target;
  };
  return (raw) => mapStrings(raw, text);
}

/** Terraform's `$${` and `%%{`. */
function literal(text: string): string {
  return text.replace(/([$%])\1\{/g, "$1{");
}

/** Compose takes `$` for the start of a variable. */
function withoutVariables<T>(value: T): T {
  return mapStrings(value, (text) => text.replaceAll("$", "$$$$")) as T;
}

function mapStrings(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

/** What the kit gives Keycloak and the reference example does not: limits, JVM options, its own start. */
const NOT_IN_REFERENCE = ["mem_limit", "memswap_limit", "environment", "cap_add", "cap_drop", "command"];

/** Keycloak's image is told to do what the reference example does: nothing is built, migrated or archived ahead. */
const DEVELOPMENT_MODE = `mkdir -p /opt/keycloak/data/import
cp /opt/keycloak/kit/import/*.json /opt/keycloak/data/import/
exec /opt/keycloak/bin/kc.sh start-dev --http-host=0.0.0.0 --http-relative-path=/auth --import-realm`;

/** The same with Keycloak in the reference example's own development mode, with the JVM's own settings. */
export function withKeycloakInDevelopmentMode(file: ComposeFile): ComposeFile {
  const { keycloak } = file.services;
  if (!keycloak) throw new Error("the synthesis has no Keycloak");
  const kept = Object.fromEntries(
    Object.entries(keycloak).filter(([key]) => !NOT_IN_REFERENCE.includes(key)),
  );
  const development = {
    ...kept,
    // An empty volume: nothing of what the image may have there.
    volumes: (keycloak.volumes as { type: string }[]).map((mount) =>
      mount.type === "volume" ? { ...mount, volume: { nocopy: true } } : mount,
    ),
    // This mode builds Keycloak at start, into folders of root's.
    user: "0:0",
    entrypoint: ["bash", "-c", DEVELOPMENT_MODE],
  };
  return { ...file, services: { ...file.services, keycloak: development } };
}
