import { statfsSync } from "node:fs";
import { ExitCode, KitError } from "../../kit/errors";

/**
 * Refuses to begin what the disk has no room for.
 *
 * @param path an existing folder on the disk in question
 * @param bytes what `purpose` ("build the image james") takes at most
 * @throws KitError
 */
export function requireDiskSpace(path: string, bytes: number, purpose: string): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= bytes) return;
  throw new KitError(
    `There is not enough disk space to ${purpose}`,
    [
      {
        what: "the disk is nearly full",
        where: path,
        got: `${gigabytes(bavail * bsize)} free`,
        allowed: `at least ${gigabytes(bytes)}`,
        fix: "Free some and run the kit again: it continues.",
      },
    ],
    { exitCode: ExitCode.machine },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
