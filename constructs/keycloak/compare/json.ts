export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Absent, as Keycloak sees it: it keeps no empty strings, lists and maps. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.every((item) => item === "" || item === null);
  return isObject(value) && Object.keys(value).length === 0;
}

/** What a list of objects holds, by the value of their key; a second one of the same name is `name (2)`. */
export function keyed(list: unknown, key: string): Record<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const item of Array.isArray(list) ? list.filter(isObject) : []) {
    const name = String(item[key]);
    let unused = name;
    for (let count = 2; found.has(unused); count += 1) unused = `${name} (${count})`;
    found.set(unused, item);
  }
  return Object.fromEntries(found);
}
