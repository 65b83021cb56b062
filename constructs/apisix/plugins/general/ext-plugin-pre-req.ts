import { Plugin } from "../plugin/plugin";
import { type ExtPluginOptions, extPluginConfig } from "./ext-plugin";

/** Asks a plugin runner before the plugins written in Lua. https://apisix.apache.org/docs/apisix/plugins/ext-plugin-pre-req/ */
export function extPluginPreReq(options: ExtPluginOptions): Plugin {
  return new Plugin("ext-plugin-pre-req", extPluginConfig(options), options.meta);
}
