import type { Json, JsonObject } from "../../../../kit/json";
import { pluginProblems } from "../../plugins/plugin-rules";
import { type ObjectList, objectLists } from "../../schema/facts";
import { type SchemaName, schemaProblems } from "../../schema/validate";
import { expressionProblems } from "../../values/apisix-expression";
import type { ApisixProblem, ConfigMap, ConfigValue } from "../../values/apisix-value";
import { luaProblem } from "../../values/lua-code";
import {
  asList,
  asMap,
  asText,
  type Configuration,
  type Entry,
  type PluginUse,
  pluginConfig,
} from "../configuration/configuration";
import { at, type Found, type Key, keysOf } from "../configuration/finding";

/** Objects that APISIX drops. */
export function objectFindings(configuration: Configuration): Found[] {
  return [
    ...configuration.entries.flatMap((entry) => [
      ...schemaFindings(entry, schemaOfObject(entry), entry.value, [], configuration),
      ...pluginsWithoutMap(entry),
      ...codeFindings(entry),
    ]),
    ...configuration.pluginUses.flatMap((use) => pluginFindings(use, configuration)),
    ...duplicateIds(configuration),
  ];
}

/** What happens when an object is missing. */
export const whenMissing: Readonly<Record<ObjectList, string>> = {
  routes: "its requests get 404, or fall to another route",
  services: "requests to its routes get 404",
  upstreams: "requests that go to it get 502 or 503",
  plugin_configs: "requests to the routes that use it get 503",
  global_rules: "requests go on without it",
  consumers: "nobody can prove to be it",
  consumer_groups: "requests of its consumers get 503",
  ssls: "TLS connections to its names fail",
  protos: "requests to the routes that use it are not translated",
  stream_routes: "its connections are closed",
};

/** What happens when APISIX drops an object. */
export function droppedFor({ list }: Entry): string {
  const then = whenMissing[list as ObjectList] ?? "nothing of it is there";
  return `APISIX drops the whole ${nounOf(list)}, with a line in its log: ${then}`;
}

export function nounOf(list: string): string {
  return list.replace(/s$/, "").replaceAll("_", " ");
}

function schemaOfObject({ list, id = "" }: Entry): SchemaName | undefined {
  if (list === "plugin_metadata") return { plugin: id, of: "metadata" };
  return list === "consumers" && id.includes("/credentials/")
    ? "credential"
    : objectLists[list as ObjectList];
}

function schemaFindings(
  entry: Entry,
  schema: SchemaName | undefined,
  value: Json,
  inside: readonly Key[],
  { apisix }: Configuration,
): Found[] {
  // To libyaml's binding, nothing is an empty map.
  const read = apisix.yamlReader === "libyaml" ? withoutNulls(value) : value;
  const problems = schema === undefined ? [] : schemaProblems(schema, read, apisix.version);
  return problems.flatMap(({ path, message }): Found[] => {
    const keys = keysOf(value, path);
    // What the environment puts there is not known.
    if (asText(valueAt(value, keys))?.includes("${{")) return [];
    const fix = "Correct the value, or the indentation that makes it an option of this";
    const place = at(entry, ...inside, ...keys);
    return [{ severity: "error", at: place, what: message, why: droppedFor(entry), fix }];
  });
}

function pluginsWithoutMap(entry: Entry): Found[] {
  return Object.entries(asMap(entry.value.plugins) ?? {})
    .filter(([, config]) => pluginConfig(config) === undefined)
    .map(([name]) => ({
      severity: "error",
      at: at(entry, "plugins", name),
      what: "a plugin's configuration must be a map",
      why: droppedFor(entry),
      fix: "Write its options below it",
    }));
}

function pluginFindings(
  { name, config, holder, disabled }: PluginUse,
  configuration: Configuration,
): Found[] {
  const { apisix } = configuration;
  // Plugins of streams are others.
  if (holder.list === "stream_routes") return [];
  const path = ["plugins", name];
  const isCredential = holder.list === "consumers";
  const problems = pluginProblems(name, config as ConfigMap, apisix, isCredential);
  if (disabled && apisix.sparesDisabledPlugins) {
    const common = problems.filter(({ at: place }) => place.startsWith("_meta."));
    return problemFindings(common, holder, config, path);
  }
  const schema: SchemaName = { plugin: name, of: isCredential ? "consumer" : "route" };
  return [
    ...schemaFindings(holder, schema, asOpenidReads(name, config), path, configuration),
    ...innerPlugins(name, config).flatMap((inner) =>
      schemaFindings(holder, { plugin: inner.name }, inner.config, [...path, ...inner.path], configuration),
    ),
    ...problemFindings(problems, holder, config, path),
  ];
}

/** openid-connect still reads the "no" of its first releases as false. */
function asOpenidReads(plugin: string, config: JsonObject): JsonObject {
  return plugin === "openid-connect" && config.ssl_verify === "no"
    ? { ...config, ssl_verify: false }
    : config;
}

/** Plugins that another one uses, with their configuration. */
function innerPlugins(
  name: string,
  { auth_plugins: choices, rules }: JsonObject,
): { readonly name: string; readonly config: JsonObject; readonly path: readonly Key[] }[] {
  if (name === "multi-auth") {
    return (asList(choices) ?? []).flatMap((choice, index) =>
      Object.entries(asMap(choice) ?? {}).flatMap(([inner, value]) => {
        const config = pluginConfig(value);
        return config ? [{ name: inner, config, path: ["auth_plugins", index, inner] }] : [];
      }),
    );
  }
  if (name !== "workflow") return [];
  return (asList(rules) ?? []).flatMap((rule, index) =>
    (asList(asMap(rule)?.actions) ?? []).flatMap((action, place) => {
      const [inner, options] = asList(action) ?? [];
      const config = pluginConfig(options);
      return typeof inner === "string" && inner.startsWith("limit-") && config
        ? [{ name: inner, config, path: ["rules", index, "actions", place, 1] }]
        : [];
    }),
  );
}

/** @param inside where the paths of the problems begin */
function problemFindings(
  problems: readonly ApisixProblem[],
  entry: Entry,
  value: Json,
  inside: readonly Key[],
): Found[] {
  return problems
    .filter(({ got }) => !JSON.stringify(got ?? "").includes("${{"))
    .map(({ at: path, what, fix = "Correct the value", refused = false, why }) => ({
      severity: refused ? "error" : "warning",
      at: at(entry, ...inside, ...keysOf(value, path)),
      what,
      why: why ?? (refused ? droppedFor(entry) : "APISIX takes it, and does otherwise than it says"),
      fix,
    }));
}

/** Expressions and Lua of routes and services that do not compile. */
function codeFindings(entry: Entry): Found[] {
  const { list, value } = entry;
  if (list !== "routes" && list !== "services") return [];
  const { vars, filter_func: filter, script } = value;
  const lua = (option: string, code: Json | undefined, prefix: string, why: string): Found[] => {
    const text = asText(code);
    const what = text === undefined || text.includes("${{") ? undefined : luaProblem(`${prefix}${text}`);
    return what === undefined
      ? []
      : [{ severity: "error", at: at(entry, option), what, why, fix: "Correct the program" }];
  };
  return [
    ...problemFindings(expressionProblems(vars as ConfigValue, "vars"), entry, value, []),
    ...lua("filter_func", filter, "return ", droppedFor(entry)),
    ...lua("script", script, "", "every request gets 500"),
  ];
}

function duplicateIds({ entries, apisix }: Configuration): Found[] {
  const first = new Map<string, Entry>();
  return entries.flatMap((entry): Found[] => {
    if (entry.id === undefined) return [];
    const key = `${entry.list} ${entry.id}`;
    const other = first.get(key);
    if (!other) first.set(key, entry);
    return other
      ? [
          {
            severity: "error",
            at: at(entry, entry.value.id === undefined ? "username" : "id"),
            what: `${other.name} has the same id`,
            why:
              apisix.yamlReader === "libyaml"
                ? "only the last of them is left"
                : "references find the last of them only, and both are in force otherwise",
            fix: "Give one of them another id, or remove it",
          },
        ]
      : [];
  });
}

function withoutNulls(value: Json): Json {
  if (value === null) return {};
  const items = asList(value);
  if (items) return items.map(withoutNulls);
  const map = asMap(value);
  return map
    ? Object.fromEntries(Object.entries(map).map(([key, inner]) => [key, withoutNulls(inner)]))
    : value;
}

function valueAt(value: Json | undefined, keys: readonly Key[]): Json | undefined {
  return keys.reduce<Json | undefined>(
    (inner, key) => asList(inner)?.[Number(key)] ?? asMap(inner)?.[key],
    value,
  );
}
