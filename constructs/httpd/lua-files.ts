import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../kit/package-root";

/** httpd's modules for Lua. */
export const luaModules = ["env", "lua"];

const folder = "/etc/apache2/kit-lua";

/** Finds the kit's modules. */
export const luaPackagePath = `${folder}/?.lua`;

/** Where httpd has a program, which no route serves as a file. */
export function luaPath(name: string): string {
  return `${folder}/${name}`;
}

/** @param path below `constructs/` */
export function luaSource(path: string): string {
  return readFileSync(join(packageRoot, "constructs", path), "utf8");
}
