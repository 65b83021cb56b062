import { type ConfigMap, snakeCase } from "../../values/apisix-value";
import type { PluginOptions } from "../plugin/plugin";

/** Options of serverless-pre-function and serverless-post-function. */
export interface ServerlessOptions extends PluginOptions {
  /** Each `return function(conf, ctx) … end`, in Lua 5.1. Give values as data elsewhere, do not paste them in. */
  readonly functions: readonly string[];
  /** @default "access" */
  readonly phase?: "rewrite" | "access" | "header_filter" | "body_filter" | "log" | "before_proxy";
}

export function serverlessConfig({ meta: _, ...options }: ServerlessOptions): ConfigMap {
  return snakeCase(options);
}
