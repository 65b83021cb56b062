import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../config/package-root";
import type { ConfigFile } from "../container/config-file";
import type { WebFinger } from "../gateway/gateway-route";
import { quote } from "./syntax";

/** httpd's modules for it. */
export const luaModules = ["env", "lua"];

const folder = "/etc/apache2/kit-lua";
const handlerPath = `${folder}/webfinger-handler.lua`;

/** The program, which no route serves as a file. */
export function luaFiles(): ConfigFile[] {
  const source = (path: string) => readFileSync(join(packageRoot, "constructs", path), "utf8");
  return [
    { path: `${folder}/webfinger.lua`, content: source("gateway/lua/webfinger.lua") },
    { path: handlerPath, content: source("httpd/lua/webfinger-handler.lua") },
  ];
}

/** Directives of one location, for pages of any origin. The values reach the program as data, in the environment of a request. */
export function answerByLua({ issuer, domains }: WebFinger): string[] {
  return [
    'Header always set Access-Control-Allow-Origin "*"',
    `SetEnv KIT_WEBFINGER_ISSUER ${quote(issuer)}`,
    `SetEnv KIT_WEBFINGER_DOMAINS ${quote(domains.join(" "))}`,
    `LuaPackagePath ${quote(`${folder}/?.lua`)}`,
    `LuaMapHandler "^" ${quote(handlerPath)}`,
  ];
}
