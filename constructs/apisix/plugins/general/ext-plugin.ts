import type { Secret } from "../../../workload/secret";
import { type ConfigMap, snakeCase } from "../../values/apisix-value";
import type { PluginOptions } from "../plugin/plugin";

/** Options of ext-plugin-pre-req, ext-plugin-post-req and ext-plugin-post-resp. */
export interface ExtPluginOptions extends PluginOptions {
  /** Filters of the plugin runner, in their order. @default none */
  readonly conf?: readonly { readonly name: string; readonly value: string | Secret }[];
  /** Lets requests through when the plugin runner fails. @default false */
  readonly allowDegradation?: boolean;
}

export function extPluginConfig({ meta: _, conf, ...options }: ExtPluginOptions): ConfigMap {
  return { conf: conf?.map(({ name, value }) => ({ name, value })), ...snakeCase(options) };
}
