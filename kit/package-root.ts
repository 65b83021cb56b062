import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder of the kit's package.json: where images, realm templates and LDIF are, in a clone and when installed. */
export const packageRoot = findUp(__dirname);

function findUp(directory: string): string {
  return existsSync(join(directory, "package.json")) ? directory : findUp(dirname(directory));
}

/** Release of the kit. */
export const kitRelease: string = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version;
