import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, KitError } from "../../kit/errors";
import { docker } from "../../test/engine";

/** CPU seconds, by service, and of the engine: dockerd, containerd, the shim of each container, what they start. */
export type CpuSeconds = Readonly<Record<string, number>>;

/** Seconds after the last request, until the services have done what it left to do. */
const SETTLE = 30;

/**
 * What a platform costs that nobody uses, in CPU seconds a minute. Of the engine it is all, also for other containers.
 *
 * @param containers ids by service
 * @throws KitError where that cannot be read: an engine on another machine, or cgroups of another kind
 */
export async function idleCpu(containers: Readonly<Record<string, string>>): Promise<CpuSeconds> {
  await sleep(SETTLE * 1000);
  const before = cpuSeconds(containers);
  await sleep(60_000);
  const after = cpuSeconds(containers);
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]),
  );
}

function cpuSeconds(containers: Readonly<Record<string, string>>): CpuSeconds {
  try {
    const services = Object.entries(containers).map(([service, id]) => [service, cgroupSeconds(id)]);
    return { ...Object.fromEntries(services), engine: engineSeconds() };
  } catch (cause) {
    throw new KitError(
      "CPU time cannot be measured",
      [{ what: String(cause), fix: "Run the measurements as root, on the engine's machine" }],
      { exitCode: ExitCode.machine, cause },
    );
  }
}

/** With everything that ever ran in it, health checks too: cgroups(7). */
function cgroupSeconds(container: string): number {
  const [pid] = docker("inspect", "--format", "{{.State.Pid}}", container);
  const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
  const find = (pattern: RegExp) => groups.flatMap((line) => pattern.exec(line)?.slice(1) ?? []);
  const [controllers, old] = find(/^\d+:([^:]*\bcpuacct\b[^:]*):(.*)$/);
  if (old !== undefined) {
    return Number(readFileSync(`/sys/fs/cgroup/${controllers}${old}/cpuacct.usage`, "utf8")) / 1e9;
  }
  const [path] = find(/^0::(.*)$/);
  const stat = readFileSync(`/sys/fs/cgroup${path}/cpu.stat`, "utf8");
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6;
}

/** Clock ticks of processes and of their children that have ended: proc(5), stat. */
function engineSeconds(): number {
  const ticks = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      let stat: string;
      try {
        stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      } catch {
        return 0; // It has ended.
      }
      const [, command = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
      if (!/^(dockerd|containerd|docker-proxy)/.test(command)) return 0;
      return rest
        .split(" ")
        .slice(11, 15)
        .reduce((sum, value) => sum + Number(value), 0);
    });
  return ticks.reduce((sum, value) => sum + value, 0) / 100;
}
