import type { Secret } from "../../container/secret";
import type { ConfigMap } from "../apisix-value";

/** Where sessions that ended are kept. */
export interface EndedSessions {
  readonly redis: {
    readonly host: string;
    /** @default 6379 */
    readonly port?: number;
    /** @default none */
    readonly password?: Secret;
    /** @default 0 */
    readonly database?: number;
    /** Longest wait for each answer. @default 1000 */
    readonly timeoutMilliseconds?: number;
  };
  /** What a key starts with, before the session's id. @default "" */
  readonly keyPrefix?: string;
}

export function endedSessionsConfig({ redis, keyPrefix }: EndedSessions): ConfigMap {
  const { timeoutMilliseconds, ...same } = redis;
  return { redis: { ...same, timeout_ms: timeoutMilliseconds }, key_prefix: keyPrefix };
}
