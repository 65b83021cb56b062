import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode, KitError } from "../../kit/errors";
import { makeFolder, withFiles } from "../../kit/file-system";

/** Milliseconds between two looks at a lock that another process holds. */
const POLL_MS = 200;

export interface LockOptions {
  /** Whether to wait for the process that holds it; else it is an error (exit code `busy`). @default true */
  readonly wait?: boolean;
  /** Called once, when there is something to wait for. */
  readonly onWait?: (text: string) => void;
}

/**
 * Runs `work` while no other process holds the lock `path`. A lock whose process has died, even by `kill -9` or a
 * power cut, does not hold.
 *
 * @throws KitError with `ExitCode.busy` when it is held and `wait` is false, `ExitCode.machine` when it cannot be written
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  withFiles(() => makeFolder(dirname(path)));
  let announced = false;
  for (;;) {
    const holder = withFiles(() => acquire(path));
    if (holder === undefined) break;
    if (options.wait === false) {
      throw new KitError(
        "Another command of the kit is at work",
        [{ what: `process ${holder} holds ${path}`, fix: "Wait until it has ended, or end it." }],
        { exitCode: ExitCode.busy },
      );
    }
    if (!announced) options.onWait?.(`waits for process ${holder}, which does the same`);
    announced = true;
    await sleep(POLL_MS);
  }
  const release = () => rmSync(path, { force: true });
  process.on("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** Takes the lock, or returns the process that holds it. */
function acquire(path: string): number | undefined {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}\n`);
  try {
    // A hard link appears with its content, and only where nothing is: there is no moment of an empty lock.
    for (;;) {
      if (link(mine, path)) return undefined;
      const content = read(path);
      if (content === undefined) continue;
      const [pid = "", start = ""] = content.trim().split(" ");
      if (holds(Number(pid), start)) return Number(pid);
      discard(path, content);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Removes a dead process's lock, unless another process has replaced it in this moment. */
function discard(path: string, content: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== content) link(aside, path);
  rmSync(aside, { force: true });
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function holds(pid: number, start: string): boolean {
  // A process of this number that started at another time is another process (a reboot, a container).
  return isAlive(pid) && (start === "" || startOf(pid) === start);
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    // A zombie has ended; only its parent has not asked how.
    return statOf(pid)[0] !== "Z";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The time a process started, in the kernel's ticks; "" where there is no /proc. */
function startOf(pid: number): string {
  return statOf(pid)[19] ?? "";
}

/** proc(5), stat: its fields from the third (the state) on. */
function statOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`);
  // The second, the command's name in parentheses, may hold spaces.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
}
