import { chmodSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makeFolder, withFiles, writePrivate } from "../../../kit/file-system";

/**
 * Files that hold secrets, kept out of the synthesis output: the Docker provider reads them by path, and the state
 * knows only a keyed hash, from which a weak secret cannot be guessed.
 */
export class PrivateFiles {
  readonly directory: string;

  /** @param directory created 0700 when the first file is written */
  constructor(directory: string) {
    this.directory = resolve(directory);
  }

  /** Where `write` puts a file of this name. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file 0600, whole or not at all. */
  write(name: string, content: string): void {
    const path = this.path(name);
    withFiles(() => {
      makeFolder(dirname(path), 0o700);
      chmodSync(this.directory, 0o700);
    });
    writePrivate(path, content);
  }
}
