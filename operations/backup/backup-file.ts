import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { withFiles } from "../../kit/file-system";

/** A backup in a folder, by what everybody sees: its name and its size. Whether it is whole only its recipients can tell. */
export interface BackupFile {
  readonly path: string;
  /** Name of the environment. */
  readonly environment: string;
  readonly createdAt: Date;
  /** Bytes. */
  readonly size: number;
}

const suffix = ".tar.gz.age";

/** `demo-20261130T120000Z.tar.gz.age`: nothing else of a backup is in clear. */
export function backupName(environment: string, createdAt: Date): string {
  const time = createdAt.toISOString().replace(/[-:]|\.\d+/g, "");
  return `${environment}-${time}${suffix}`;
}

const form = /^(?<environment>[a-z][a-z0-9-]*)-(?<time>\d{8}T\d{6}Z)\.tar\.gz\.age$/;

/** The backups of a folder, newest first. @param environment of this one only */
export function backupsIn(folder: string, environment?: string): BackupFile[] {
  return withFiles(() =>
    readdirSync(folder)
      .flatMap((name): BackupFile[] => {
        const found = form.exec(name)?.groups;
        if (!found || (environment !== undefined && found.environment !== environment)) return [];
        const path = join(folder, name);
        const createdAt = new Date(
          (found.time as string).replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"),
        );
        if (Number.isNaN(createdAt.getTime())) return [];
        return [{ path, environment: found.environment as string, createdAt, size: statSync(path).size }];
      })
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.path < b.path ? -1 : 1)),
  );
}

/** Which backups to keep: those that one of these says; all others go. */
export interface Retention {
  /** The newest so many. */
  readonly keep?: number;
  /** Those that are younger than so many milliseconds. */
  readonly maxAgeMs?: number;
}

/** The backups that a retention lets go. The newest stays whatever its age: somebody may want it back. */
export function outdated(
  backups: readonly BackupFile[],
  { keep, maxAgeMs }: Retention,
  now = Date.now(),
): BackupFile[] {
  const newestFirst = [...backups].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  return newestFirst.filter(
    ({ createdAt }, index) =>
      index >= Math.max(1, keep ?? 1) && (maxAgeMs === undefined || now - createdAt.getTime() > maxAgeMs),
  );
}

/**
 * Removes what backups of an environment that were killed have left. Nobody else writes there: the environment is locked.
 *
 * @returns their paths
 */
export function removePartial(folder: string, environment: string): string[] {
  return withFiles(() => {
    const left = readdirSync(folder)
      .filter(
        (name) =>
          name.endsWith(".partial") &&
          form.exec(name.slice(0, -".partial".length))?.groups?.environment === environment,
      )
      .map((name) => join(folder, name));
    for (const path of left) rmSync(path, { force: true });
    return left;
  });
}
