import { isObject, type Json, type JsonObject } from "../../../../kit/json";
import { type ApisixCapabilities, apisixCapabilities } from "../../schema/capabilities";
import { type ObjectList, objectLists } from "../../schema/facts";

/** The lists that APISIX reads from the file. */
export const lists: readonly string[] = [
  ...Object.keys(objectLists),
  "plugin_metadata",
  "plugins",
  "secrets",
];

/** An object of one of the lists. */
export interface Entry {
  readonly list: string;
  readonly index: number;
  readonly id: string | undefined;
  /** As `routes[5](web_known_finger)`. */
  readonly name: string;
  readonly value: JsonObject;
}

/** A plugin where it is configured. */
export interface PluginUse {
  readonly name: string;
  readonly config: JsonObject;
  readonly holder: Entry;
  /** `_meta.disable`: it is there, and does nothing. */
  readonly disabled: boolean;
}

/** A route with what it takes over, as APISIX merges it: the route's plugin, else the plugin config's, else the service's. */
export interface EffectiveRoute {
  readonly entry: Entry;
  readonly plugins: ReadonlyMap<string, PluginUse>;
  /** Plugins of the plugin config and the service that another of the same name takes the place of. */
  readonly replaced: readonly { readonly use: PluginUse; readonly by: PluginUse }[];
  /** Id of the upstream, or `its upstream` for one inside the route or service. */
  readonly upstream: string | undefined;
  /** None: every method. */
  readonly methods: readonly string[];
  readonly uris: readonly string[];
  /** None: every host. */
  readonly hosts: readonly string[];
}

/** A configuration file as it was read, right or wrong. */
export class Configuration {
  readonly apisix: ApisixCapabilities;
  /** Empty when the file is not a map. */
  readonly top: JsonObject;
  readonly isMap: boolean;
  /** Every object of every list, in the file's order. */
  readonly entries: readonly Entry[];
  /** Routes that are switched on. */
  readonly routes: readonly EffectiveRoute[];
  readonly pluginUses: readonly PluginUse[];
  /** Of the global rules. */
  readonly globalPlugins: readonly PluginUse[];
  readonly #byId: ReadonlyMap<string, Entry>;

  constructor(
    readonly text: string,
    value: Json,
    version: string,
  ) {
    this.apisix = apisixCapabilities(version);
    this.isMap = asMap(value) !== undefined;
    this.top = asMap(value) ?? {};
    this.entries = lists.flatMap((list) => entriesOf(list, this.top[list]));
    // Of two with the same id, references find the last.
    this.#byId = new Map(this.entries.map((entry) => [`${entry.list} ${entry.id}`, entry]));
    this.pluginUses = this.entries.flatMap(pluginsOf);
    this.globalPlugins = this.pluginUses.filter(({ holder }) => holder.list === "global_rules");
    this.routes = this.list("routes")
      .filter(({ value }) => value.status !== 0)
      .map((entry) => this.#effective(entry));
  }

  list(list: ObjectList): readonly Entry[] {
    return this.entries.filter((entry) => entry.list === list);
  }

  find(list: ObjectList, id: Json | undefined): Entry | undefined {
    return id === undefined ? undefined : this.#byId.get(`${list} ${id}`);
  }

  #effective(entry: Entry): EffectiveRoute {
    const { value } = entry;
    const service = this.find("services", value.service_id);
    const holders = [entry, this.find("plugin_configs", value.plugin_config_id), service];
    const plugins = new Map<string, PluginUse>();
    const replaced: { use: PluginUse; by: PluginUse }[] = [];
    for (const use of holders.flatMap((holder) => (holder ? pluginsOf(holder) : []))) {
      const by = plugins.get(use.name);
      if (by) replaced.push({ use, by });
      else plugins.set(use.name, use);
    }
    return {
      entry,
      plugins,
      replaced,
      upstream: upstreamOf(value) ?? (service && upstreamOf(service.value)),
      methods: texts(value.methods),
      uris: texts(value.uris ?? value.uri),
      hosts: texts(value.hosts ?? value.host ?? service?.value.hosts),
    };
  }
}

function entriesOf(list: string, value: Json | undefined): Entry[] {
  return (asList(value) ?? []).flatMap((item, index) => {
    const map = asMap(item);
    const named = map && list === "consumers" ? (map.id ?? map.username) : map?.id;
    const id = asText(named) ?? (typeof named === "number" ? `${named}` : undefined);
    const name = `${list}[${index}]${id === undefined ? "" : `(${id})`}`;
    return map ? [{ list, index, id, name, value: map }] : [];
  });
}

function pluginsOf(holder: Entry): PluginUse[] {
  return Object.entries(asMap(holder.value.plugins) ?? {}).flatMap(([name, value]) => {
    const config = pluginConfig(value);
    return config ? [{ name, config, holder, disabled: asMap(config._meta)?.disable === true }] : [];
  });
}

/** A plugin's configuration. To APISIX, nothing and an empty list are an empty map. */
export function pluginConfig(value: Json | undefined): JsonObject | undefined {
  return asMap(value) ?? (value === null || asList(value)?.length === 0 ? {} : undefined);
}

function upstreamOf({ upstream, upstream_id }: JsonObject): string | undefined {
  if (upstream_id !== undefined) return `${upstream_id}`;
  return upstream === undefined ? undefined : "its upstream";
}

export function asMap(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function asList(value: Json | undefined): readonly Json[] | undefined {
  return Array.isArray(value) ? (value as readonly Json[]) : undefined;
}

export function asText(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The texts of a list, or the text itself. */
export function texts(value: Json | undefined): string[] {
  return (asList(value) ?? [value]).flatMap((item) => asText(item) ?? []);
}
