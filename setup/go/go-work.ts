import { spawn } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { KitError } from "../../kit/errors";
import { cacheFolder } from "../host/cache";
import { withLock } from "../host/lock";
import type { Progress } from "../progress/progress";

/** Module and build cache of a Go that is the kit's own. They outlive an interrupted build, which so continues. */
export function goWorkFolder(): string {
  return join(cacheFolder(), "go-work");
}

/** Removes those caches, gigabytes that nothing needs once everything is built; the kit does not wait for it. */
export async function removeGoWork(progress: Progress): Promise<void> {
  if (!existsSync(goWorkFolder())) return;
  const trash = `${goWorkFolder()}.trash-${process.pid}`;
  try {
    await withLock(goWorkLock(), async () => renameSync(goWorkFolder(), trash), { wait: false });
  } catch (error) {
    // Another kit is building with them: it removes them.
    if (error instanceof KitError) return;
    throw error;
  }
  spawn("rm", ["-rf", trash], { detached: true, stdio: "ignore" }).unref();
  progress.done("build caches of Go", "are being removed: everything is built");
}

/** Held by who uses them. */
export function goWorkLock(): string {
  return join(cacheFolder(), "go-work.lock");
}
