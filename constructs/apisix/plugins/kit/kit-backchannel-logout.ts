import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { type EndedSessions, endedSessionsConfig } from "./ended-sessions";

/** Options of the kit's own kit-backchannel-logout (lua/apisix/plugins/kit-backchannel-logout.lua). */
export interface KitBackchannelLogoutOptions extends PluginOptions, EndedSessions {
  /** What `iss` must be. */
  readonly issuer: string;
  /** URL of the discovery document, for the keys. */
  readonly discovery: string;
  /** Clients whose logouts are taken: one must be in `aud`. */
  readonly clients: readonly string[];
  /** Keeps sessions by their ids alone, for the Java plugin of the reference example. @default false */
  readonly bareKeys?: boolean;
  /** Oldest logout token, and the longest that one may be good for, in seconds. @default 120 */
  readonly maxAgeSeconds?: number;
  /** Seconds by which clocks may differ. @default 10 */
  readonly clockSkewSeconds?: number;
  /** Longest wait for the identity provider, in seconds. @default 3 */
  readonly timeoutSeconds?: number;
  /** Verifies its certificate. @default true */
  readonly sslVerify?: boolean;
}

/** Takes logout tokens (OpenID Connect Back-Channel Logout 1.0) and remembers their sessions as ended. No upstream. */
export function kitBackchannelLogout(options: KitBackchannelLogoutOptions): Plugin {
  const {
    meta,
    redis,
    keyPrefix,
    rememberSeconds,
    maxAgeSeconds,
    clockSkewSeconds,
    timeoutSeconds,
    ...same
  } = options;
  return new Plugin(
    "kit-backchannel-logout",
    {
      ...snakeCase(same),
      ...endedSessionsConfig({
        redis,
        ...(keyPrefix !== undefined && { keyPrefix }),
        ...(rememberSeconds !== undefined && { rememberSeconds }),
      }),
      max_age: maxAgeSeconds,
      clock_skew: clockSkewSeconds,
      timeout: timeoutSeconds,
    },
    meta,
  );
}
