import type { Secret } from "../../../workload/secret";
import type { ConfigMap } from "../../values/apisix-value";

/** Where sessions that ended are kept. */
export interface EndedSessions {
  readonly redis: {
    readonly host: string;
    /** @default 6379 */
    readonly port?: number;
    /** Whether by TLS: the certificate must be the host's, and of an authority that nginx trusts. @default false */
    readonly tls?: boolean;
    /** @default Redis's default user */
    readonly username?: string;
    /** @default none */
    readonly password?: Secret;
    /** @default 0 */
    readonly database?: number;
    /** Longest wait for an answer, connection included; 50 when the last one did not come. @default 1000 */
    readonly timeoutMilliseconds?: number;
  };
  /** Before a session's id, to tell realms apart. @default "" */
  readonly keyPrefix?: string;
  /**
   * Seconds that a session is remembered: about tokens that were issued longer ago the realm is asked. The same in
   * `kitBearer` and `kitBackchannelLogout`.
   *
   * @default 3600
   */
  readonly rememberSeconds?: number;
}

export function endedSessionsConfig({ redis, keyPrefix, rememberSeconds }: EndedSessions): ConfigMap {
  const { timeoutMilliseconds, ...same } = redis;
  return {
    redis: { ...same, timeout_ms: timeoutMilliseconds },
    key_prefix: keyPrefix,
    remember: rememberSeconds,
  };
}
