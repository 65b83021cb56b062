import * as z from "zod";
import { environmentLabel, originLabel, recordLabel } from "../../constructs/engine/labels";
import { docker } from "../../kit/docker";
import { type EnvironmentRecord, parseRecord } from "./record";

/** An environment, by what the engine has of it. */
export interface EngineEnvironment extends Partial<EnvironmentRecord> {
  readonly name: string;
  /** `down`: it has no container; `starting` and `unhealthy`: some is not healthy yet, or not any more. */
  readonly state: "healthy" | "starting" | "unhealthy" | "down";
  /** Folder below which its secrets and state are. @default nobody can tell */
  readonly folder?: string;
  /** What its containers may use, in MiB; those without a limit are not counted. */
  readonly memoryLimitMb: number;
  /** What those that run use, in MiB. @default it was not asked for */
  readonly memoryMb?: number;
}

const containerForm = z.object({
  Id: z.string(),
  Created: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullable() }),
  State: z.object({ Status: z.string(), Health: z.object({ Status: z.string() }).optional() }),
  HostConfig: z.object({ Memory: z.number().optional() }),
});
type Container = z.output<typeof containerForm>;

const filter = ["--filter", `label=${environmentLabel}`];
const lines = (text: string) => text.split("\n").filter(Boolean);

/** All environments that the engine has something of, by name. @param usage whether memory is looked at: it takes seconds */
export async function engineEnvironments({ usage = false } = {}): Promise<EngineEnvironment[]> {
  const labelled = async (kind: "volume" | "network", ...labels: string[]) => {
    const format = [environmentLabel, ...labels].map((label) => `{{.Label "${label}"}}`).join("\t");
    const { stdout } = await docker([kind, "ls", ...filter, "--format", format]);
    return lines(stdout).map((line) => line.split("\t"));
  };
  const [containers, volumes, networks] = await Promise.all([
    inspected(),
    labelled("volume", recordLabel),
    labelled("network", originLabel),
  ]);
  const used = usage ? await memoryOf(containers) : undefined;
  const names = [...containers.map(nameOf), ...[...volumes, ...networks].map(([name = ""]) => name)];
  return [...new Set(names)].sort().map((name) => {
    const own = containers.filter((container) => nameOf(container) === name);
    const [record] = volumes.flatMap(([environment, text = ""]) =>
      environment === name ? (parseRecord(text) ?? []) : [],
    );
    const origin = networks.find(([environment]) => environment === name)?.[1];
    const createdAt = record?.createdAt ?? own.map(({ Created }) => Created).sort()[0];
    return {
      name,
      state: stateOf(own),
      ...record,
      ...(createdAt !== undefined && { createdAt }),
      ...(origin && { folder: origin.replace(/\/files$/, "") }),
      memoryLimitMb: sum(own.map(({ HostConfig }) => inMb(HostConfig.Memory ?? 0))),
      ...(used && { memoryMb: sum(own.map(({ Id }) => used.get(Id) ?? 0)) }),
    };
  });
}

function nameOf({ Config }: Container): string {
  return Config.Labels?.[environmentLabel] ?? "";
}

function stateOf(own: readonly Container[]): EngineEnvironment["state"] {
  if (own.length === 0) return "down";
  const healths = own.map(({ State }) => (State.Status === "running" ? State.Health?.Status : State.Status));
  if (healths.every((health) => health === "healthy")) return "healthy";
  return healths.every((health) => health === "healthy" || health === "starting") ? "starting" : "unhealthy";
}

/** Containers may go while they are looked at. */
async function inspected(): Promise<Container[]> {
  const { stdout } = await docker(["ps", "--all", "--quiet", "--no-trunc", ...filter]);
  const all = await Promise.all(
    lines(stdout).map((id) =>
      docker(["inspect", "--type", "container", id]).then(
        ({ stdout }) => z.array(containerForm).parse(JSON.parse(stdout)),
        () => [],
      ),
    ),
  );
  return all.flat();
}

async function memoryOf(containers: readonly Container[]): Promise<ReadonlyMap<string, number>> {
  if (!containers.some(({ State }) => State.Status === "running")) return new Map();
  // Of all that run: it would fail for one that is named and has gone.
  const { stdout } = await docker([
    ...["stats", "--no-stream", "--no-trunc", "--format", "{{.ID}}\t{{.MemUsage}}"],
  ]);
  return new Map(
    lines(stdout).map((line) => {
      const [id = "", usage = ""] = line.split("\t");
      return [id, mebibytes(usage)];
    }),
  );
}

/** Of `612.3MiB / 768MiB`. */
export function mebibytes(usage: string): number {
  const [, amount = "0", unit = "B"] = /^([\d.]+)([KMG]?i?B)/.exec(usage) ?? [];
  const factor = { B: 1 / 1024 ** 2, KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit] ?? 0;
  return Math.round(Number(amount) * factor);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
const inMb = (bytes: number) => Math.round(bytes / 1024 ** 2);
