import type { ConfigValue, InnerProblem } from "./apisix-value";

/**
 * A regular expression that does not compile. APISIX has PCRE, and Node.js has not: what PCRE knows beyond JavaScript is
 * written another way before it is tried, so this finds unbalanced brackets and the like, not everything.
 */
export function regexProblems(pattern: ConfigValue | undefined, at: string): InnerProblem[] {
  if (typeof pattern !== "string") return [];
  try {
    new RegExp(inJavaScript(pattern));
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /s, "") : String(error);
    return [{ at, what: `not a regular expression: ${reason}`, got: pattern }];
  }
}

/** A replacement with a `$` that OpenResty cannot read: variables have no names there. */
export function replacementProblems(replacement: ConfigValue | undefined, at: string): InnerProblem[] {
  return typeof replacement !== "string" || /^(?:[^$]|\$\$|\$\d|\$\{\d+\})*$/.test(replacement)
    ? []
    : [{ at, what: "a `$` without a group", got: replacement, allowed: "`$1`, `${1}`; `$$` for a dollar" }];
}

function inJavaScript(pattern: string): string {
  // An escaped character and a class are taken as they are; only what is between them is looked at.
  return pattern.replace(
    /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]|\(\?#[^)]*\)|\(\?[a-zA-Z]*(?:-[a-zA-Z]+)?([:)])|\(\?>|\(\?\||\(\?P?<(?![=!])|\(\?P[>=]\w+\)|\(\?(?:R|[+-]?\d+|&\w+)\)|([*+?}])\+/g,
    (found, modifierEnd: string | undefined, quantifier: string | undefined) => {
      if (found.startsWith("\\")) return /^\\[AZzGQEKR]$/.test(found) ? "" : found;
      if (found.startsWith("[")) return characterClass(found);
      if (quantifier !== undefined) return quantifier;
      if (modifierEnd !== undefined) return modifierEnd === ":" ? "(?:" : "";
      if (found === "(?>" || found === "(?|") return "(?:";
      return found.endsWith("<") ? "(?<" : "";
    },
  );
}

function characterClass(written: string): string {
  // In PCRE a bracket that comes first stands for itself, and [:alpha:] for a class.
  return written.replace(/^(\[\^?)\]/, "$1\\]").replace(/\[:\^?\w+:\]/g, "a");
}
