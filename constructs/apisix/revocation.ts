/**
 * How the gateway learns that a token was revoked.
 *
 * - `redis`: tokens are verified here, by the realm's keys; Keycloak tells of each logout over the back channel, and
 *   the session's id is kept in Redis. Keycloak may be away; without Redis no token is taken.
 * - `introspection`: Keycloak is asked about each token.
 * - `linagora-java-plugin`: the reference example's image and its Java plugin, which asks Redis, or its own memory.
 */
export type Revocation = "redis" | "introspection" | "linagora-java-plugin";

/** Path where Keycloak tells of logouts, as in the reference example. */
export const backchannelLogoutPath = "/add-revoked-token";

/** Port on which the Java plugin hears of logouts itself, when it keeps them in its memory; it is not published. */
const javaPluginPort = 8081;

/**
 * Where Keycloak must send the logouts of every client whose tokens a gateway takes; undefined where it asks instead.
 * For the Java plugin with a Redis the gateway hears of logouts, since it verifies them, which the plugin does not.
 */
export function backchannelLogoutUrl(
  gateway: { readonly host: string; readonly port: number; readonly redis?: unknown },
  revocation: Revocation,
): string | undefined {
  if (revocation === "introspection") return undefined;
  const port = gateway.redis ? gateway.port : javaPluginPort;
  return `http://${gateway.host}:${port}${backchannelLogoutPath}`;
}
