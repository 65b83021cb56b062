import { snakeCase } from "../../values/apisix-value";
import { Plugin } from "../plugin/plugin";
import { countersIn, type LimitOptions } from "./limit-counters";

/** Options of limit-conn. https://apisix.apache.org/docs/apisix/plugins/limit-conn/ */
export interface LimitConnOptions extends LimitOptions {
  /** Requests at a time. */
  readonly conn: number;
  /** Requests at a time beyond `conn` that are slowed down; further ones are refused. */
  readonly burst: number;
  /** How long a request takes, as the first guess, in seconds. */
  readonly defaultConnDelaySeconds: number;
  /** Whose requests are counted together, as `remote_addr`. */
  readonly key: string;
  /** Keeps to the first guess. @default false */
  readonly onlyUseDefaultDelay?: boolean;
}

/** Limits requests at a time. */
export function limitConn({ meta, redis, defaultConnDelaySeconds, ...options }: LimitConnOptions): Plugin {
  return new Plugin(
    "limit-conn",
    { ...snakeCase(options), default_conn_delay: defaultConnDelaySeconds, ...countersIn(redis) },
    meta,
  );
}
