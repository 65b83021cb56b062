import { existsSync, statfsSync } from "node:fs";
import { run } from "../../kit/run";
import type { EngineSize } from "../../platform/model/shortfalls";

/**
 * What the engine's machine has for a platform.
 *
 * @param isNew whether nothing of the platform is there: then what is free counts, else the whole disk, of which its data has a
 *   part already
 */
export async function engineSize(isNew: boolean): Promise<EngineSize> {
  const { stdout } = await run("docker", ["info", "--format", "{{.MemTotal}} {{.DockerRootDir}}"]);
  const [, bytes = "0", folder = ""] = /^(\d+) (.*)$/.exec(stdout.trim()) ?? [];
  return {
    memoryMb: inMb(Number(bytes)),
    // It is elsewhere when the engine is not on this machine.
    ...(existsSync(folder) && { disk: { mb: diskMb(folder, isNew), isFree: isNew } }),
  };
}

function diskMb(folder: string, isNew: boolean): number {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return inMb((isNew ? bavail : blocks) * bsize);
}

const inMb = (bytes: number) => Math.floor(bytes / 1024 ** 2);
