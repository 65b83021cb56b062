import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../../../kit/json";
import { isPrivateKey } from "../representation/private-key";
import { isSecretByCustom } from "../representation/secret-names";
import { maskedSecret } from "./masked-secret";
import type { NormalizedRealm } from "./normalize";

/** One value that is not as wanted. */
export interface Difference {
  readonly realm: string;
  /** `realm`, `client oidc`, `flow browser`, … */
  readonly object: string;
  /** In the object: `attributes.pkce.code.challenge.method`; empty when the whole object is missing or too many. */
  readonly path: string;
  /** Undefined: it should not be there. */
  readonly wanted?: Json;
  /** Undefined: it is not there. */
  readonly found?: Json;
}

/** What nobody can compare: a secret that one side shows as `**********`. */
export interface UncheckedSecret {
  readonly realm: string;
  readonly object: string;
  readonly path: string;
}

/** Objects that Keycloak or people make, beside configuration: one that is not wanted is no difference. */
const allowedExtras = [/^user (?!service-account-)/, /^key provider /];

const secretKeys = new Set(["secret", "clientSecret", "bindCredential", "password", "privateKey"]);

/** What is not as wanted, object by object. Secrets that are masked, or that Keycloak made, are taken for equal. */
export function difference(wanted: NormalizedRealm, found: NormalizedRealm): Difference[] {
  const labels = [...new Set([...Object.keys(wanted.objects), ...Object.keys(found.objects)])];
  return labels.toSorted(byKind).flatMap((object) => {
    const { [object]: want } = wanted.objects;
    const { [object]: have } = found.objects;
    const place = { realm: wanted.realm, object };
    if (want && have) return leaves(want, have, []).map((leaf) => ({ ...place, ...leaf }));
    if (want) return [{ ...place, path: "", wanted: withoutSecretValues(want) }];
    if (!have || allowedExtras.some((pattern) => pattern.test(object))) return [];
    return [{ ...place, path: "", found: withoutSecretValues(have) }];
  });
}

/** Secrets that `difference` takes for equal because one side does not show them. */
export function uncheckedSecrets(wanted: NormalizedRealm, found: NormalizedRealm): UncheckedSecret[] {
  return [wanted, found].flatMap(({ realm, objects }, side) =>
    Object.entries(objects).flatMap(([object, value]) =>
      maskedPaths(value, [])
        .filter((path) => side === 0 || !maskedPaths(wanted.objects[object] ?? {}, []).includes(path))
        .map((path) => ({ realm, object, path })),
    ),
  );
}

type Leaf = Pick<Difference, "path" | "wanted" | "found">;

function leaves(wanted: Json | undefined, found: Json | undefined, path: readonly string[]): Leaf[] {
  if (isObject(wanted) && isObject(found)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
    return keys.flatMap((key) => leaves(wanted[key], found[key], [...path, key]));
  }
  if (isDeepStrictEqual(wanted, found) || isUnchecked(wanted, found, path)) return [];
  return [
    {
      path: path.join("."),
      ...(wanted !== undefined && { wanted: withoutSecretValue(wanted, path) }),
      ...(found !== undefined && { found: withoutSecretValue(found, path) }),
    },
  ];
}

function isUnchecked(wanted: Json | undefined, found: Json | undefined, path: readonly string[]): boolean {
  if (isMasked(wanted) || isMasked(found)) return true;
  // Keycloak makes a secret for a client that has none.
  return wanted === undefined && path.length === 1 && path[0] === "secret";
}

function isMasked(value: Json | undefined): boolean {
  return value === maskedSecret || (Array.isArray(value) && value.length === 1 && value[0] === maskedSecret);
}

function maskedPaths(value: Json, path: readonly string[]): string[] {
  if (isMasked(value)) return [path.join(".")];
  return isObject(value)
    ? Object.entries(value).flatMap(([key, item]) => maskedPaths(item, [...path, key]))
    : [];
}

/** A value with a mask in place of secrets. */
function withoutSecretValue(value: Json, path: readonly string[]): Json {
  const name = path.at(-1) ?? "";
  if (secretKeys.has(name)) return maskedSecret;
  if (typeof value === "string")
    return isSecretByCustom(name, value) || isPrivateKey(value) ? maskedSecret : value;
  if (Array.isArray(value)) return value.map((item) => withoutSecretValue(item, path));
  return isObject(value) ? withoutSecretValues(value, path) : value;
}

function withoutSecretValues(object: JsonObject, path: readonly string[] = []): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, withoutSecretValue(value, [...path, key])]),
  );
}

/** The realm itself first, then as they are named. */
function byKind(a: string, b: string): number {
  if (a === "realm" || b === "realm") return a === b ? 0 : a === "realm" ? -1 : 1;
  return a < b ? -1 : 1;
}
