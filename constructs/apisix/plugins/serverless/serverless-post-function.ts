import { Plugin } from "../plugin/plugin";
import { type ServerlessOptions, serverlessConfig } from "./serverless";

/** Lua functions that run after the other plugins of their phase. https://apisix.apache.org/docs/apisix/plugins/serverless/ */
export function serverlessPostFunction(options: ServerlessOptions): Plugin {
  return new Plugin("serverless-post-function", serverlessConfig(options), options.meta);
}
