import { isIPv4, isIPv6 } from "node:net";
import { Ajv, type ValidateFunction } from "ajv";
import { isObject } from "../../../kit/json";
import {
  hasSchema,
  knownPlugins,
  type ObjectName,
  releaseFacts,
  type Schema,
  takesReferences,
} from "./facts";
import { type SchemaProblem, sentences } from "./sentences";

export { hasSchema, knownPlugins };

/**
 * What APISIX's own schema refuses of an object or a plugin's configuration; nothing for a plugin without a known schema.
 * For any of it APISIX drops the whole object, with a line in its log.
 *
 * @param version release of APISIX; the nearest one that the kit knows is taken
 */
export function schemaProblems(kind: SchemaName, value: unknown, version: string): SchemaProblem[] {
  const schema = schemaOf(kind, version);
  if (!schema) return [];
  const validate = validatorOf(schema);
  return validate(withDefaults(schema, value))
    ? []
    : sentences(validate.errors ?? [], takesReferences(version));
}

/** An object, or a plugin: what a route has of it, a consumer (to prove who it is), or `plugin_metadata`. */
export type SchemaName =
  | ObjectName
  | { readonly plugin: string; readonly of?: "route" | "consumer" | "metadata" };

export function schemaOf(name: SchemaName, version: string): Schema | undefined {
  const { main, plugins } = releaseFacts(version);
  if (typeof name === "string") return main[name];
  const plugin = hasSchema(name.plugin, version) ? plugins[name.plugin] : undefined;
  if (name.of === "metadata") return plugin?.metadata_schema;
  return (name.of === "consumer" && plugin?.consumer_schema) || plugin?.schema;
}

const validators = new Map<Schema, ValidateFunction>();

/** Compiled at first use: a schema takes milliseconds. */
function validatorOf(schema: Schema): ValidateFunction {
  let validate = validators.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    validators.set(schema, validate);
  }
  return validate;
}

const ajv = new Ajv({
  strict: false,
  allErrors: true,
  verbose: true,
  validateSchema: false,
  // PCRE takes what JavaScript's Unicode mode refuses, as `[a-z-_]`.
  unicodeRegExp: false,
  formats: { ipv4: isIPv4, ipv6: isIPv6 },
});

/**
 * The value with its defaults, where these decide whether it is valid: APISIX fills them in before it evaluates a schema's
 * `if` or counts options, Ajv only afterwards.
 */
function withDefaults(schema: Schema, value: unknown): unknown {
  const properties = schema.properties as Readonly<Record<string, Schema>> | undefined;
  if (!properties || !needsDefaults(schema) || !isObject(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(properties)) {
    if (filled[name] !== undefined) filled[name] = withDefaults(property, filled[name]);
    else if (property.default !== undefined) filled[name] = property.default;
  }
  return filled;
}

const needs = new WeakMap<Schema, boolean>();

function needsDefaults(schema: Schema): boolean {
  let found = needs.get(schema);
  if (found === undefined) {
    found = mentions(schema, ["if", "minProperties"]);
    needs.set(schema, found);
  }
  return found;
}

function mentions(schema: unknown, keywords: readonly string[]): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  return Object.entries(schema).some(([key, inner]) => keywords.includes(key) || mentions(inner, keywords));
}
