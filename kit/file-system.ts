import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ExitCode, KitError } from "./errors";

const meanings: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is a file",
  EISDIR: "it is a folder",
  EEXIST: "it is there already, as something else",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the user's share of the disk is used up",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the path is too long",
  ENOTEMPTY: "the folder is not empty",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EBUSY: "it is in use",
  EIO: "the disk fails",
};

/** An error of the file system in words, with the code of the operating system among them. */
export function fileErrorText(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return meanings[code] ? `${meanings[code]} (${code})` : code || message;
}

/** The KitError for what the machine does not let the kit do with a file; undefined for every other error. */
export function fileError(error: unknown): KitError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", path, syscall } = error as NodeJS.ErrnoException;
  if (!(code in meanings) || syscall === undefined) return undefined;
  return new KitError(
    "the machine does not let the kit use a file",
    // Reading what is a folder tells no path.
    [{ ...(path !== undefined && { where: path }), what: `${syscall}: ${fileErrorText(error)}` }],
    { exitCode: ExitCode.machine, cause: error },
  );
}

/** Does something with files. @throws KitError (`ExitCode.machine`) where the machine does not let it */
export function withFiles<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileError(error) ?? error;
  }
}

/** Writes a file that only its owner can read, whole or not at all. @throws KitError (`ExitCode.machine`) where the machine does not let it */
export function writePrivate(path: string, content: string | Uint8Array): void {
  const partial = `${path}.${process.pid}.partial`;
  withFiles(() => {
    writeFileSync(partial, content, { mode: 0o600 });
    renameSync(partial, path);
  });
}

/**
 * Makes a folder and those above it. `mkdirSync` does too, but never ends where the file system takes none, as below /proc.
 *
 * @returns the first that was made; undefined when all were there
 */
export function makeFolder(folder: string, mode?: number): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const one of missing) {
    try {
      mkdirSync(one, { mode });
    } catch (error) {
      // Somebody else was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !existsSync(one)) throw error;
    }
  }
  return missing[0];
}
