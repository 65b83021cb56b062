import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../kit/package-root";

/** The lists of objects in apisix.yaml, with what APISIX's schemas call an object of each. */
export const objectLists = {
  routes: "route",
  services: "service",
  upstreams: "upstream",
  plugin_configs: "plugin_config",
  global_rules: "global_rule",
  consumers: "consumer",
  consumer_groups: "consumer_group",
  ssls: "ssl",
  protos: "proto",
  stream_routes: "stream_route",
} as const;

export type ObjectList = keyof typeof objectLists;
export type ObjectName = (typeof objectLists)[ObjectList] | "credential";

/** A part of a JSON Schema, draft 7, in the dialect of the Lua library `jsonschema`. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** What is known of an APISIX release: its own schemas, as it writes them out. */
export interface ReleaseFacts {
  readonly release: string;
  readonly main: Readonly<Partial<Record<ObjectName, Schema>>>;
  /** The plugins whose schema is known. */
  readonly plugins: Readonly<Record<string, PluginFacts>>;
  /** Every plugin that it brings along, those which are off by default included. */
  readonly pluginNames: readonly string[];
}

export interface PluginFacts {
  readonly priority: number;
  readonly schema: Schema;
  /** Of what a consumer has of it. @default the same */
  readonly consumer_schema?: Schema;
  /** Of its entry in `plugin_metadata`. @default it has none */
  readonly metadata_schema?: Schema;
}

const read = new Map<string, ReleaseFacts>();

/** The facts of the nearest release that the kit has them of. @param version as `3.2.1` */
export function releaseFacts(version: string): ReleaseFacts {
  const release = /^3\.[0-2](\.|$)/.test(version) ? "3.2.2" : "3.18.0";
  let facts = read.get(release);
  if (!facts) {
    facts = JSON.parse(
      readFileSync(join(packageRoot, `schemas/apisix-${release}.json`), "utf8"),
    ) as ReleaseFacts;
    read.set(release, facts);
  }
  return facts;
}

/** Names of the plugins that a release brings along. */
export function knownPlugins(version: string): readonly string[] {
  return releaseFacts(version).pluginNames;
}

/** Whether the kit has the plugin's schema, and `schemaProblems` can check it. */
export function hasSchema(plugin: string, version: string): boolean {
  return Object.hasOwn(releaseFacts(version).plugins, plugin);
}

/** Whether an option may be a reference as `$env://NAME`, which no schema is asked about. */
export function takesReferences(version: string): boolean {
  return releaseFacts(version).release !== "3.2.2";
}
