import type { Secret } from "../../../workload/secret";
import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { type EndedSessions, endedSessionsConfig } from "./ended-sessions";

/** Options of the kit's own kit-bearer (lua/apisix/plugins/kit-bearer.lua). */
export interface KitBearerOptions extends PluginOptions {
  /** What `iss` must be. */
  readonly issuer: string;
  /** What `aud` must be, or hold. */
  readonly audience: string;
  /** Claim whose value becomes `X-User`. @default "email" */
  readonly userClaim?: string;
  /** Mail domains of which users may be, in lower case. @default any */
  readonly userDomains?: readonly string[];
  /** What `typ` must be. @default "Bearer" */
  readonly type?: string;
  /**
   * Takes a token without `typ`, too, when it has what access tokens have and no others (RFC 9068): `client_id` or a scope.
   *
   * @default false
   */
  readonly untyped?: boolean;
  /** Seconds by which a token may be too old. @default 0 */
  readonly clockSkewSeconds?: number;
  /** openid-connect's, where it verifies tokens by `useJwks`. @default none: introspection */
  readonly discovery?: string;
  /**
   * Asks the realm about each token, as this client, whether it is active (RFC 7662); an answer is trusted for
   * `intervalSeconds`. Needs `discovery`. @default nobody is asked
   */
  readonly introspection?: {
    readonly clientId: string;
    readonly clientSecret: Secret;
    readonly intervalSeconds: number;
  };
  /**
   * Refuses tokens of sessions that ended; while they cannot be asked for, everybody gets 503. About tokens of sessions
   * whose end may have been missed the realm is asked, as this client. @default none is
   */
  readonly revocation?: EndedSessions & { readonly clientId: string; readonly clientSecret: Secret };
}

/**
 * Decides about a bearer token that openid-connect, on the same route, has verified, and tells the upstream its user. With
 * `discovery` it knows a token until it expires, an hour at most: openid-connect needs to see those only for which
 * `[["kit_token", "~=", "known"]]`, as its `meta.filter`, holds.
 */
export function kitBearer({
  meta,
  clockSkewSeconds,
  introspection,
  revocation,
  ...options
}: KitBearerOptions): Plugin {
  return new Plugin(
    "kit-bearer",
    {
      ...snakeCase(options),
      clock_skew: clockSkewSeconds,
      introspection: introspection && {
        client_id: introspection.clientId,
        client_secret: introspection.clientSecret,
        interval: introspection.intervalSeconds,
      },
      revocation: revocation && {
        ...endedSessionsConfig(revocation),
        client_id: revocation.clientId,
        client_secret: revocation.clientSecret,
      },
    },
    meta,
  );
}
