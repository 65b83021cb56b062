import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { fileErrorText, makeFolder, withFiles } from "../../kit/file-system";
import { withLock } from "./lock";

/** Where what was built or fetched is kept: `$XDG_CACHE_HOME/james-oidc-kit`, else `~/.cache/james-oidc-kit`. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "james-oidc-kit");
}

/** Makes it unless it is there. @throws KitError (`ExitCode.machine`) where it cannot be */
export function ensureCacheFolder(): void {
  try {
    makeFolder(cacheFolder());
    accessSync(cacheFolder(), constants.W_OK);
  } catch (error) {
    throw new KitError(
      "the kit cannot keep what it fetches and builds",
      [
        {
          where: cacheFolder(),
          what: `cannot be written: ${fileErrorText(error)}`,
          fix: "Name a folder that can, by XDG_CACHE_HOME",
        },
      ],
      { exitCode: ExitCode.machine, cause: error },
    );
  }
}

/**
 * Builds the folder `name` of the cache unless it is there, and returns its path. It appears complete or not at all:
 * it is built under another name and renamed. A second kit that wants the same waits for the first.
 *
 * @param build fills the empty folder it is given
 * @param onWait is told that another process is building it
 */
export async function cached(
  name: string,
  build: (folder: string) => Promise<void>,
  onWait?: (text: string) => void,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  withFiles(() => makeFolder(dirname(folder)));
  await withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(folder)) return;
      removeAbandoned(folder);
      const unfinished = `${folder}${UNFINISHED}${process.pid}`;
      withFiles(() => mkdirSync(unfinished));
      try {
        await build(unfinished);
        renameSync(unfinished, folder);
      } catch (error) {
        rmSync(unfinished, { recursive: true, force: true });
        throw error;
      }
    },
    onWait ? { onWait } : {},
  );
  return folder;
}

const UNFINISHED = ".unfinished-";

/** What builds left that were killed: whoever holds the lock is the only one to build. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(dirname(folder))) {
    if (!name.startsWith(basename(folder) + UNFINISHED)) continue;
    rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}
