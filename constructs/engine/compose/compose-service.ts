import type { Problem } from "../../../kit/errors";
import { terraformTokens } from "../../terraform/terraform-token";
import { defaultMaxProcesses } from "../../workload/limits";
import type { Secret } from "../../workload/secret";
import { publishedAddress, startPath, type Workload } from "../../workload/workload";
import { configurationHash } from "../configuration-hash";
import { healthSchedule, healthTest } from "../health-test";
import { configurationLabel } from "../labels";
import type { NetworkMembership } from "../networks";
import type { ContainerFile } from "./container-files";

/** What a service is given by its engine. */
export interface ServiceEngine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly bindAddress: string;
  readonly fingerprintKey: Secret;
}

/** What a workload asks for that Compose cannot do. */
export function composeProblems(workload: Workload): Problem[] {
  const { path } = workload.node;
  const { env, command } = workload.props;
  return [
    ...Object.entries({ env, command, labels: workload.labels() }).flatMap(([prop, value]) =>
      terraformTokens(workload, value, `${path}.${prop}`),
    ),
    ...workload
      .files()
      .filter(({ content }) => content === "")
      .map((file) => ({ where: `${path}.files`, what: "Compose makes no empty file", got: file.path })),
  ];
}

/** A workload in the notation of the Compose Specification: https://docs.docker.com/reference/compose-file/services/ */
export function composeService(
  workload: Workload,
  engine: ServiceEngine,
  networks: readonly NetworkMembership[],
  files: readonly ContainerFile[],
): object {
  const { props } = workload;
  const { image, ports = [], volumes = [], dependsOn = [] } = props;
  const mounts = (secret: boolean) =>
    files
      .filter((file) => file.secret === secret)
      // The mode of others is 0444: services run as users of their own.
      .map(({ name, path, executable }) => ({
        ...{ source: name, target: path },
        ...(executable && { mode: 0o555 }),
      }));
  const { startPeriod, ...schedule } = healthSchedule;
  return withoutEmpty({
    container_name: `${engine.name}-${workload.name}`,
    image: image.reference,
    // What the kit builds is in no registry.
    pull_policy: image.folder === undefined ? undefined : "never",
    restart: "always",
    hostname: props.hostname,
    user: image.user,
    entrypoint: image.start === undefined ? undefined : [startPath],
    command: props.command,
    environment: props.env,
    // By it Compose makes a container anew whose files have changed.
    labels: {
      ...engine.labels,
      [configurationLabel]: configurationHash(workload, engine.fingerprintKey),
      ...workload.labels(),
    },
    networks: Object.fromEntries(
      networks.map(({ name, aliases }) => [name, aliases.length > 0 ? { aliases } : {}]),
    ),
    ports: ports.map(({ internal, external, ...where }) => ({
      target: internal,
      published: String(external),
      host_ip: publishedAddress(engine.bindAddress, where),
    })),
    volumes: volumes.map(({ name, path, readOnly }) => ({
      ...{ type: "volume", source: name, target: path },
      ...(readOnly && { read_only: true }),
    })),
    configs: mounts(false),
    secrets: mounts(true),
    healthcheck: { test: healthTest(props.healthCheck), ...schedule, start_period: startPeriod },
    depends_on: Object.fromEntries(dependsOn.map(({ name }) => [name, { condition: "service_healthy" }])),
    security_opt: ["no-new-privileges:true"],
    cap_drop: ["ALL"],
    cap_add: props.capabilities,
    sysctls: props.sysctls,
    mem_limit: props.memoryMb === undefined ? undefined : `${props.memoryMb}m`,
    memswap_limit: props.memoryMb === undefined ? undefined : `${props.memoryMb}m`,
    cpus: props.cpus,
    pids_limit: props.maxProcesses ?? defaultMaxProcesses,
    logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
  });
}

function withoutEmpty(service: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(service).filter(
      ([, value]) =>
        value !== undefined && (typeof value !== "object" || Object.keys(value as object).length > 0),
    ),
  );
}

/** Compose takes `$` for the start of a variable. */
export function withoutVariables<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("$", "$$$$") as T;
  if (Array.isArray(value)) return value.map(withoutVariables) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutVariables(item)])) as T;
}
