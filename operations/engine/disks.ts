import { RunError, run } from "../../kit/run";
import type { ContainerState } from "./engine";

/** A volume on whose disk is next to no room. */
export interface FullDisk {
  /** Name of the container that writes there. */
  readonly container: string;
  /** Where it has the volume. */
  readonly path: string;
  readonly leftMb: number;
  readonly ofMb: number;
}

/** KiB with which a disk counts as full: PostgreSQL writes its log in files of 16 MiB, and ends without room for one. */
const LEAST = 32 * 1024;

/** Which volumes of containers that run have no room; what they are not able to tell is left out. */
export async function fullDisks(list: readonly ContainerState[]): Promise<FullDisk[]> {
  const found = list.map(async ({ id, name, status, volumePaths = [] }) => {
    if (status !== "running" || volumePaths.length === 0) return [];
    const rows = await sizes(id, volumePaths);
    return rows.flatMap(({ path, leftKb, ofKb }) =>
      leftKb < LEAST
        ? [{ container: name, path, leftMb: Math.floor(leftKb / 1024), ofMb: Math.floor(ofKb / 1024) }]
        : [],
    );
  });
  return (await Promise.all(found)).flat();
}

async function sizes(id: string, paths: readonly string[]) {
  try {
    // The rows come in the order of the paths, below a heading.
    const { stdout } = await run("docker", ["exec", id, "df", "-Pk", ...paths]);
    return stdout
      .trimEnd()
      .split("\n")
      .slice(1)
      .flatMap((row, index) => {
        const [, of, left] = /\s(\d+)\s+\d+\s+(\d+)\s+\d+%\s/.exec(row) ?? [];
        const path = paths[index];
        return path && of && left ? [{ path, leftKb: Number(left), ofKb: Number(of) }] : [];
      });
  } catch (error) {
    if (error instanceof RunError) return [];
    throw error;
  }
}
