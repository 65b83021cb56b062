import type { HttpMethod } from "./gateway-route";

/**
 * Cross-origin access, decided once for every gateway.
 *
 * A browser's preflight (OPTIONS without credentials) must be answered without authentication, and nothing else must.
 * So the gateway answers OPTIONS itself on every path that a route has, with 204 and the headers below: no OPTIONS
 * request reaches an upstream, hence none can carry a forged identity there, and it tells no more than which methods
 * a path has. Paths without a route answer 404 to OPTIONS too.
 *
 * Any origin is allowed, as James does: tokens travel in a header that a foreign page cannot make a browser add, and
 * `*` rules out cookies. The gateway's own answers carry the header as well, so that a web client can see a 401.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export const cors = {
  allowOrigin: "*",
  allowHeaders: ["Authorization", "Content-Type", "Accept"],
  /** Seconds that a browser may keep the answer. */
  maxAge: 86_400,
} as const;

/** Value of Access-Control-Allow-Methods for a route. */
export function allowMethods(methods: readonly HttpMethod[]): string {
  return [...methods, "OPTIONS"].join(", ");
}
