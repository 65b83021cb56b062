import type { HttpdOidc } from "./httpd-config";
import { luaPackagePath, luaPath, luaSource } from "./lua-files";
import { authoritiesOf } from "./openid-provider";
import { credentialsName } from "./render-secrets";
import { quote } from "./syntax";

/** Where httpd sends what mod_oauth2 refused; nobody else gets there. */
export const refusedPath = "/kit-refused";

const handler = luaPath("refused-handler.lua");

export const refusedFiles = [{ path: handler, content: luaSource("httpd/lua/refused-handler.lua") }];

/** Directives of an `oidc` route: a request whose token is refused is answered at `refusedPath`. */
export const sendRefusalsToHandler = [`ErrorDocument 401 ${refusedPath}`];

/**
 * How refusals are answered. mod_oauth2 says 401 `invalid_token` also when it could not ask, or was told 500, as by a
 * Keycloak without its database, and clients throw good tokens away: so the provider is asked again, and 503 is answered
 * when it says nothing of the token.
 */
export function refusedSection(oidc: HttpdOidc, index: number): string {
  const { jwksUrl = "", introspectionUrl } = oidc;
  const credentials = `\${${credentialsName(index)}}`;
  return `# Refused tokens
<Location ${quote(refusedPath)}>
  Require all granted
  SetEnv KIT_PROVIDER_URL ${quote(introspectionUrl ?? jwksUrl)}
  SetEnv KIT_PROVIDER_CA ${quote(authoritiesOf(oidc))}
${introspectionUrl === undefined ? "" : `  SetEnv KIT_PROVIDER_CREDENTIALS "${credentials}"\n`}  LuaPackagePath ${quote(luaPackagePath)}
  LuaMapHandler "^" ${quote(handler)}
</Location>`;
}
