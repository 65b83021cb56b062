import type { Json, JsonObject } from "../../../../kit/json";
import { asList, asMap, asText } from "./configuration";
import type { Key } from "./finding";

/** Plugins that set headers of the request to the upstream. */
export const requestRewriters: readonly string[] = ["proxy-rewrite", "kit-forward"];

/** One header that proxy-rewrite or response-rewrite changes. */
export interface HeaderChange {
  readonly action: "set" | "add" | "remove";
  readonly name: string;
  /** Of `set` and `add`. */
  readonly value?: Json | undefined;
  /** From the plugin's configuration. */
  readonly path: readonly Key[];
}

/** The headers that a plugin changes, in its new form, `{set, add, remove}`, or its old one, names and values at once. */
export function headersOf(config: JsonObject): HeaderChange[] {
  const headers = asMap(config.headers);
  if (!headers) return [];
  const isNew = ["set", "add", "remove"].some((part) => typeof headers[part] === "object");
  return isNew
    ? [...changes(headers, "set"), ...changes(headers, "add"), ...changes(headers, "remove")]
    : mapChanges(headers, "set", ["headers"]);
}

function changes(headers: JsonObject, action: HeaderChange["action"]): HeaderChange[] {
  const part = headers[action];
  const path = ["headers", action];
  const items = asList(part)?.flatMap((item, index): HeaderChange[] => {
    const [name = "", ...rest] = asText(item)?.split(":") ?? [];
    const value = action === "remove" ? undefined : rest.join(":").trim();
    return name === "" ? [] : [{ action, name, value, path: [...path, index] }];
  });
  return items ?? mapChanges(asMap(part) ?? {}, action, path);
}

function mapChanges(map: JsonObject, action: HeaderChange["action"], path: readonly Key[]): HeaderChange[] {
  return Object.entries(map).map(([name, value]) => ({ action, name, value, path: [...path, name] }));
}

/** Whether the client's own header of that name does not get through: it is removed, or another takes its place. */
export function blocksClientHeader({ action }: HeaderChange): boolean {
  return action !== "add";
}
