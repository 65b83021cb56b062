import { Plugin } from "../plugin/plugin";
import { type ServerlessOptions, serverlessConfig } from "./serverless";

/** Lua functions that run before the other plugins of their phase. https://apisix.apache.org/docs/apisix/plugins/serverless/ */
export function serverlessPreFunction(options: ServerlessOptions): Plugin {
  return new Plugin("serverless-pre-function", serverlessConfig(options), options.meta);
}
