import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { KitError } from "../config/errors";

/**
 * Writes a file that a command was asked for, below a folder that is made.
 *
 * @param whose files of what, for the error
 * @returns whether another file was there
 * @throws KitError
 */
export function writeFile(file: string, content: string, mode: number, whose: string): boolean {
  const overwritten = existsSync(file);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    chmodSync(file, mode);
  } catch (error) {
    throw new KitError(`${whose} files cannot be written`, [
      { where: file, what: (error as Error).message, fix: "Choose another folder by --out" },
    ]);
  }
  return overwritten;
}
