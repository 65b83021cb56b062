import {
  closeSync,
  createReadStream,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { KitError } from "../../../kit/errors";
import { makeFolder, withFiles } from "../../../kit/file-system";
import { newestFirst, parseBackupName } from "./backup-file";
import type { BackupStore, StoredBackup } from "./backup-store";

const PARTIAL = ".partial";

/** Backups in a folder. A file has its name once it is whole, and on the disk. */
export function folderStore(folder: string): BackupStore {
  return {
    where: folder,

    list: async (environment) =>
      withFiles(() =>
        newestFirst(
          readdirSync(folder).flatMap((name) => {
            const found = parseBackupName(name);
            if (!found || (environment !== undefined && found.environment !== environment)) return [];
            const path = join(folder, name);
            return [{ ...found, path, size: statSync(path).size }];
          }),
        ),
      ),

    prepare: async (environment) =>
      withFiles(() => {
        makeFolder(folder, 0o700);
        const left = readdirSync(folder)
          .filter(
            (name) =>
              name.endsWith(PARTIAL) &&
              parseBackupName(name.slice(0, -PARTIAL.length))?.environment === environment,
          )
          .map((name) => join(folder, name));
        for (const path of left) rmSync(path, { force: true });
        return left;
      }),

    write: async (name, bytes) => {
      const path = join(resolve(folder), name);
      const partial = `${path}${PARTIAL}`;
      try {
        const size = await writeFlushed(partial, bytes);
        withFiles(() => {
          renameSync(partial, path);
          flushFolder(folder);
        });
        return { path, size };
      } catch (error) {
        rmSync(partial, { force: true });
        throw error;
      }
    },

    remove: async (path) => withFiles(() => rmSync(path)),
  };
}

/** A backup in a file. @throws KitError where there is none */
export function storedFile(path: string): StoredBackup {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new KitError("there is no such backup", [{ where: path, what: "no such file" }]);
  return { path, size: found.size, bytes: () => createReadStream(path) };
}

async function writeFlushed(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, "w", 0o600);
  try {
    let size = 0;
    for await (const chunk of bytes) {
      await file.writeFile(chunk);
      size += chunk.length;
    }
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}

function flushFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
