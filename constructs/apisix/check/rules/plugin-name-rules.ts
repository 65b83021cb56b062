import { kitPluginNames } from "../../lua-files";
import { hasSchema, releaseFacts } from "../../schema/facts";
import { asList, asMap, type Configuration, type PluginUse } from "../configuration/configuration";
import { at, type Found, listed } from "../configuration/finding";
import { headersOf } from "../configuration/headers";
import { droppedFor } from "./object-rules";

/** Plugins that APISIX does not have. @param custom names of plugins that somebody adds to APISIX */
export function pluginNameFindings(
  { top, pluginUses, apisix }: Configuration,
  custom: ReadonlySet<string>,
): Found[] {
  const known = new Set([...apisix.plugins, ...kitPluginNames, ...custom]);
  const named = asList(top.plugins)?.map((item) => asMap(item)?.name);
  // APISIX drops a list with a text in it.
  const loaded = named?.includes(undefined) ? undefined : named;
  const refuses = apisix.refusesUnknownPlugins;
  return pluginUses
    .filter(({ holder }) => holder.list !== "stream_routes")
    .filter(({ name }) => !known.has(name) || loaded?.includes(name) === false)
    .map((use) => {
      const owner = ownerOf(use, apisix.version);
      const ignored = `APISIX ignores it silently: ${consequence(use)}`;
      const why = refuses ? droppedFor(use.holder) : ignored;
      const found = { severity: "error", at: at(use.holder, "plugins", use.name) } as const;
      if (known.has(use.name)) {
        const what = "not among the file's `plugins`, which take the place of those of config.yaml";
        return { ...found, what, why, fix: `Add \`- name: ${use.name}\` there, or take that list away` };
      }
      return owner
        ? {
            ...found,
            what: `\`${use.name}\` is an option of ${owner}, and stands beside it as if it were a plugin`,
            why,
            fix: `Indent it below ${owner}`,
          }
        : {
            ...found,
            what: `there is no plugin \`${use.name}\` in APISIX ${apisix.version}`,
            why,
            fix: "Correct the name; if you add the plugin to APISIX yourself, name it to the check",
          };
    });
}

/** Plugins whose options the kit cannot check: without a finding they would seem to be right. */
export function uncheckedPluginFindings({ pluginUses, apisix }: Configuration): Found[] {
  const first = new Map(
    pluginUses
      .filter(
        ({ name, holder, disabled }) =>
          apisix.plugins.has(name) && holder.list !== "stream_routes" && !disabled,
      )
      .toReversed()
      .map((use) => [use.name, use]),
  );
  return [...first.values()]
    .filter(({ name }) => !hasSchema(name, apisix.version))
    .map(({ name, holder }) => ({
      severity: "warning",
      at: at(holder, "plugins", name),
      what: `not checked: the kit has no schema of \`${name}\``,
      why: "what it is told may be wrong, here and elsewhere in the file",
      fix: "Hold its options against APISIX's documentation",
    }));
}

/** The plugin beside it, the nearest before it, that has an option of this name. */
function ownerOf({ name, holder }: PluginUse, version: string): string | undefined {
  const { plugins } = releaseFacts(version);
  const names = Object.keys(asMap(holder.value.plugins) ?? {});
  const place = names.indexOf(name);
  return [...names.slice(0, place).reverse(), ...names.slice(place + 1)].find((beside) =>
    Object.hasOwn(asMap(plugins[beside]?.schema.properties as never) ?? {}, name),
  );
}

function consequence({ name, config }: PluginUse): string {
  const headers = headersOf({ headers: config });
  if (name !== "headers" || headers.length === 0) return `\`${name}\` has no effect`;
  const of = (wanted: string) =>
    headers.filter(({ action }) => action === wanted).map((header) => header.name);
  return (
    [
      ["set", "never set"],
      ["add", "never added"],
      ["remove", "not removed"],
    ] as const
  )
    .map(([action, text]) => ({ names: of(action), text }))
    .filter(({ names }) => names.length > 0)
    .map(
      ({ names, text }) =>
        `the header${names.length > 1 ? "s" : ""} ${listed(names)} ${names.length > 1 ? "are" : "is"} ${text}`,
    )
    .join(", ");
}
