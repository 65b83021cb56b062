import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, KitError } from "../../kit/errors";
import { makeFolder } from "../../kit/file-system";
import { cacheFolder } from "../host/cache";
import { isAlive } from "../host/lock";

export interface DockerdOptions {
  /** Whether the engine answers. */
  readonly ready: () => Promise<boolean>;
  /** Milliseconds to wait for that. */
  readonly timeoutMs: number;
  readonly detail?: (text: string) => void;
  /** Arguments of dockerd. @default none: its own defaults and /etc/docker/daemon.json */
  readonly args?: readonly string[];
  /** Where dockerd says which process it is. @default /var/run/docker.pid */
  readonly pidFile?: string;
  /** @default dockerd.log in the kit's cache folder */
  readonly logFile?: string;
}

/**
 * Starts dockerd where no init system does, so that it outlives the kit, and waits until it answers.
 *
 * @throws KitError with the last lines of its log when it ends or does not answer in time
 */
export async function startDockerd(options: DockerdOptions): Promise<void> {
  const logFile = options.logFile ?? join(cacheFolder(), "dockerd.log");
  // Debian's package may have started one that does not answer yet.
  const starting = runningDockerd(options.pidFile ?? "/var/run/docker.pid");
  const alive = starting === undefined ? launch(options.args ?? [], logFile) : () => isAlive(starting);
  options.detail?.(`dockerd, log in ${logFile}`);
  const deadline = Date.now() + options.timeoutMs;
  while (!(await options.ready())) {
    const ended = !alive();
    if (ended || Date.now() > deadline) {
      throw new KitError(
        "The kit needs a Docker engine",
        [
          {
            what: ended
              ? "dockerd ended as it started"
              : `dockerd does not answer after ${options.timeoutMs / 1000} s`,
            where: logFile,
            fix: "The last lines of its log say why.",
            lines: readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-12),
          },
        ],
        { exitCode: ExitCode.machine },
      );
    }
    await sleep(200);
  }
}

function runningDockerd(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return isAlive(pid) && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "dockerd" ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether it still runs. */
function launch(args: readonly string[], logFile: string): () => boolean {
  makeFolder(dirname(logFile));
  const log = openSync(logFile, "w");
  const child = spawn("dockerd", args, {
    // A session of its own: Ctrl-C in the terminal must not end the engine.
    detached: true,
    stdio: ["ignore", log, log],
    // Debian's dockerd needs iptables and containerd, which a user's PATH may lack.
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  closeSync(log);
  let running = true;
  child.on("exit", () => {
    running = false;
  });
  child.on("error", () => {
    running = false;
  });
  child.unref();
  return () => running;
}
