import { snakeCase } from "../../values/apisix-value";
import { Plugin } from "../plugin/plugin";
import { countersIn, type LimitOptions } from "./limit-counters";

/** Options of limit-req. https://apisix.apache.org/docs/apisix/plugins/limit-req/ */
export interface LimitReqOptions extends LimitOptions {
  /** Requests a second. */
  readonly rate: number;
  /** Requests a second beyond `rate` that are slowed down; further ones are refused. */
  readonly burst: number;
  /** Whose requests are counted together, as `remote_addr`. */
  readonly key: string;
  /** Does not slow requests down within `burst`. @default false */
  readonly nodelay?: boolean;
}

/** Limits requests a second, by a leaky bucket. */
export function limitReq({ meta, redis, ...options }: LimitReqOptions): Plugin {
  return new Plugin("limit-req", { ...snakeCase(options), ...countersIn(redis) }, meta);
}
