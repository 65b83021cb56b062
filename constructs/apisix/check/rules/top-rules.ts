import { isAlias, isNode, isScalar, isMap as isYamlMap, type Node, visit } from "yaml";
import type { Json, JsonObject } from "../../../../kit/json";
import { asList, asMap, type Configuration, lists } from "../configuration/configuration";
import { type ApisixFinding, at, type Found } from "../configuration/finding";
import type { YamlFile } from "../configuration/yaml-file";

/** What the file is when it is another one, given by mistake. */
export function wrongFile({ top }: Configuration): ApisixFinding | undefined {
  const other = otherFile(top);
  return other === undefined
    ? undefined
    : {
        severity: "error",
        where: "file",
        what: `it is ${other}`,
        why: "APISIX finds nothing in it",
        fix: `Check the file with the gateway's routes: it has some of ${lists.join(", ")} at its top`,
      };
}

/** What stands at the top of the file: lists of objects, and nothing else that APISIX looks at. */
export function topFindings({ top, isMap }: Configuration, file: YamlFile): Found[] {
  if (!isMap) {
    return [
      {
        severity: "error",
        at: at(undefined),
        what: "it is not a map",
        why: "APISIX finds nothing in it",
        fix: `Begin with one of ${lists.join(", ")}`,
      },
    ];
  }
  const anchors = anchorKeys(file);
  return Object.entries(top)
    .filter(([key]) => !key.startsWith("x-") && !anchors.has(key))
    .flatMap(([key, value]) => [...unknownKey(key), ...listFindings(key, value)]);
}

/** Of config.yaml: https://github.com/apache/apisix/blob/3.18.0/conf/config.yaml.example */
const configKeys = [
  "apisix",
  "deployment",
  "discovery",
  "etcd",
  "ext-plugin",
  "graphql",
  "nginx_config",
  "plugin_attr",
  "stream_plugins",
  "wasm",
  "xrpc",
];

/** What a file is that has no list of objects. */
function otherFile(top: JsonObject): string | undefined {
  const keys = Object.keys(top);
  const isConfig = keys.some((key) => configKeys.includes(key));
  // Both files have a list of plugins.
  if (keys.some((key) => lists.includes(key) && !(isConfig && key === "plugins"))) return undefined;
  if (isConfig) return "APISIX's config.yaml, not its apisix.yaml";
  if (keys.includes("apiVersion") && keys.includes("kind")) {
    return "a Kubernetes object, not an apisix.yaml; one may be in its data";
  }
  return keys.some((key) => !key.startsWith("x-")) ? "no apisix.yaml: it has none of its lists" : undefined;
}

function unknownKey(key: string): Found[] {
  if (lists.includes(key)) return [];
  const isConfig = configKeys.includes(key);
  return [
    {
      severity: isConfig ? "warning" : "error",
      at: at(undefined, key),
      what: isConfig ? `\`${key}\` belongs in config.yaml` : `unknown key \`${key}\``,
      why: "APISIX never looks at it here",
      fix: isConfig
        ? "Move it there"
        : `Use one of ${lists.join(", ")}, or begin the key with \`x-\` if it holds anchors`,
    },
  ];
}

function listFindings(key: string, value: Json): Found[] {
  if (!lists.includes(key) || value === null) return [];
  const found = { severity: "error", at: at(undefined, key) } as const;
  const items = asList(value);
  if (!items) {
    const fix = "Begin each object with `-`";
    return [{ ...found, what: `\`${key}\` is not a list`, why: "APISIX finds no object in it", fix }];
  }
  const others = items.flatMap((item, index) => (asMap(item) ? [] : [index]));
  if (key === "plugins" && others.length > 0) {
    const why = "APISIX drops the list, with a line in its log, and keeps the plugins of config.yaml";
    return [
      {
        ...found,
        what: "a plugin is named by a text",
        why,
        fix: "Write `- name: cors`, or leave it to config.yaml",
      },
    ];
  }
  return others.map((index) => ({
    ...found,
    at: at(undefined, key, index),
    what: "it is not a map",
    why: "APISIX drops it, with a line in its log",
    fix: "Write the object's options below the `-`",
  }));
}

/** Keys whose values hold anchors that are used elsewhere: they are there for that. */
function anchorKeys({ document }: YamlFile): ReadonlySet<string> {
  const used = new Set<Node | undefined>();
  visit(document, { Alias: (_, alias) => void used.add(alias.resolve(document)) });
  const { contents } = document;
  return new Set(
    (isYamlMap(contents) ? contents.items : []).flatMap(({ key, value }) => {
      const holds = isScalar(key) && isNode(value) && !isAlias(value) && holdsOne(value, used);
      return holds ? [String(key.value)] : [];
    }),
  );
}

function holdsOne(value: Node, wanted: ReadonlySet<Node | undefined>): boolean {
  let found = false;
  visit(value, {
    Node(_, node) {
      if (wanted.has(node)) found = true;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}
