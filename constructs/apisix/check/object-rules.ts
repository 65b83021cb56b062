import type { Json } from "../../json";
import { pluginProblems } from "../plugin-rules";
import { type ObjectList, objectLists } from "../schema/facts";
import { schemaProblems } from "../schema/validate";
import {
  asList,
  asMap,
  asText,
  type Configuration,
  type Entry,
  otherKeys,
  pluginConfig,
} from "./configuration";
import { at, type Found, type Key, keysOf } from "./finding";

/** Objects that APISIX drops or never looks at, and references that lead nowhere. */
export function objectFindings(configuration: Configuration): Found[] {
  return [
    ...topFindings(configuration),
    ...schemaFindings(configuration),
    ...duplicateIds(configuration),
    ...danglingReferences(configuration),
  ];
}

/** What follows when an object is not there. */
const withoutIt: Readonly<Record<ObjectList, string>> = {
  routes: "its requests get 404, or fall to another route",
  services: "requests to its routes get 404",
  upstreams: "requests that go to it get 502 or 503",
  plugin_configs: "requests to the routes that use it get 503",
  global_rules: "requests go on without it",
};

/** What follows when APISIX does not take an object. */
export function droppedFor({ list }: Entry): string {
  const then = withoutIt[list as ObjectList] ?? "nothing of it is there";
  return `APISIX drops the whole ${nounOf(list)}, with a line in its log: ${then}`;
}

function topFindings({ top, isMap }: Configuration): Found[] {
  const known = [...Object.keys(objectLists), ...otherKeys];
  if (!isMap) {
    const fix = `Begin with one of ${known.join(", ")}`;
    return [
      {
        severity: "error",
        at: at(undefined),
        what: "it is not a map",
        why: "APISIX finds nothing in it",
        fix,
      },
    ];
  }
  return Object.entries(top).flatMap(([key, value]): Found[] => {
    const found = { severity: "error", at: at(undefined, key) } as const;
    if (!known.includes(key)) {
      const fix = `Use one of ${known.join(", ")}`;
      return [{ ...found, what: `unknown key \`${key}\``, why: "APISIX never looks at it", fix }];
    }
    if (value === null) return [];
    const items = asList(value);
    if (!items) {
      const fix = "Begin each object with `-`";
      return [{ ...found, what: `\`${key}\` is not a list`, why: "APISIX finds no object in it", fix }];
    }
    return items.flatMap((item, index) =>
      asMap(item)
        ? []
        : [
            {
              ...found,
              at: at(undefined, key, index),
              what: "it is not a map",
              why: "APISIX drops it, with a line in its log",
              fix: "Write the object's options below the `-`",
            },
          ],
    );
  });
}

function schemaFindings({ entries, pluginUses, apisix }: Configuration): Found[] {
  const { version } = apisix;
  const found = (entry: Entry, inside: readonly Key[], value: Json, path: string, what: string): Found[] => {
    const keys = keysOf(value, path);
    // What the environment puts there is not known.
    if (asText(valueAt(value, keys))?.includes("${{")) return [];
    const fix = "Correct the value, or the indentation that makes it an option of this";
    return [{ severity: "error", at: at(entry, ...inside, ...keys), what, why: droppedFor(entry), fix }];
  };
  return [
    ...entries.flatMap((entry) => {
      const kind = objectLists[entry.list as ObjectList];
      const problems = kind ? schemaProblems(kind, entry.value, version) : [];
      return problems.flatMap(({ path, message }) => found(entry, [], entry.value, path, message));
    }),
    ...entries.flatMap((entry) =>
      Object.entries(asMap(entry.value.plugins) ?? {})
        .filter(([, config]) => pluginConfig(config) === undefined)
        .map(
          ([name]): Found => ({
            severity: "error",
            at: at(entry, "plugins", name),
            what: "a plugin's configuration must be a map",
            why: droppedFor(entry),
            fix: "Write its options below it",
          }),
        ),
    ),
    ...pluginUses
      .filter(({ holder }) => Object.hasOwn(objectLists, holder.list))
      .flatMap(({ name, config, holder }) =>
        schemaProblems({ plugin: name }, config, version).flatMap(({ path, message }) =>
          found(holder, ["plugins", name], config, path, message),
        ),
      ),
    ...pluginUses.flatMap((use) => beyondSchemas(use, apisix)),
  ];
}

function beyondSchemas(
  { name, config, holder }: Configuration["pluginUses"][number],
  apisix: Configuration["apisix"],
): Found[] {
  const problems = pluginProblems(name, config as Parameters<typeof pluginProblems>[1], apisix);
  return problems
    .filter(({ got }) => !String(got).includes("${{"))
    .map(({ at: path, what, fix }) => ({
      severity: "warning",
      at: at(holder, "plugins", name, ...keysOf(config, path)),
      what,
      why: "APISIX does otherwise than it says, or drops what holds it",
      fix: fix ?? "Correct the value",
    }));
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
            at: at(entry, "id"),
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

const references: Readonly<Record<string, ObjectList>> = {
  plugin_config_id: "plugin_configs",
  service_id: "services",
  upstream_id: "upstreams",
};

function danglingReferences(configuration: Configuration): Found[] {
  return [...configuration.list("routes"), ...configuration.list("services")].flatMap((entry) =>
    Object.entries(references).flatMap(([option, list]): Found[] => {
      const id = entry.value[option];
      if (id === undefined || id === null || configuration.find(list, id)) return [];
      return [
        {
          severity: "error",
          at: at(entry, option),
          what: `there is no ${nounOf(list)} \`${id}\``,
          why: `APISIX looks for it at each request, and finds nothing: ${withoutIt[list]}`,
          fix: `Add it to ${list}, or correct the id`,
        },
      ];
    }),
  );
}

function nounOf(list: string): string {
  return list.replace(/s$/, "").replaceAll("_", " ");
}

function valueAt(value: Json | undefined, keys: readonly Key[]): Json | undefined {
  return keys.reduce<Json | undefined>(
    (inner, key) => asList(inner)?.[Number(key)] ?? asMap(inner)?.[key],
    value,
  );
}
