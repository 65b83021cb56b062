import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";
import { loadEnvironment } from "../../config/environment";
import { KitError } from "../../kit/errors";
import { isDurable } from "../../platform/model/resolve-storage";
import { settingsFile } from "./deployed-settings";
import { environmentDirectory } from "./deployment";

/**
 * Whether an environment that is removed leaves what people have in it: it is durable, or was at its last `up`. One whose file
 * cannot be read is taken for it, unless its last `up` says otherwise.
 *
 * @param file what the environment is called by
 * @param name on the engine
 */
export function keepsData(file: string, name: string): boolean {
  const last = wasDurable(name);
  if (last) return true;
  try {
    return isDurable(loadEnvironment(file, { env: process.env }).platform);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return last ?? true;
  }
}

/** As its last `up` has noted; undefined where none has, or nobody can read it. */
function wasDurable(name: string): boolean | undefined {
  const settings = settingsFile(environmentDirectory(name));
  if (!existsSync(settings)) return undefined;
  try {
    const noted = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(settings, "utf8")));
    return Object.entries(noted).some(([key, value]) => /^storage(\.|$)/.test(key) && value === "durable");
  } catch {
    return undefined;
  }
}
