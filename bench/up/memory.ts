import { readFileSync } from "node:fs";
import { ExitCode, KitError } from "../../kit/errors";
import { docker } from "../../test/engine";

/** Memory of a container's processes, in bytes. */
export interface Memory {
  readonly service: string;
  /** Resident set size. A page that several processes share counts for each. */
  readonly rss: number;
  /** Proportional set size: a shared page counts once, in parts, also among what runs besides the platform. */
  readonly pss: number;
}

/**
 * Resident memory of containers, the sums over their processes of what the kernel says (proc(5), smaps_rollup).
 *
 * @param containers ids by service
 * @throws KitError where that cannot be read: another user's processes, an engine on another machine
 */
export function residentMemory(containers: Readonly<Record<string, string>>): Memory[] {
  return Object.entries(containers).map(([service, id]) => {
    const processes = docker("top", id, "-o", "pid")
      .slice(1)
      .map((pid) => rollup(Number(pid)));
    const sum = (field: "rss" | "pss") => processes.reduce((total, process) => total + process[field], 0);
    return { service, rss: sum("rss"), pss: sum("pss") };
  });
}

function rollup(pid: number): { rss: number; pss: number } {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  } catch (error) {
    // A health check's process, which has ended.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return { rss: 0, pss: 0 };
    throw new KitError(
      "memory cannot be measured",
      [{ what: String(error), fix: "Run the measurements as root, on the engine's machine" }],
      { exitCode: ExitCode.machine, cause: error },
    );
  }
  const bytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { rss: bytes("Rss"), pss: bytes("Pss") };
}
