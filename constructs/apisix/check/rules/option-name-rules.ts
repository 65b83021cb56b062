import type { Json, JsonObject } from "../../../../kit/json";
import { nearest } from "../../../../kit/nearest";
import { type ObjectList, objectLists, type Schema } from "../../schema/facts";
import { schemaOf } from "../../schema/validate";
import { asList, asMap, type Configuration } from "../configuration/configuration";
import { at, type Found, type Key } from "../configuration/finding";

/** Unknown options, where no schema refuses them: APISIX ignores them. */
export function optionNameFindings({ entries, pluginUses, apisix }: Configuration): Found[] {
  return [
    ...entries.flatMap((entry) => {
      const schema = schemaOf(objectLists[entry.list as ObjectList] ?? "", apisix.version);
      return unknownOptions(schema, entry.value).map((unknown) =>
        finding(unknown, at(entry, ...unknown.path)),
      );
    }),
    ...pluginUses
      .filter(({ holder }) => holder.list !== "stream_routes")
      .flatMap(({ name, config, holder }) => {
        const of = holder.list === "consumers" ? "consumer" : "route";
        return unknownOptions(schemaOf({ plugin: name, of }, apisix.version), config)
          .filter(({ path }) => !isReadAnyway(name, path) && apisix.lacks(name, path.join(".")) === undefined)
          .map((unknown) => finding(unknown, at(holder, "plugins", name, ...unknown.path)));
      }),
  ];
}

interface UnknownOption {
  readonly path: readonly Key[];
  readonly known: readonly string[];
}

function finding({ path, known }: UnknownOption, place: Found["at"]): Found {
  const name = `${path.at(-1)}`;
  const near = nearest(name, known).map((one) => `\`${one}\``);
  const isSwitch = path.length === 1 && name === "disable" && known.includes("_meta");
  const meant = isSwitch ? ["`_meta: {disable: …}`"] : near;
  return {
    severity: "warning",
    at: place,
    what: `\`${name}\` is no option here${meant.length > 0 ? `: ${meant.join(" or ")} may be meant` : ""}`,
    why: "APISIX ignores it silently",
    fix: "Correct the name, or leave it out",
  };
}

/** Options that lua-resty-openidc takes from the plugin's configuration, in every release, and no schema names. */
const openidLibrary = [
  "auth_accept_token_as",
  "auth_accept_token_as_header_name",
  "discovery_expires_in",
  "display",
  "introspection_cache_ignore",
  "introspection_enable_negative_cache",
  "introspection_params",
  "introspection_token_param_name",
  "keepalive",
  "local_redirect_uri_path",
  "pass_cookies",
  "prompt",
  "redirect_after_logout_uri",
  "redirect_after_logout_with_id_token_hint",
  "redirect_uri_path",
  "redirect_uri_scheme",
  "response_mode",
  "secret",
  "session_contents",
  "symmetric_key",
  "token_signing_alg_values_expected",
];

function isReadAnyway(plugin: string, [name]: readonly Key[]): boolean {
  if (plugin !== "openid-connect") return false;
  const { properties } = schemaOf({ plugin }, "3.18.0") ?? {};
  return openidLibrary.includes(`${name}`) || Object.hasOwn(properties ?? {}, `${name}`);
}

function unknownOptions(schema: Schema | undefined, value: JsonObject): UnknownOption[] {
  return schema ? unknownIn([schema], value, []) : [];
}

/** @param schemas all that are about the value: an option that one of them knows is known */
function unknownIn(schemas: readonly Schema[], value: Json, path: readonly Key[]): UnknownOption[] {
  const all = schemas.flatMap(subschemas);
  const items = asList(value);
  if (items) {
    const ofItems = all.flatMap(({ items: schema }) => asSchema(schema));
    return items.flatMap((item, index) => unknownIn(ofItems, item, [...path, index]));
  }
  const map = asMap(value);
  if (!map || all.length === 0) return [];
  const known = new Map<string, Schema[]>();
  for (const { properties } of all) {
    for (const [name, schema] of Object.entries(properties ?? {})) {
      known.set(name, [...(known.get(name) ?? []), ...asSchema(schema)]);
    }
  }
  // Otherwise any name is allowed, or the schema itself refuses unknown ones.
  const isOpen =
    known.size > 0 && !all.some((part) => part.patternProperties || part.additionalProperties !== undefined);
  return Object.entries(map).flatMap(([name, inner]) => {
    const ofOption = known.get(name);
    if (ofOption) return unknownIn(ofOption, inner, [...path, name]);
    return isOpen ? [{ path: [...path, name], known: [...known.keys()] }] : [];
  });
}

/** A schema with everything that it says of the same value in alternatives and conditions. */
function subschemas(schema: Schema): Schema[] {
  const { allOf, anyOf, oneOf, dependencies, if: condition, then, else: otherwise } = schema;
  const more = [allOf, anyOf, oneOf, Object.values(dependencies ?? {}), condition, then, otherwise];
  return [schema, ...more.flat().flatMap(asSchema).flatMap(subschemas)];
}

function asSchema(value: unknown): Schema[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? [value as Schema] : [];
}
