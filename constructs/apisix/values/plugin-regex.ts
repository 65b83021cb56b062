import type { ApisixProblem, ConfigValue } from "./apisix-value";
import { pcreProblem } from "./pcre";

/** A regular expression that PCRE does not compile. */
export function regexProblems(pattern: ConfigValue | undefined, at: string): ApisixProblem[] {
  const reason = typeof pattern === "string" ? pcreProblem(pattern) : undefined;
  return reason === undefined ? [] : [{ at, what: `not a regular expression: ${reason}`, got: pattern }];
}

/** A replacement with a `$` that OpenResty cannot read: variables have no names there. */
export function replacementProblems(replacement: ConfigValue | undefined, at: string): ApisixProblem[] {
  return typeof replacement !== "string" || /^(?:[^$]|\$\$|\$\d|\$\{\d+\})*$/.test(replacement)
    ? []
    : [{ at, what: "a `$` without a group", got: replacement, allowed: "`$1`, `${1}`; `$$` for a dollar" }];
}
