import { execFileSync } from "node:child_process";
import { ExitCode, KitError } from "../../kit/errors";
import { docker } from "../../test/engine";

/**
 * Bytes of a container's Java heap that are in use after a full collection: what lives, and not what the JVM happens to hold.
 *
 * @param id of a container whose process is the JVM, or begins it as its only Java process
 * @throws KitError where it cannot be asked: no JDK, another user's process, an engine on another machine
 */
export function liveHeap(id: string): number {
  const [, ...processes] = docker("top", id, "-o", "pid,comm");
  const pid =
    processes
      .find((row) => /\bjava$/.test(row))
      ?.trim()
      .split(/\s+/)[0] ?? "";
  try {
    const jcmd = (command: string) => execFileSync("jcmd", [pid, command], { encoding: "utf8" });
    jcmd("GC.run");
    // Of the serial collector, which has generations, or of G1.
    const used = [...jcmd("GC.heap_info").matchAll(/(?:generation|heap)\s+total \d+K, used (\d+)K/g)];
    return used.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
  } catch (cause) {
    throw new KitError(
      "a Java heap cannot be measured",
      [
        {
          what: String(cause),
          fix: "Run the measurements as root, with a JDK (jcmd), on the engine's machine",
        },
      ],
      { exitCode: ExitCode.machine, cause },
    );
  }
}
