import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { makeFolder, withFiles } from "../../kit/file-system";

/** In the environment's folder, as long as what people have is not whole. */
const file = "unfinished-restore";

export function isRestoreUnfinished(directory: string): boolean {
  return existsSync(join(directory, file));
}

/** Notes that a restore has begun. */
export function beginRestore(directory: string): void {
  withFiles(() => {
    makeFolder(directory, 0o700);
    writeFileSync(join(directory, file), "");
  });
}

/** Empties an environment's folder of everything but that note. @param kept names of other files that stay */
export function emptyFolder(directory: string, kept: readonly string[] = []): void {
  withFiles(() => {
    for (const name of readdirSync(directory)) {
      if (name !== file && !kept.includes(name)) rmSync(join(directory, name), { recursive: true });
    }
  });
}

/** Notes that what people have is there again. */
export function endRestore(directory: string): void {
  rmSync(join(directory, file));
}

/** @throws KitError where a restore has begun that did not come to its end */
export function refuseUnfinishedRestore(environment: string, directory: string): void {
  if (!isRestoreUnfinished(directory)) return;
  throw new KitError(
    `environment ${environment} is not whole`,
    [
      {
        where: directory,
        what: "a restore was begun there and not finished",
        fix: `Run it again: \`restore FILE --identity KEYFILE\`; or remove all: \`down --delete-data ${environment}\``,
      },
    ],
    { exitCode: ExitCode.deployment },
  );
}
