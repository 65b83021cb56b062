import { HealthCheck } from "../workload/health-check";
import { type GatewayRoute, isPrefix } from "./gateway-route";

/**
 * Healthy when it refuses a request without a token: then configuration, routes and the check of tokens work. Keycloak
 * and James have checks of their own. Without an `oidc` route that takes GET: when it answers 404 to an unknown path.
 *
 * @param host that it must be asked for. @default any
 */
export function gatewayHealthCheck(
  port: number,
  routes: readonly GatewayRoute[],
  host?: string,
): HealthCheck {
  const named = host === undefined ? {} : { host: `${host}:${port}` };
  const protectedRoute = routes.find(
    ({ authentication, methods, path }) =>
      authentication === "oidc" && methods.includes("GET") && !isPrefix(path),
  );
  return protectedRoute
    ? HealthCheck.http(port, protectedRoute.path, { ...named, status: 401 })
    : HealthCheck.http(port, "/kit-no-such-route", { ...named, status: 404 });
}
