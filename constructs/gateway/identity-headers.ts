import { type GatewayRoute, isForward } from "./gateway-route";

/** Set by the gateway on `oidc` routes: the user of the verified token. */
export const userHeader = "X-User";

/**
 * Headers by which an upstream may learn who asks, or where it is reached. None is ever taken from a client, on any
 * route or method, and none reaches a client. James reads the first two and the last two; the others are what APISIX's
 * openid-connect sets.
 */
export const identityHeaders = [
  userHeader,
  "X-User-Secret",
  "X-Userinfo",
  "X-Access-Token",
  "X-ID-Token",
  "X-Refresh-Token",
  "X-Raw-ID-Token",
  "X-JMAP-PREFIX",
  "X-JMAP-WEBSOCKET-PREFIX",
] as const;

/** Set by the gateway on every request to an upstream: the address that the client connected from. */
export const clientAddressHeader = "X-Real-IP";

/** Headers by which a client could name another address or host than its own. What an upstream sees of them is the gateway's. */
const addressHeaders = [
  clientAddressHeader,
  "Forwarded",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Forwarded-Proto",
  "X-Forwarded-Server",
  "X-Client-IP",
  "True-Client-IP",
  "Proxy",
];

/** The headers that a client cannot send to any route: of identity, of addresses, and whatever some route sets. */
export function strippedHeaders(routes: readonly GatewayRoute[]): string[] {
  const set = routes.flatMap(({ target }) =>
    isForward(target) ? Object.keys(target.requestHeaders ?? {}) : [],
  );
  const byName = new Map(
    [...identityHeaders, ...addressHeaders, ...set].map((name) => [name.toLowerCase(), name]),
  );
  return [...byName.values()];
}
