import type { Configuration, PluginUse } from "../configuration/configuration";
import { at, type Found } from "../configuration/finding";

/** Plugins that two global rules have, and groups of limit-count that are not alike: what APISIX finds by comparing. */
export function globalPluginFindings({ globalPlugins, pluginUses, apisix }: Configuration): Found[] {
  return [
    ...pairs(globalPlugins, ({ name }) => name)
      .filter(([use, other]) => use.holder !== other.holder)
      .map(([use, other]): Found => {
        const found = { at: at(use.holder, "plugins", use.name), what: `${other.holder.name} has it too` };
        return apisix.dropsRepeatedGlobalPlugins
          ? { ...found, severity: "error", why: "neither of them works", fix: "Leave it to one global rule" }
          : {
              ...found,
              severity: "warning",
              why: "both work on every request",
              fix: "Leave it to one global rule",
            };
      }),
    ...pairs(
      pluginUses.filter(({ name, config }) => name === "limit-count" && config.group !== undefined),
      ({ config }) => `${config.group}`,
    )
      .filter(([use, other]) => options(use) !== options(other))
      .map(
        ([use, other]): Found => ({
          severity: "error",
          at: at(use.holder, "plugins", use.name, "group"),
          what: `${other.holder.name} has this group with other options`,
          why: "APISIX drops one of the two objects, with a line in its log",
          fix: "Give both the same options, or another group",
        }),
      ),
  ];
}

/** Each use with the first that has the same key, if there is one before it. */
function pairs(uses: readonly PluginUse[], keyOf: (use: PluginUse) => string): [PluginUse, PluginUse][] {
  const first = new Map<string, PluginUse>();
  return uses.flatMap((use): [PluginUse, PluginUse][] => {
    const key = keyOf(use);
    const other = first.get(key);
    if (!other) first.set(key, use);
    return other ? [[use, other]] : [];
  });
}

function options({ config: { _meta, ...options } }: PluginUse): string {
  return JSON.stringify(Object.entries(options).sort());
}
