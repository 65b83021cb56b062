import { isObject, type Json, type JsonObject } from "../../../kit/json";

/** Objects of a realm by kind and name. */
export type Objects = Record<string, JsonObject>;

/** Ids and what changes by itself. */
export const volatile = new Set([
  "id",
  "internalId",
  "containerId",
  "parentId",
  "flowId",
  "notBefore",
  "createdTimestamp",
  "keycloakVersion",
  "access",
  "nodeReRegistrationTimeout",
  "registeredNodes",
  "lastSync",
  "client.secret.creation.time",
  "realm_client",
  "saml.artifact.binding.identifier",
  "jwt.credential.certificate.kid",
]);

/** Absent, as Keycloak sees it: it keeps no empty strings, lists and maps. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.every(isEmpty);
  return isObject(value) && Object.keys(value).length === 0;
}

/** What a list of objects holds, by the value of their key; a second one of the same name is `name (2)`. */
export function keyed(list: unknown, key: string): Record<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const item of Array.isArray(list) ? list.filter(isObject) : []) {
    const name = textOf(item[key]);
    let unused = name;
    for (let count = 2; found.has(unused); count += 1) unused = `${name} (${count})`;
    found.set(unused, item);
  }
  return Object.fromEntries(found);
}

/** Without what is volatile, and without what is empty, which Keycloak does not keep. */
export function comparable(object: JsonObject): JsonObject {
  const entries = Object.entries(object)
    .filter(([key]) => !volatile.has(key))
    .map(([key, value]) => [key, isObject(value) ? comparable(value) : value] as const)
    .filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The objects of a list, each in its form, as `kind name`; `key` holds the name. */
export function named(
  list: unknown,
  key: string,
  kind: string,
  form: (item: JsonObject, name: string) => JsonObject,
): Objects {
  return Object.fromEntries(
    Object.entries(keyed(list, key)).map(([name, item]) => [
      `${kind} ${name}`,
      form(without(item, [key]), name),
    ]),
  );
}

export function without(object: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !fields.includes(key)));
}

export function withoutUndefined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Lists of strings are sets: of scopes, URIs, event types. */
export function sortedSet(value: unknown): readonly Json[];
export function sortedSet(value: Json): Json;
export function sortedSet(value: unknown): Json {
  if (value === undefined) return [];
  const strings = Array.isArray(value) && value.every((item) => typeof item === "string");
  return strings ? [...new Set(value)].filter((item) => item !== "").toSorted() : (value as Json);
}

/** The objects of both lists; of two with one name the given one. */
export function union(bare: unknown, given: unknown, key: string): JsonObject[] {
  return Object.values({ ...keyed(bare, key), ...keyed(given, key) });
}

/** Attributes and configurations hold strings; "false" is what an absent one means. */
export function stringMap(map: JsonObject, defaults: JsonObject = {}): JsonObject {
  return comparable(
    mapValues({ ...defaults, ...map }, (value, key) =>
      scalar(value) === "false" && !(key in defaults) ? "" : scalar(value),
    ),
  );
}

/** What a file holds may have a `toString` that is none. */
export function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function scalar(value: Json): Json {
  return typeof value === "boolean" || typeof value === "number" ? String(value) : value;
}

export function mapValues<T extends Json>(
  object: Readonly<Record<string, T>>,
  form: (value: T, key: string) => Json,
): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, form(value, key)]));
}

export function property(value: unknown, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
