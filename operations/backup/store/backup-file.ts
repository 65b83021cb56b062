/** A backup in a store, by what everybody sees: its name and its size. Whether it is whole only its recipients can tell. */
export interface BackupFile {
  /** Of a file, or `s3://bucket/key`. */
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

/** What the name of a backup says; undefined where it is none. */
export function parseBackupName(name: string): Pick<BackupFile, "environment" | "createdAt"> | undefined {
  const { environment, time } = form.exec(name)?.groups ?? {};
  if (environment === undefined || time === undefined) return undefined;
  const createdAt = new Date(time.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(createdAt.getTime()) ? undefined : { environment, createdAt };
}

export function newestFirst(backups: readonly BackupFile[]): BackupFile[] {
  return [...backups].sort(
    (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.path < b.path ? -1 : 1),
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
  return newestFirst(backups).filter(
    ({ createdAt }, index) =>
      index >= Math.max(1, keep ?? 1) && (maxAgeMs === undefined || now - createdAt.getTime() > maxAgeMs),
  );
}
