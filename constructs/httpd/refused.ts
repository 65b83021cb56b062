import type { HttpdOidc } from "./httpd-config";
import { luaPath, luaSource } from "./lua-files";
import { quote } from "./syntax";

/** Where httpd sends what mod_oauth2 refused; nobody else gets there. */
export const refusedPath = "/kit-refused";

const handler = luaPath("refused-handler.lua");

export const refusedFiles = [{ path: handler, content: luaSource("httpd/lua/refused-handler.lua") }];

/** Directives of an `oidc` route: a request whose token is refused is answered at `refusedPath`. */
export const sendRefusalsToHandler = [`ErrorDocument 401 ${refusedPath}`];

/**
 * How refusals are answered. mod_oauth2 says 401 `invalid_token` also when it could not ask, and clients throw good tokens
 * away: so the realm is asked whether it is there, and 503 is answered when it is not.
 */
export function refusedSection({ jwksUrl = "", introspectionUrl = jwksUrl }: HttpdOidc): string {
  return `# Refused tokens
<Location ${quote(refusedPath)}>
  Require all granted
  SetEnv KIT_PROVIDER_URL ${quote(introspectionUrl)}
  LuaMapHandler "^" ${quote(handler)}
</Location>`;
}
