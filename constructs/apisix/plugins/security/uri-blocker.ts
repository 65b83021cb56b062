import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of uri-blocker. https://apisix.apache.org/docs/apisix/plugins/uri-blocker/ */
export interface UriBlockerOptions extends PluginOptions {
  /** Expressions of paths, with their queries, that are refused. */
  readonly blockRules: readonly string[];
  /** 200 or more. @default 403 */
  readonly rejectedCode?: number;
  /** @default none */
  readonly rejectedMsg?: string;
  /** @default false */
  readonly caseInsensitive?: boolean;
}

/** Refuses requests by their path. */
export function uriBlocker({ meta, ...options }: UriBlockerOptions): Plugin {
  return new Plugin("uri-blocker", snakeCase(options), meta);
}
