import type { Secret } from "../../../workload/secret";
import type { ConfigMap } from "../../values/apisix-value";
import type { PluginOptions } from "../plugin/plugin";

/** What limit-req, limit-count and limit-conn have in common. */
export interface LimitOptions extends PluginOptions {
  /** What `key` is: a variable, or a text with several of them. @default "var" */
  readonly keyType?: "var" | "var_combination";
  /** Status of a refused request, 200 to 599. @default 503 */
  readonly rejectedCode?: number;
  /** Body of a refused request. @default none */
  readonly rejectedMsg?: string;
  /** Lets requests through when the plugin itself fails. @default false */
  readonly allowDegradation?: boolean;
  /** Counts for several gateways together; limit-req and limit-conn from APISIX 3.9 on. @default each by itself */
  readonly redis?: LimitRedis;
}

export interface LimitRedis {
  readonly host: string;
  /** @default 6379 */
  readonly port?: number;
  /** Not for limit-count before APISIX 3.3. @default none */
  readonly username?: string;
  /** @default none */
  readonly password?: Secret;
  /** @default 0 */
  readonly database?: number;
  /** @default 1000 */
  readonly timeoutMilliseconds?: number;
  /** @default false */
  readonly ssl?: boolean;
  /** @default false */
  readonly sslVerify?: boolean;
}

export function countersIn(redis: LimitRedis | undefined): ConfigMap {
  if (!redis) return {};
  return {
    policy: "redis",
    redis_host: redis.host,
    redis_port: redis.port,
    redis_username: redis.username,
    redis_password: redis.password,
    redis_database: redis.database,
    redis_timeout: redis.timeoutMilliseconds,
    redis_ssl: redis.ssl,
    redis_ssl_verify: redis.sslVerify,
  };
}
