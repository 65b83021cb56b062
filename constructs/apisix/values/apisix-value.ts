import type { Problem } from "../../../kit/errors";
import { Secret } from "../../workload/secret";
import { keyProblem, numberProblem, textProblem, type YamlMap, type YamlValue } from "./yaml";

/** A value of the configuration. Wherever there is a text, a secret can be. */
export type ConfigValue = string | number | boolean | Secret | readonly ConfigValue[] | ConfigMap;

export interface ConfigMap {
  readonly [key: string]: ConfigValue | undefined;
}

/** A problem of an object, by the path inside it: `headers.set.X-A`. */
export interface ApisixProblem extends Omit<Problem, "where"> {
  readonly at: string;
  /** Whether APISIX drops the object for it. @default false: it does otherwise than is meant */
  readonly refused?: boolean;
  /** What happens then, where it is neither. */
  readonly why?: string;
}

/** Problems for which APISIX drops the object. */
export function refused(problems: readonly ApisixProblem[]): ApisixProblem[] {
  return problems.map((problem) => ({ ...problem, refused: true }));
}

/**
 * APISIX replaces `${{NAME}}` by an environment variable anywhere in the file and has no escape for it, so a text that
 * happens to hold one would change its meaning, or stop APISIX.
 */
const environmentMark = "${{";

/** What of a value, and of everything inside it, cannot be written for APISIX. Never shows a secret. */
export function valueProblems(value: unknown, at = ""): ApisixProblem[] {
  if (value instanceof Secret) {
    const text = value.reveal();
    if (text.includes(environmentMark)) {
      return [
        { at, what: `${value} holds \`${environmentMark}\`, which APISIX replaces`, fix: "Choose another" },
      ];
    }
    return textProblem(text) ? [{ at, what: `${value} holds a character that APISIX cannot be told` }] : [];
  }
  switch (typeof value) {
    case "string": {
      if (value.includes(environmentMark)) {
        return [
          {
            at,
            what: `APISIX replaces \`${environmentMark}…}}\` by its environment`,
            got: value,
            fix: "Give a Secret, or the value itself",
          },
        ];
      }
      const what = textProblem(value);
      return what ? [{ at, what, got: value }] : [];
    }
    case "number": {
      const what = numberProblem(value);
      return what ? [{ at, what, got: `${value}` }] : [];
    }
    case "boolean":
      return [];
    case "object":
      if (value !== null) return innerProblems(value, at);
  }
  return [{ at, what: "not a value of a configuration", got: String(value) }];
}

function innerProblems(value: object, at: string): ApisixProblem[] {
  const list = Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]) => {
    if (inner === undefined && !list) return [];
    const there = at === "" ? key : `${at}.${key}`;
    const what = list ? undefined : keyProblem(key);
    return what ? [{ at, what }] : valueProblems(inner, there);
  });
}

/** The value with each secret replaced by a text. */
export function withSecrets(value: ConfigMap, secretText: (secret: Secret) => string): YamlMap {
  return resolve(value, secretText) as YamlMap;
}

function resolve(value: ConfigValue, secretText: (secret: Secret) => string): YamlValue {
  if (typeof value !== "object") return value;
  if (value instanceof Secret) return secretText(value);
  if (isList(value)) return value.map((item) => resolve(item, secretText));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === undefined ? [] : [[key, resolve(inner, secretText)]],
    ),
  );
}

export function isList(value: ConfigValue | undefined): value is readonly ConfigValue[] {
  return Array.isArray(value);
}

/** Also of what others wrote: their YAML has null. */
export function isMap(value: ConfigValue | null | undefined): value is ConfigMap {
  return typeof value === "object" && value !== null && !isList(value) && !(value instanceof Secret);
}

/** The value's text, a secret's included: to check it, never to show it. */
export function textOf(value: ConfigValue | undefined): string | undefined {
  return value instanceof Secret ? value.reveal() : typeof value === "string" ? value : undefined;
}

/** Options under APISIX's names: `clientId` as `client_id`. Only the outermost keys; undefined ones are left out. */
export function snakeCase<Options extends { [Key in keyof Options]: ConfigValue | undefined }>(
  options: Options,
): Record<string, ConfigValue> {
  const entries = Object.entries<ConfigValue | undefined>(options);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[snakeCaseName(name), value]])),
  );
}

function snakeCaseName(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
