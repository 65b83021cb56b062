import type { HttpMethod } from "./gateway-route";

/**
 * Cross-origin access, decided once for every gateway.
 *
 * A browser's preflight (OPTIONS without credentials) must be answered without authentication, and nothing else must.
 * So the gateway answers OPTIONS itself on every path that a route has, with 204 and, for pages of the site's
 * `webOrigins`, the headers below: no OPTIONS request reaches an upstream, hence none can carry a forged identity there.
 * Paths without a route answer 404 to OPTIONS too.
 *
 * Whatever upstreams say of other origins is taken away: James names `*`. The gateway's own answers carry the headers as
 * well, so that a web client can see a 401. Only WebFinger is for pages of any origin, as RFC 7033, section 5 wants it.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export const corsPolicy = {
  allowHeaders: ["Authorization", "Content-Type", "Accept"],
  /** Beside those that a page may always read. */
  exposeHeaders: ["WWW-Authenticate", "Retry-After"],
  /** Seconds that a browser may keep the answer to a preflight. */
  maxAge: 86_400,
} as const;

/** Response headers by which an upstream could speak for itself. */
export const corsHeaders = [
  "Access-Control-Allow-Origin",
  "Access-Control-Allow-Credentials",
  "Access-Control-Allow-Headers",
  "Access-Control-Allow-Methods",
  "Access-Control-Expose-Headers",
  "Access-Control-Max-Age",
] as const;

/** Value of Access-Control-Allow-Methods for a route. */
export function allowMethods(methods: readonly HttpMethod[]): string {
  return [...methods, "OPTIONS"].join(", ");
}
