import type { HttpdOidc } from "./httpd-config";
import { luaPackagePath, luaPath, luaSource } from "./lua-files";
import { quote } from "./syntax";

/** Whether tokens are verified here, by the provider's keys: another one's introspection says too little of a token. */
export function verifiesItself({ provider, introspectionUrl }: HttpdOidc): boolean {
  return provider === "other" || introspectionUrl === undefined;
}

/** What is asked of it. */
export function providerUrls(oidc: HttpdOidc): string[] {
  const { jwksUrl, introspectionUrl } = oidc;
  const asked = verifiesItself(oidc) ? [jwksUrl, introspectionUrl] : [introspectionUrl];
  return asked.filter((url) => url !== undefined);
}

const authorities = "/etc/apache2/kit-openid-ca.pem";

/** Where the image has the authorities that it trusts: as files, and together for curl, which looks in the folder too. */
const folder = "/etc/ssl/certs";
const trusted = `${folder}/ca-certificates.crt`;

/** Of which a provider's certificate must be. */
export function authoritiesOf({ ca }: HttpdOidc): string {
  return ca === undefined ? folder : authorities;
}

/** The programs that ask, and the authorities of providers that have their own. */
export function openidFiles(all: readonly HttpdOidc[]) {
  const own = all.flatMap(({ ca }) => (ca === undefined ? [] : [ca.trim()]));
  const text = `${own.join("\n")}\n`;
  return [
    ...["provider.lua", "certificate.lua", ...(all.some(asks) ? ["active.lua"] : [])].map((name) => ({
      path: luaPath(name),
      content: luaSource(`httpd/lua/${name}`),
    })),
    // mod_oauth2 can be told of none, and Lua of no other.
    ...(own.length > 0 ? [trusted, authorities].map((path) => ({ path, content: text })) : []),
  ];
}

function asks(oidc: HttpdOidc): boolean {
  return verifiesItself(oidc) && oidc.introspectionUrl !== undefined;
}

/** Directives of the whole server. */
export function openidModule(all: readonly HttpdOidc[]): string[] {
  return all.some(asks)
    ? [
        `LuaPackagePath ${quote(luaPackagePath)}`,
        `LuaAuthzProvider kit-active ${quote(luaPath("active.lua"))} is_active`,
      ]
    : [];
}

/** Holds for access tokens among those that mod_oauth2 has verified. */
export function isAccessToken({ provider }: HttpdOidc): string {
  if (provider !== "other") return `Require oauth2_claim "typ:Bearer"`;
  const claim = (name: string) => `reqenv('OAUTH2_CLAIM_${name}')`;
  // What an access token has and no other token (RFC 9068, section 2.2; some providers say scp).
  const marks = ["scope", "scp", "client_id"].map((name) => `-n ${claim(name)}`).join(" || ");
  const typed = `${claim("typ")} == 'Bearer' || (-z ${claim("typ")} && (${marks}))`;
  // REMOTE_USER makes httpd ask after the token was read.
  return `Require expr "%{REMOTE_USER} != '' && (${typed})"`;
}

/** Asks the provider, where mod_oauth2 did not. */
export function isActive(oidc: HttpdOidc, credentials: string): string[] {
  if (!asks(oidc)) return [];
  return [
    `Require kit-active ${quote(oidc.introspectionUrl ?? "")} "\${${credentials}}" ${quote(authoritiesOf(oidc))}`,
  ];
}
