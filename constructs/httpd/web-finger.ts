import type { WebFinger } from "../gateway/gateway-route";
import { luaPackagePath, luaPath, luaSource } from "./lua-files";
import { quote } from "./syntax";

const handler = luaPath("webfinger-handler.lua");

/** The program that answers. */
export const webFingerFiles = [
  { path: luaPath("webfinger.lua"), content: luaSource("gateway/lua/webfinger.lua") },
  { path: luaPath("text.lua"), content: luaSource("gateway/lua/text.lua") },
  { path: handler, content: luaSource("httpd/lua/webfinger-handler.lua") },
];

/** Directives of one location, for pages of any origin. The values reach the program as data, in the environment of a request. */
export function answerByLua({ issuer, domains }: WebFinger): string[] {
  return [
    'Header always set Access-Control-Allow-Origin "*"',
    `SetEnv KIT_WEBFINGER_ISSUER ${quote(issuer)}`,
    `SetEnv KIT_WEBFINGER_DOMAINS ${quote(domains.join(" "))}`,
    `LuaPackagePath ${quote(luaPackagePath)}`,
    `LuaMapHandler "^" ${quote(handler)}`,
  ];
}
