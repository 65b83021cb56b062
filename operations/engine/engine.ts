import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import {
  configurationLabel,
  derived,
  environmentLabel,
  holdsLabel,
  originLabel,
} from "../../constructs/engine/labels";
import { docker } from "../../kit/docker";
import { RunError, run } from "../../kit/run";
import type { WantedContainer } from "./wanted-containers";

/** A container of an environment, as the engine sees it. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  /** Its id, which Terraform gives it. */
  readonly image: string;
  /** `running`, `exited`, `restarting`, … */
  readonly status: string;
  /** `healthy`, `unhealthy`, `starting`, or undefined without a health check. */
  readonly health?: string;
  readonly restarts: number;
  /** When it was last started, in milliseconds since 1970; 0 where it never was. @default not known */
  readonly startedAt?: number;
  /** Published ports, `127.0.0.1:143->143/tcp`. */
  readonly ports: readonly string[];
  /** Hash of all that it was given; undefined for what is not the kit's service. */
  readonly configuration?: string;
  /** Names of its volumes. @default not known */
  readonly volumes?: readonly string[];
  /** Where it has them. @default not known */
  readonly volumePaths?: readonly string[];
  /** Names by which it is known on each of its networks. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
}

/** Whether it does its work. */
export function isHealthy({ status, health }: ContainerState): boolean {
  return status === "running" && health === "healthy";
}

/** How long a service that the engine had to start again must have been at work, in milliseconds: some fail once they answer. */
const settled = 10_000;

/** Whether it does its work, and has not just ended and been started again. */
export function isSettled(container: ContainerState, now = Date.now()): boolean {
  const { restarts, startedAt = 0 } = container;
  // The engine's clock may be another one: then nobody waits.
  return isHealthy(container) && (restarts === 0 || Math.abs(now - startedAt) >= settled);
}

type Inspected = {
  Id: string;
  Name: string;
  RestartCount: number;
  Config: { Image: string; Labels: Record<string, string> | null };
  State: { Status: string; StartedAt: string; Health?: { Status: string } };
  HostConfig: { PortBindings?: Record<string, { HostIp: string; HostPort: string }[] | null> };
  readonly Mounts?: readonly { readonly Name?: string; readonly Destination: string }[];
  NetworkSettings: { Networks: Record<string, { Aliases: string[] | null }> | null };
};

const byLabel = (environment: string) => ["--filter", `label=${environmentLabel}=${environment}`];

async function output(...args: string[]): Promise<string> {
  return (await docker(args)).stdout;
}

const words = (text: string) => text.split(/\s+/).filter(Boolean);

/** The environment's containers, running or not. */
export async function containers(environment: string): Promise<ContainerState[]> {
  const ids = words(await output("ps", "--all", "--quiet", "--no-trunc", ...byLabel(environment)));
  if (ids.length === 0) return [];
  const inspected: Inspected[] = JSON.parse(await output("inspect", "--type", "container", ...ids));
  return inspected
    .map(({ Id, Name, RestartCount, Config, State, HostConfig, NetworkSettings, Mounts }) => ({
      id: Id,
      name: Name.replace(/^\//, ""),
      image: Config.Image,
      status: State.Status,
      ...(State.Health && { health: State.Health.Status }),
      restarts: RestartCount,
      startedAt: Math.max(0, Date.parse(State.StartedAt)),
      ports: Object.entries(HostConfig.PortBindings ?? {}).flatMap(([internal, bindings]) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${internal}`),
      ),
      ...(Config.Labels?.[configurationLabel] && { configuration: Config.Labels[configurationLabel] }),
      volumes: (Mounts ?? []).flatMap(({ Name: volume }) => volume ?? []),
      volumePaths: (Mounts ?? []).flatMap(({ Name: volume, Destination }) => (volume ? [Destination] : [])),
      networks: Object.fromEntries(
        Object.entries(NetworkSettings.Networks ?? {}).map(([network, { Aliases }]) => [
          network,
          Aliases ?? [],
        ]),
      ),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** A volume of an environment. */
export interface VolumeState {
  readonly name: string;
  /** Folder with the secret files of whoever made it; empty where nobody can tell. */
  readonly origin: string;
  /** What people have in it; undefined where its content can be made again. */
  readonly holds?: string;
}

/** What the engine has that concerns a deployment. */
export interface EngineState {
  readonly containers: readonly ContainerState[];
  /** The environment's own networks. */
  readonly ownNetworks: readonly { readonly name: string; readonly origin: string }[];
  /** The environment's own volumes. */
  readonly ownVolumes: readonly VolumeState[];
  /** Names of all networks. */
  readonly networks: readonly string[];
  /** What others have, by kind. */
  readonly foreign: Readonly<Record<"container" | "network" | "volume", readonly string[]>>;
}

export async function engineState(environment: string): Promise<EngineState> {
  const labels = [environmentLabel, originLabel, holdsLabel].map((name) => `{{.Label "${name}"}}`).join("\t");
  const list = async (...args: string[]) =>
    (await output(...args, "--format", `{{${args[0] === "ps" ? ".Names" : ".Name"}}}\t${labels}`))
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name = "", label, origin = "", holds = ""] = line.split("\t");
        return { name, isOwn: label === environment, origin, holds };
      });
  const [own, allContainers, networks, volumes] = await Promise.all([
    containers(environment),
    list("ps", "--all"),
    list("network", "ls"),
    list("volume", "ls"),
  ]);
  const others = (all: typeof networks) => all.filter(({ isOwn }) => !isOwn).map(({ name }) => name);
  return {
    containers: own,
    ownNetworks: networks.filter(({ isOwn }) => isOwn),
    ownVolumes: volumes
      .filter(({ isOwn }) => isOwn)
      .map(({ name, origin, holds }) => ({
        ...{ name, origin },
        // One that was made before it was told is kept rather than lost.
        ...(holds !== derived && { holds: holds || "what an earlier release has kept" }),
      })),
    networks: networks.map(({ name }) => name),
    foreign: { container: others(allContainers), network: others(networks), volume: others(volumes) },
  };
}

/** Removes networks of the environment. @param names @default all */
export async function removeNetworks(environment: string, names?: readonly string[]): Promise<void> {
  const rows = await output("network", "ls", "--format", "{{.ID}}\t{{.Name}}", ...byLabel(environment));
  for (const row of rows.split("\n").filter(Boolean)) {
    const [id = "", name = ""] = row.split("\t");
    if (names === undefined || names.includes(name)) await docker(["network", "rm", id]);
  }
}

/** A file of a container, running or not. Undefined when it has none. */
export async function readContainerFile(id: string, path: string): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-"));
  const copy = join(folder, "copy");
  try {
    await run("docker", ["cp", "--follow-link", `${id}:${path}`, copy]);
    return readFileSync(copy, "utf8");
  } catch (error) {
    if (error instanceof RunError) return undefined;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The last lines that a container wrote; none when it is gone. */
export async function lastLogLines(name: string, count: number): Promise<string[]> {
  try {
    const { stdout, stderr } = await run("docker", ["logs", "--tail", String(count), name]);
    return `${stdout}${stderr}`.split("\n").filter(Boolean).slice(-count);
  } catch (error) {
    if (error instanceof RunError) return [];
    throw error;
  }
}

/**
 * Containers of the environment that the state does not know, left by a run that was killed between making one and writing
 * it down, and those of which a network is gone; each with the reason. Networks and volumes are none: a deployment takes what is there.
 */
export function orphans(
  { containers, networks }: EngineState,
  wanted: readonly WantedContainer[],
  stateFile: string,
): Map<ContainerState, string> {
  const state = existsSync(stateFile) ? readFileSync(stateFile, "utf8") : "";
  return new Map(
    containers.flatMap((container): [ContainerState, string][] => {
      // A container that was disconnected from a network before that was removed no longer names it.
      const want = wanted.find(
        ({ name, configuration }) => name === container.name && configuration === container.configuration,
      );
      const on = [...Object.keys(container.networks), ...Object.keys(want?.networks ?? {})];
      const lost = on.find((name) => !networks.includes(name));
      if (!state.includes(container.id)) return [[container, "the state does not know it"]];
      return lost === undefined ? [] : [[container, `network ${lost} is gone`]];
    }),
  );
}

export async function unpauseContainer(id: string): Promise<void> {
  await docker(["unpause", id]);
}

export async function startContainer(id: string): Promise<void> {
  await docker(["start", id]);
}

/** Makes a container known on a network by these names. */
export async function connectNetwork(
  { id, networks }: ContainerState,
  network: string,
  aliases: readonly string[],
): Promise<void> {
  if (networks[network]) await docker(["network", "disconnect", network, id]);
  const names = aliases.flatMap((alias) => ["--alias", alias]);
  await docker(["network", "connect", ...names, network, id]);
}

/** With the volumes that an image declares: they have files of the container, secret ones too. */
export async function removeContainers(list: readonly ContainerState[]): Promise<void> {
  if (list.length > 0) await docker(["rm", "--force", "--volumes", ...list.map(({ id }) => id)]);
}

/** Ends containers in an orderly way, and removes them. */
export async function stopAndRemove(list: readonly ContainerState[]): Promise<void> {
  if (list.length > 0) await docker(["stop", "--time", String(STOP_SECONDS), ...list.map(({ id }) => id)]);
  await removeContainers(list);
}

/** Has a reference name an image again that it named before. @returns whether it did not */
export async function nameAgain(imageId: string, reference: string): Promise<boolean> {
  const now = (await output("image", "ls", "--quiet", "--no-trunc", reference)).trim();
  if (now === imageId) return false;
  await docker(["tag", imageId, reference]);
  return true;
}

/** Seconds that services get to write what they keep, before they are ended. */
const STOP_SECONDS = 10;

/**
 * Removes what carries the environment's label.
 *
 * @param keep names of the volumes that stay, or `all`, and then the networks, too: services then get to write what they keep
 */
export async function removeAll(
  environment: string,
  { containers, ownVolumes }: Pick<EngineState, "containers" | "ownVolumes">,
  keep: readonly string[] | "all" = [],
): Promise<void> {
  if (keep.length > 0 && containers.length > 0) {
    await docker(["stop", "--time", String(STOP_SECONDS), ...containers.map(({ id }) => id)]);
  }
  await removeContainers(containers);
  if (keep === "all") return;
  await removeNetworks(environment);
  await removeVolumes(ownVolumes.filter(({ name }) => !keep.includes(name)));
}

/** With all that is in them. */
export async function removeVolumes(list: readonly VolumeState[]): Promise<void> {
  for (const { name } of list) await docker(["volume", "rm", "--force", name]);
}

/** How much volumes hold, by name, as the engine tells it: `48.2MB`. Those that it does not tell of are left out. */
export async function volumeSizes(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  const rows = z
    .array(z.object({ Name: z.string(), Size: z.string() }))
    .parse(JSON.parse(await output("system", "df", "--verbose", "--format", "{{json .Volumes}}")));
  return new Map(
    rows.flatMap(({ Name, Size }) => (names.includes(Name) && Size !== "N/A" ? [[Name, Size]] : [])),
  );
}
