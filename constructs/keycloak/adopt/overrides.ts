import { isObject } from "../../../kit/json";
import type { RealmRepresentation } from "../representation/realm-template";

/** Any part of a realm. Objects in lists are told apart by their clientId, alias, username or name. */
export type RealmOverrides = DeepPartial<RealmRepresentation>;

type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
    : T;

const keys = ["clientId", "alias", "username", "name"] as const;

/**
 * A representation with overrides on top. Objects are merged field by field, in lists by their name; a new one is
 * added; plain lists, as redirect URIs, and steps of flows are replaced as a whole; undefined changes nothing.
 */
export function withOverrides(realm: RealmRepresentation, overrides: RealmOverrides): RealmRepresentation {
  return merged(realm, overrides) as RealmRepresentation;
}

function merged(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (isObject(base) && isObject(over)) {
    const entries = Object.entries(over).map(([key, value]) => [key, merged(base[key], value)] as const);
    return { ...base, ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)) };
  }
  if (Array.isArray(base) && Array.isArray(over)) return mergedLists(base, over);
  return over;
}

function mergedLists(base: readonly unknown[], over: readonly unknown[]): readonly unknown[] {
  const key = keys.find((name) => [...base, ...over].every((item) => isObject(item) && name in item));
  if (key === undefined || over.length === 0) return over;
  const nameOf = (item: unknown) => (isObject(item) ? item[key] : undefined);
  const changed = base.map((item) =>
    merged(
      item,
      over.find((one) => nameOf(one) === nameOf(item)),
    ),
  );
  const names = base.map(nameOf);
  return [...changed, ...over.filter((item) => !names.includes(nameOf(item)))];
}
