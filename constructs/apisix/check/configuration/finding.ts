import type { Json, JsonObject } from "../../../../kit/json";
import type { Entry } from "./configuration";

/** One thing that is wrong, or that an attacker could use. Sentences without their final stop. */
export interface ApisixFinding {
  /** `error`: it does not do what it says, or it lets somebody in. `warning`: look at it. */
  readonly severity: "error" | "warning";
  /** As `routes[5](web_known_finger).plugins.headers`. */
  readonly where: string;
  /** In the file, from 1. */
  readonly line?: number;
  readonly what: string;
  /** What APISIX really does then, or what an attacker gains. */
  readonly why: string;
  readonly fix: string;
}

/** A finding by its place in the configuration. */
export interface Found extends Omit<ApisixFinding, "where" | "line"> {
  readonly at: Place;
}

/** A path in the configuration: from an object of it, or from the top. */
export interface Place {
  readonly entry?: Entry;
  readonly path: readonly Key[];
}

export type Key = string | number;

export function at(entry: Entry | undefined, ...path: readonly Key[]): Place {
  return { ...(entry && { entry }), path };
}

/** As people write a place: `routes[5](web_known_finger).plugins.headers`. */
export function placeText({ entry, path }: Place): string {
  const rest = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
  return entry ? `${entry.name}${rest}` : rest.replace(/^\./, "") || "file";
}

/** The keys of a path that is written with dots, as `nodes.james.local:80`: keys may hold dots themselves. */
export function keysOf(value: Json | undefined, path: string): Key[] {
  if (path === "" || typeof value !== "object" || value === null) return [];
  const keys = Object.keys(value);
  const key = keys.find((one) => path === one || path.startsWith(`${one}.`)) ?? path.split(".")[0] ?? path;
  const inner = (value as JsonObject)[key];
  return [Array.isArray(value) ? Number(key) : key, ...keysOf(inner, path.slice(key.length + 1))];
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
