import type { Json, JsonObject } from "../../../../kit/json";
import { asList, asMap, type Configuration, type Entry } from "./configuration";
import type { Key } from "./finding";

/** An upstream, on its own or inside another object. */
export interface UpstreamUse {
  readonly entry: Entry;
  /** From the entry; empty for one of `upstreams`. */
  readonly path: readonly Key[];
  readonly value: JsonObject;
}

/** Every upstream of a configuration. */
export function upstreamsOf({ entries, pluginUses }: Configuration): UpstreamUse[] {
  return [
    ...entries.flatMap((entry) => {
      if (entry.list === "upstreams") return [{ entry, path: [], value: entry.value }];
      const value = asMap(entry.value.upstream);
      return value ? [{ entry, path: ["upstream"], value }] : [];
    }),
    ...pluginUses
      .filter(({ name, disabled }) => name === "traffic-split" && !disabled)
      .flatMap(({ holder, config }) =>
        splitUpstreams(config.rules).map(({ path, value }) => ({
          entry: holder,
          path: ["plugins", "traffic-split", ...path],
          value,
        })),
      ),
  ];
}

function splitUpstreams(rules: Json | undefined): Omit<UpstreamUse, "entry">[] {
  return (asList(rules) ?? []).flatMap((rule, index) =>
    (asList(asMap(rule)?.weighted_upstreams) ?? []).flatMap((item, place) => {
      const value = asMap(asMap(item)?.upstream);
      return value ? [{ path: ["rules", index, "weighted_upstreams", place, "upstream"], value }] : [];
    }),
  );
}
