import type { BackupFile } from "./backup-file";

/** Where backups are: a folder, or a bucket of an S3 store. */
export interface BackupStore {
  /** As people write it. */
  readonly where: string;
  /** The backups in it, newest first. @param environment of this one only */
  list(environment?: string): Promise<BackupFile[]>;
  /**
   * Makes it where that can be, and removes what backups of an environment that were killed have left. Nobody else writes there:
   * the environment is locked.
   *
   * @returns what was removed
   */
  prepare(environment: string): Promise<string[]>;
  /** Writes a backup, which has its name once all of it is there; one that ends half-way leaves nothing. @returns its path and bytes */
  write(
    name: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly path: string; readonly size: number }>;
  /** @param path of one that it has listed */
  remove(path: string): Promise<void>;
}

/** A backup that can be read, again and again. */
export interface StoredBackup {
  /** As people write it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  bytes(): AsyncIterable<Uint8Array>;
}

/** Where an S3 store is. */
export interface S3Settings {
  /** URL. @default AWS's */
  readonly endpoint?: string | undefined;
  /** @default as the `AWS_…` variables and files tell; `us-east-1` with an endpoint */
  readonly region?: string | undefined;
  /** Whether a bucket is a part of the path, not of the host name. @default whether there is an endpoint */
  readonly pathStyle?: boolean | undefined;
}
