import { engineName, loadEnvironment } from "../../config/environment";
import { KitError } from "../../kit/errors";
import { formatBytes } from "../../kit/format-bytes";
import { readIdentities } from "../../operations/backup/archive/read-archive";
import { createBackup } from "../../operations/backup/create-backup";
import { verifyBackup } from "../../operations/backup/restore/kept-files";
import { outdated } from "../../operations/backup/store/backup-file";
import type { BackupStore } from "../../operations/backup/store/backup-store";
import { openBackup, openStore } from "../../operations/backup/store/open-store";
import { withDeployment, withEnvironmentLock } from "../../operations/deployment/deployment";
import type { Output } from "../output/output";

export interface FolderOptions {
  /** Of backups, or `s3://bucket/prefix`. @default backup.folder of the environment */
  readonly folder?: string;
}

export interface BackupCreateOptions extends FolderOptions {
  /** Of age. @default backup.recipients of the environment */
  readonly recipient?: readonly string[];
}

/** Writes what people have in an environment, for whoever has the identity of a recipient. @throws KitError */
export async function backupCreate(
  name: string,
  { folder, recipient }: BackupCreateOptions,
  output: Output,
): Promise<void> {
  await withDeployment(name, async (deployment) => {
    const { backup } = deployment.environment;
    const store = await openStore(folder ?? backup.folder, () => backup.s3);
    const options = { store, recipients: recipient ?? backup.recipients };
    const made = await createBackup(name, deployment, options, output.progress);
    const { path: file, size, members, counts, leftOut } = made;
    output.result(
      {
        ...{ command: "backup create", environment: deployment.environment.name, file, size },
        ...{ members, counts, leftOut },
      },
      [
        `${file}, ${formatBytes(size)}`,
        ...contentLines(counts),
        ...leftOut.map((what) => `not in it: ${what}`),
      ].join("\n"),
    );
  });
}

/** Lists the backups of an environment, newest first, by what is in clear: their names and sizes. */
export async function backupList(name: string, { folder }: FolderOptions, output: Output): Promise<void> {
  const environment = engineName(name, { env: process.env });
  const store = await storeOf(name, folder);
  const backups = (await store.list(environment)).map(({ path, createdAt, size }) => ({
    ...{ file: path, createdAt: createdAt.toISOString(), size },
  }));
  output.result(
    { command: "backup list", environment, backups },
    backups.length === 0
      ? `no backup of ${environment} in ${store.where}`
      : backups
          .map(({ file, createdAt, size }) => `${createdAt}  ${formatBytes(size).padStart(9)}  ${file}`)
          .join("\n"),
  );
}

/** Reads a backup from its beginning to its end. @throws KitError when it is not whole, or for others */
export async function backupVerify(
  name: string,
  file: string,
  { identity }: { readonly identity: string },
  output: Output,
): Promise<void> {
  const identities = readIdentities(identity);
  const stored = await openBackup(file, () => settingsOf(name).s3);
  const { about, contents } = await output.progress.step(`verify ${file}`, (detail) =>
    verifyBackup(stored, identities, detail),
  );
  output.result(
    { command: "backup verify", file, ...about, ...contents },
    [
      `${file} is whole: environment ${about.environment}, ${about.createdAt}, by kit ${about.kit}`,
      ...contents.members.map(({ name, bytes }) => `${formatBytes(bytes).padStart(9)}  ${name}`),
      ...contentLines(contents.counts),
      ...about.leftOut.map((what) => `not in it: ${what}`),
    ].join("\n"),
  );
}

export interface BackupPruneOptions extends FolderOptions {
  /** How many of the newest to keep. */
  readonly keep?: number;
  /** Milliseconds that others may be old. */
  readonly olderThan?: number;
}

/** Removes backups of an environment that nobody needs any more. @throws KitError unless it is said which */
export async function backupPrune(
  name: string,
  { folder, keep, olderThan }: BackupPruneOptions,
  output: Output,
): Promise<void> {
  if (keep === undefined && olderThan === undefined) {
    throw new KitError("nobody has said which backups may go", [
      { where: "backup prune", what: "neither --keep nor --older-than is given" },
    ]);
  }
  const environment = engineName(name, { env: process.env });
  const store = await storeOf(name, folder);
  await withEnvironmentLock(environment, async () => {
    const retention = {
      ...(keep !== undefined && { keep }),
      ...(olderThan !== undefined && { maxAgeMs: olderThan }),
    };
    const all = await store.list(environment);
    const gone = outdated(all, retention);
    for (const { path } of gone) await store.remove(path);
    const removed = gone.map(({ path }) => path);
    const kept = all.length - gone.length;
    output.result(
      { command: "backup prune", environment, removed, kept },
      [...removed.map((path) => `removed ${path}`), `kept ${kept} of ${all.length}`].join("\n"),
    );
  });
}

const settingsOf = (name: string) => loadEnvironment(name, { env: process.env }).backup;

/** A folder that is named needs no environment file. */
const storeOf = (name: string, folder?: string): Promise<BackupStore> =>
  openStore(folder ?? settingsOf(name).folder, () => settingsOf(name).s3);

const words: Readonly<Record<string, string>> = {
  mails: "mails",
  accounts: "accounts",
  sessions: "sessions",
  offlineSessions: "offline sessions",
  endedSessions: "ended sessions",
};

function contentLines(counts: Readonly<Record<string, number>>): string[] {
  const told = Object.entries(counts).map(([what, count]) => `${words[what] ?? what}: ${count}`);
  return told.length > 0 ? [told.join(", ")] : [];
}
