import { Plugin } from "../plugin/plugin";
import { type ExtPluginOptions, extPluginConfig } from "./ext-plugin";

/** Asks a plugin runner after the plugins written in Lua. https://apisix.apache.org/docs/apisix/plugins/ext-plugin-post-req/ */
export function extPluginPostReq(options: ExtPluginOptions): Plugin {
  return new Plugin("ext-plugin-post-req", extPluginConfig(options), options.meta);
}
