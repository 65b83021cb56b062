import { isObject } from "../../../../kit/json";
import { bareRealm } from "../../compare/bare-realm";
import type { RealmRepresentation } from "../../representation/realm-template";

/** `${NAME}` and `${NAME:default}`, which Keycloak's import replaces by variables of its environment. */
export const placeholder = /\$\{([A-Z][A-Z0-9_]*)(?::([^}]*))?\}/g;

/** Maps whose values are texts, whatever they look like. */
const textMaps = new Set(["attributes", "config", "configuration", "smtpServer", "browserSecurityHeaders"]);

/**
 * A realm with its placeholders replaced, as an import does it: by the variable, else by the default; one that has
 * neither stays.
 */
export function withoutPlaceholders(
  realm: RealmRepresentation,
  variables: Readonly<Record<string, string>> = {},
): RealmRepresentation {
  const numbers = bareRealm("") as unknown as Readonly<Record<string, unknown>>;
  const replaced = (value: unknown, key: string, asText: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => replaced(item, key, asText));
    if (isObject(value)) {
      const within = asText || textMaps.has(key);
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, replaced(item, name, within)]),
      );
    }
    if (typeof value !== "string") return value;
    const text = value.replace(placeholder, (whole, name, other) => variables[name] ?? other ?? whole);
    return asText || text === value ? text : typedValue(text, typeof numbers[key] === "number");
  };
  return replaced(realm, "", false) as RealmRepresentation;
}

/** What a text means where a boolean or a number belongs: JSON can hold a placeholder in a text only. */
function typedValue(text: string, isNumber: boolean): unknown {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  return isNumber && trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}
