import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../../../kit/json";
import { literal } from "../../../terraform/terraform-literal";
import { isEmpty } from "../../compare/values";

/** What one field of a representation becomes, or why it becomes nothing. The first entry that fits a field counts. */
export type FieldMapping = Attribute | Omission;

interface FieldAt {
  /** Path in the representation, by `/`, since names have dots: `attributes/pkce.code.challenge.method`. */
  readonly at: string;
  /** Whether this entry is about such a value. @default always */
  readonly when?: (value: unknown, object: JsonMap) => boolean;
}

/** It becomes an attribute of a Terraform resource. */
interface Attribute extends FieldAt {
  /** Path in the resource's configuration, by `.`: `securityDefenses.headers.xFrameOptions`. */
  readonly to: string;
  /** @default as it is */
  readonly as?: (value: unknown) => unknown;
}

/** It becomes no attribute of this resource. */
interface Omission extends FieldAt {
  readonly is: Exclude<FieldKind, "carried">;
  /** Why, as a phrase. */
  readonly why: string;
}

/** Fields that become attributes of the same name. */
export function sameNames(...names: readonly string[]): FieldMapping[] {
  return names.map((name) => ({ at: name, to: name }));
}

export type JsonMap = Readonly<Record<string, unknown>>;

/** How a field of a realm representation comes through `identity: provider`. */
export type FieldKind =
  /** As an attribute, as it is. */
  | "carried"
  /** As an attribute of another form, or as a resource of its own. */
  | "translated"
  /** It is what Keycloak makes by itself, so it is left out. */
  | "default"
  /** Keycloak's Terraform provider cannot say it. */
  | "inexpressible";

export interface FieldReport {
  /** `clients[oidc].attributes.access.token.lifespan`. */
  readonly path: string;
  readonly kind: FieldKind;
  readonly reason?: string;
}

/** The attributes that a table gives for an object. Texts are made safe from being read as Terraform's templates. */
export function attributesOf<Config = Record<string, unknown>>(
  table: readonly FieldMapping[],
  object: JsonMap,
): Config {
  const result: Record<string, unknown> = {};
  const decided = new Set<string>();
  for (const field of table) {
    if (decided.has(field.at)) continue;
    const value = valueAt(object, field.at);
    if (value === undefined || value === null || (field.when && !field.when(value, object))) continue;
    decided.add(field.at);
    if (!("to" in field)) continue;
    const own = isObject(value) ? withoutClaimed(value, table, field.at) : value;
    const converted = field.as ? field.as(own) : own;
    if (converted !== undefined) setAt(result, field.to.split("."), literal(converted));
  }
  return result as Config;
}

/**
 * What becomes of every leaf of an object.
 *
 * @param path of the object
 * @param defaults what Keycloak makes by itself: a value that no attribute carries is then left out without loss
 * @param complete the object with what it leaves unsaid, by which entries decide. @default as it is
 */
export function reportsOf(
  table: readonly FieldMapping[],
  object: JsonMap,
  path: string,
  defaults: JsonMap = {},
  complete: JsonMap = object,
): FieldReport[] {
  return leaves(object).map(({ at, value }) => {
    const shown = [path, at.replaceAll("/", ".")].filter(Boolean).join(".");
    const field = table.find((entry) => {
      if (at !== entry.at && !at.startsWith(`${entry.at}/`)) return false;
      return !entry.when || entry.when(valueAt(object, entry.at), complete);
    });
    if (field && "to" in field) return { path: shown, kind: field.as ? "translated" : "carried" };
    if (field && field.is !== "inexpressible") return { path: shown, kind: field.is, reason: field.why };
    if (isEmpty(value) || isOff(value) || isDeepStrictEqual(value, valueAt(defaults, at))) {
      return { path: shown, kind: "default", reason: "it is Keycloak's own default" };
    }
    return {
      path: shown,
      kind: "inexpressible",
      reason: field?.why ?? "Keycloak's Terraform provider has no attribute for it",
    };
  });
}

/** A switch that nobody turned on, as attributes and components write it. */
function isOff(value: unknown): boolean {
  return String(value) === "false" || value === 0;
}

export function valueAt(object: JsonMap, at: string): unknown {
  let value: unknown = object;
  for (const key of at.split("/")) value = isObject(value) ? value[key] : undefined;
  return value;
}

/** A map without the keys that have entries of their own. */
function withoutClaimed(map: JsonMap, table: readonly FieldMapping[], at: string): JsonMap {
  const claimed = new Set(table.map((field) => field.at));
  return Object.fromEntries(Object.entries(map).filter(([key]) => !claimed.has(`${at}/${key}`)));
}

function setAt(target: Record<string, unknown>, [first = "", ...rest]: string[], value: unknown): void {
  const present = target[first];
  if (rest.length === 0) {
    target[first] = isObject(present) && isObject(value) ? { ...value, ...present } : value;
    return;
  }
  const inner = isObject(present) ? present : {};
  target[first] = inner;
  setAt(inner, rest, value);
}

function leaves(object: JsonMap): { at: string; value: unknown }[] {
  return Object.entries(object).flatMap(([key, value]) => {
    if (isObject(value) && Object.keys(value).length > 0) {
      return leaves(value).map((leaf) => ({ ...leaf, at: `${key}/${leaf.at}` }));
    }
    return value === undefined ? [] : [{ at: key, value }];
  });
}
