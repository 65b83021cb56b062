import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { KitError } from "../../kit/errors";
import { makeFolder } from "../../kit/file-system";

export interface WantedFile {
  /** Below the folder. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/**
 * Writes the files that a command was asked for, all or none, below a folder that is made.
 *
 * @param whose files of what, for the error
 * @returns the paths of those that were there before
 * @throws KitError
 */
export function writeFiles(folder: string, files: readonly WantedFile[], whose: string): ReadonlySet<string> {
  let made: string | undefined;
  let staged: string | undefined;
  let at = folder;
  const undo: (() => void)[] = [];
  try {
    made = makeFolder(folder);
    // In the folder, which may be a file system of its own.
    staged = mkdtempSync(join(folder, ".new-"));
    const [fresh, old] = [join(staged, "new"), join(staged, "old")];
    const there = new Set<string>();
    for (const { path, content, mode } of files) {
      at = join(folder, path);
      for (const place of [fresh, old, folder]) mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(fresh, path), content);
      chmodSync(join(fresh, path), mode);
      if (!existsSync(at)) continue;
      copyFileSync(at, join(old, path));
      there.add(path);
    }
    for (const { path } of files) {
      at = join(folder, path);
      const file = at;
      renameSync(join(fresh, path), file);
      undo.unshift(() => (there.has(path) ? renameSync(join(old, path), file) : rmSync(file)));
    }
    return there;
  } catch (error) {
    for (const step of undo) step();
    if (made !== undefined) rmSync(made, { recursive: true });
    throw new KitError(`${whose} files cannot be written`, [
      { where: at, what: (error as Error).message, fix: "Choose another folder by --out" },
    ]);
  } finally {
    if (staged !== undefined) rmSync(staged, { recursive: true, force: true });
  }
}
