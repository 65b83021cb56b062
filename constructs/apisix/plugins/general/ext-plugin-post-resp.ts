import { Plugin } from "../plugin/plugin";
import { type ExtPluginOptions, extPluginConfig } from "./ext-plugin";

/** Asks a plugin runner about answers of the upstream. https://apisix.apache.org/docs/apisix/plugins/ext-plugin-post-resp/ */
export function extPluginPostResp(options: ExtPluginOptions): Plugin {
  return new Plugin("ext-plugin-post-resp", extPluginConfig(options), options.meta);
}
