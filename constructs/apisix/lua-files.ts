import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot } from "../../kit/package-root";
import type { ConfigFile } from "../workload/config-file";

/** Plugins of the kit's own: `lua/apisix/plugins/`. */
export const kitPluginNames = [
  "kit-bearer",
  "kit-backchannel-logout",
  "kit-cors",
  "kit-document",
  "kit-forward",
  "kit-webfinger",
];

/** Folders whose Lua the kit's plugins are made of. */
const folders = ["constructs/apisix/lua", "constructs/gateway/lua"].map((path) => join(packageRoot, path));

/**
 * The Lua of the kit's plugins, below `directory`; none when none of them is in use.
 *
 * @param inUse names of the plugins in use
 */
export function luaFiles(inUse: readonly string[], directory: string): ConfigFile[] {
  if (!inUse.some((name) => kitPluginNames.includes(name))) return [];
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".lua"))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => ({
        path: `${directory}/${relative(folder, file)}`,
        content: readFileSync(file, "utf8"),
      })),
  );
}
