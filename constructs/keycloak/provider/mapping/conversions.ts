import { isObject } from "../../../../kit/json";
import { isEmpty } from "../../compare/values";

/** Seconds as the provider reads them back, which is Go's own form: `1h30m0s`. */
export function duration(seconds: unknown): string {
  const total = Number(seconds);
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60)];
  const parts = [hours > 0 && `${hours}h`, (hours > 0 || minutes > 0) && `${minutes}m`, `${total % 60}s`];
  return parts.filter(Boolean).join("");
}

/** Values of a component's configuration are lists. */
export function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

export const firstText = (value: unknown) => emptyToNone(first(value));
export const firstNumber = (value: unknown) => Number(first(value));
export const firstBoolean = (value: unknown) => String(first(value)) === "true";
export const firstMilliseconds = (value: unknown) => {
  const text = firstText(value);
  return text === undefined ? undefined : milliseconds(Number(text));
};
export const text = (value: unknown) => String(value);
export const boolean = (value: unknown) => String(value) === "true";
export const lower = (value: unknown) => String(value).toLowerCase();
export const emptyToNone = (value: unknown) => (value === "" || value === undefined ? undefined : value);

/** Several values of one attribute, as the provider splits them again. */
export function joined(map: unknown): Record<string, string> {
  return mapped(map, (value) => (Array.isArray(value) ? value.join("##") : String(value)));
}

/** A map of texts, without what is empty: the provider reads that back as absent. */
export function texts(map: unknown): Record<string, string> | undefined {
  const result = mapped(map, (value) => String(first(value)));
  return Object.keys(result).length > 0 ? result : undefined;
}

/** For maps whose values are texts or JSON. */
export function jsonTexts(map: unknown): Record<string, string> {
  return mapped(map, (value) => (typeof value === "object" ? goJson(value) : String(value)));
}

/** JSON as Go writes it, since the provider compares texts: keys in order, and nothing that HTML would read. */
function goJson(value: unknown): string {
  const inOrder = (_: string, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item;
  return JSON.stringify(value, inOrder).replace(
    /[<>&\u2028\u2029]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function mapped(map: unknown, form: (value: unknown) => string): Record<string, string> {
  if (!isObject(map)) return {};
  return Object.fromEntries(
    Object.entries(map)
      .filter(([, value]) => !isEmpty(value))
      .map(([key, value]) => [key, form(value)]),
  );
}

/** Go's form of a duration in milliseconds: `1.5s`, `300ms`. */
function milliseconds(total: number): string {
  if (total > 0 && total < 1000) return `${total}ms`;
  const whole = Math.floor(total / 1000);
  const rest = total % 1000;
  if (rest === 0) return duration(whole);
  const fraction = String(rest).padStart(3, "0").replace(/0+$/, "");
  return duration(whole).replace(/s$/, `.${fraction}s`);
}
