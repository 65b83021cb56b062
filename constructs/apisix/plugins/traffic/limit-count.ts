import { snakeCase } from "../../values/apisix-value";
import { Plugin } from "../plugin/plugin";
import { countersIn, type LimitOptions } from "./limit-counters";

/** Options of limit-count. https://apisix.apache.org/docs/apisix/plugins/limit-count/ */
export interface LimitCountOptions extends Omit<LimitOptions, "keyType"> {
  /** Requests in a window. */
  readonly count: number;
  readonly timeWindowSeconds: number;
  /** Whose requests are counted together. @default "remote_addr" */
  readonly key?: string;
  /** What `key` is: a variable, a text with several of them, or a text that is the same for all. @default "var" */
  readonly keyType?: "var" | "var_combination" | "constant";
  /** Routes with the same group count together; all its options must be the same. @default each by itself */
  readonly group?: string;
  /** Tells clients limit and rest, in `X-RateLimit-…`. @default true */
  readonly showLimitQuotaHeader?: boolean;
}

/** Limits requests in a window of time. */
export function limitCount({ meta, redis, timeWindowSeconds, ...options }: LimitCountOptions): Plugin {
  return new Plugin(
    "limit-count",
    { ...snakeCase(options), time_window: timeWindowSeconds, ...countersIn(redis) },
    meta,
  );
}
