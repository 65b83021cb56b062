import type { ApisixCapabilities } from "../../schema/capabilities";
import type { Expression } from "../../values/apisix-expression";
import type { ConfigMap } from "../../values/apisix-value";

/** What holds for every plugin. https://apisix.apache.org/docs/apisix/terminology/plugin/#plugin-common-configuration */
export interface PluginMeta {
  /** Switches the plugin off, and the one of the same name that it replaces. @default false */
  readonly disable?: boolean;
  /** Order among the plugins of a request: the highest comes first. @default the plugin's own */
  readonly priority?: number;
  /** The plugin works on requests for which this holds. @default every one */
  readonly filter?: Expression;
  /** Body in place of the plugin's own when it refuses a request. @default the plugin's own */
  readonly errorResponse?: string | ConfigMap;
}

/** An option of every plugin. */
export interface PluginOptions {
  /** @default the plugin's own order, on every request */
  readonly meta?: PluginMeta;
}

/** A plugin with its configuration, to be given to a route, service, plugin config or global rule. */
export class Plugin {
  readonly #config: ConfigMap | ((apisix: ApisixCapabilities) => ConfigMap);

  /** @param config under APISIX's names; a function where they depend on the release */
  constructor(
    readonly name: string,
    config: ConfigMap | ((apisix: ApisixCapabilities) => ConfigMap),
    readonly meta: PluginMeta = {},
  ) {
    this.#config = config;
  }

  /**
   * A plugin that has no type here.
   *
   * @param config as in APISIX's documentation; passed on as it is, and checked where the kit knows the plugin's schema
   */
  static custom(name: string, config: ConfigMap, meta?: PluginMeta): Plugin {
    return new Plugin(name, config, meta);
  }

  /** Its configuration for a release, as APISIX reads it. */
  config(apisix: ApisixCapabilities): ConfigMap {
    const config = typeof this.#config === "function" ? this.#config(apisix) : this.#config;
    const { disable, priority, filter, errorResponse } = this.meta;
    const meta = { disable, priority, filter, error_response: errorResponse };
    return Object.values(meta).some((value) => value !== undefined) ? { ...config, _meta: meta } : config;
  }

  get disabled(): boolean {
    return this.meta.disable === true;
  }
}
