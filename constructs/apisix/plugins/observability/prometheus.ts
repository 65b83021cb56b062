import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of prometheus. https://apisix.apache.org/docs/apisix/plugins/prometheus/ */
export interface PrometheusOptions extends PluginOptions {
  /** Names of routes and services in the metrics, not their ids. @default false */
  readonly preferName?: boolean;
}

/** Counts requests; the metrics are exported on a port of their own. */
export function prometheus({ meta, ...options }: PrometheusOptions = {}): Plugin {
  return new Plugin("prometheus", snakeCase(options), meta);
}
