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

/** The headers that a client cannot send to any route: the identity headers and whatever some route sets. */
export function strippedHeaders(routes: readonly GatewayRoute[]): string[] {
  const set = routes.flatMap(({ target }) =>
    isForward(target) ? Object.keys(target.requestHeaders ?? {}) : [],
  );
  const byName = new Map([...identityHeaders, ...set].map((name) => [name.toLowerCase(), name]));
  return [...byName.values()];
}
