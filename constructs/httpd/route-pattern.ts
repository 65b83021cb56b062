import { type GatewayRoute, isPrefix, pathStem } from "../gateway/gateway-route";
import { regexLiteral } from "./syntax";

/** In the path of a request line, not in its query. mod_rewrite reads its arguments by rules of its own: no escapes. */
export const dotSegment = String.raw`^\S+ [^?\s]*(?:/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:/|\\|%2f|%5c|[?;\s])`;

/**
 * A regular expression for the paths of a route. It leaves out the paths of more specific routes: no path matches two
 * patterns, whatever their order.
 */
export function routePattern(path: string, others: readonly string[]): string {
  const stem = pathStem(path);
  if (!isPrefix(path)) return `^${regexLiteral(stem)}$`;
  const specific = others
    .filter((other) => other !== path && pathStem(other).startsWith(stem))
    .map((other) => `${regexLiteral(pathStem(other).slice(stem.length))}${isPrefix(other) ? "" : "$"}`);
  const exclusion = specific.length > 0 ? `(?!${specific.join("|")})` : "";
  return `^${regexLiteral(stem)}${exclusion}`;
}

export interface PatternedRoute {
  readonly route: GatewayRoute;
  readonly pattern: string;
}

/** Every route with its pattern. */
export function withPatterns(routes: readonly GatewayRoute[]): PatternedRoute[] {
  const paths = routes.map(({ path }) => path);
  const prefixes = paths.some(isPrefix);
  return routes.map((route) => ({ route, pattern: routePattern(route.path, prefixes ? paths : []) }));
}
