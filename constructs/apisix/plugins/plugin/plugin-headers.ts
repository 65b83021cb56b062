import { hasControlCharacter } from "../../../../kit/control-character";
import { Secret } from "../../../workload/secret";
import {
  type ApisixProblem,
  type ConfigMap,
  type ConfigValue,
  isList,
  isMap,
  textOf,
} from "../../values/apisix-value";

/**
 * What is wrong with the `headers` of proxy-rewrite and response-rewrite: `{set, add, remove}`, or names and values at
 * once. Their values hold variables, as `$remote_addr`.
 */
export function headerProblems(headers: ConfigValue | undefined): ApisixProblem[] {
  if (!isMap(headers)) return [];
  const parts = ["set", "add", "remove"].filter((part) => typeof headers[part] === "object");
  const all: [ConfigValue | undefined, string][] =
    parts.length > 0 ? parts.map((part) => [headers[part], `headers.${part}`]) : [[headers, "headers"]];
  return all.flatMap(([part, at]) => [
    ...(isList(part) ? part.flatMap((item, index) => itemProblems(item, `${at}.${index}`)) : []),
    ...(isMap(part) ? [...plainHeaderProblems(part, at), ...variablesInSecrets(part, at)] : []),
  ]);
}

/** What is wrong with headers whose values are sent as they are. */
export function plainHeaderProblems(headers: ConfigMap, at: string): ApisixProblem[] {
  return Object.entries(headers).flatMap(([name, value]) => [
    ...headerNameProblems(name, at),
    ...(isList(value) ? value : [value]).flatMap((item) => headerValueProblems(item, `${at}.${name}`)),
  ]);
}

export function headerNameProblems(name: ConfigValue | undefined, at: string): ApisixProblem[] {
  return typeof name !== "string" || /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)
    ? []
    : [{ at, what: "not a header name (RFC 9110)", got: name }];
}

export function headerValueProblems(value: ConfigValue | undefined, at: string): ApisixProblem[] {
  return hasControlCharacter(textOf(value) ?? "")
    ? [{ at, what: "a header value with a control character" }]
    : [];
}

/** A name to remove, or `Name: value` to add. */
function itemProblems(item: ConfigValue, at: string): ApisixProblem[] {
  const [name, ...value] = (textOf(item) ?? "-").split(":");
  return [
    ...(item instanceof Secret ? [] : headerNameProblems(name, at)),
    ...headerValueProblems(value.join(":"), at),
  ];
}

function variablesInSecrets(headers: ConfigMap, at: string): ApisixProblem[] {
  return Object.entries(headers)
    .filter(([, value]) => value instanceof Secret && value.reveal().includes("$"))
    .map(([name, value]) => ({
      at: `${at}.${name}`,
      what: `${value} holds \`$\`, which starts a variable in a header value`,
      fix: "Choose another",
    }));
}
