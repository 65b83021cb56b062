import type * as z from "zod";
import type { Problem } from "./errors";

type Path = readonly PropertyKey[];

/** How a schema's findings are told. */
export interface SchemaProblemOptions {
  /** Names a place in what was read. */
  readonly where: (path: Path) => string;
  /** What to show of a value that is not accepted; undefined: nothing, as of a secret. @default the value */
  readonly show?: (value: unknown, path: Path) => unknown;
  /** Keys that an object may have there, to be told where another one is. @default none are told */
  readonly keysAt?: (path: Path) => readonly string[];
  /** What to do about each. @default nothing is said */
  readonly fix?: string;
}

/** Everything that a schema of zod found in an input, in the words of the kit's errors. */
export function schemaProblems(
  error: z.ZodError | undefined,
  input: unknown,
  { where, show = (value) => value, keysAt = () => [], fix }: SchemaProblemOptions,
): Problem[] {
  return withoutRepeats((error?.issues ?? []).flatMap(ofMeant)).flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        where: where([...issue.path, key]),
        what: "unknown key",
        allowed: keysAt(issue.path),
      }));
    }
    const found = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    );
    const got = found === undefined ? undefined : show(found, issue.path);
    return [
      {
        where: where(issue.path),
        what: found === undefined ? "is missing" : "not accepted",
        ...(got !== undefined && { got }),
        allowed: allowed(issue, keysAt),
        ...(fix !== undefined && { fix }),
        ...(issue.code === "custom" && issue.params),
      },
    ];
  });
}

const isOtherKind = ({ code, path }: z.core.$ZodIssue) => code === "invalid_type" && path.length === 0;

/** A schema that has words of its own for all its forms. */
const saysItself = (issue: z.core.$ZodIssue) =>
  issue.code === "invalid_union" && issue.message !== "Invalid input";

/** Where there are several forms, what is wrong with the one that was meant: the one of the same kind. */
function ofMeant(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union" || saysItself(issue)) return [issue];
  const meant = issue.errors.find((issues) => !issues.some(isOtherKind));
  return meant?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}

/** Of a number that is beyond all that computers count exactly zod says so, and then what is allowed. */
function withoutRepeats(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const repeats = (one: z.core.$ZodIssue, later: z.core.$ZodIssue) =>
    /^too_/.test(one.code) && later.code === one.code && later.path.join() === one.path.join();
  return issues.filter((issue, index) => !issues.slice(index + 1).some((later) => repeats(issue, later)));
}

const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a whole number",
  object: "an object",
  record: "an object",
  string: "text",
};

const units: Readonly<Record<string, string>> = { array: " of them", string: " characters" };

/** What is accepted. zod's own words for a wrong type also say what it got. */
function allowed(
  issue: z.core.$ZodIssue,
  keysAt: (path: Path) => readonly string[],
): string | readonly unknown[] {
  if (issue.code === "invalid_value") return issue.values;
  if (issue.code === "invalid_union" && !saysItself(issue)) {
    const kinds = issue.errors.flatMap((issues) => issues.filter(isOtherKind));
    return kinds.map((one) => allowed({ ...one, path: issue.path }, keysAt)).join(", or ");
  }
  if (issue.code === "invalid_type") {
    const keys = issue.expected === "object" ? keysAt(issue.path) : [];
    return keys.length > 0
      ? `an object with ${keys.join(", ")}`
      : (typeNames[issue.expected] ?? issue.expected);
  }
  if (issue.code === "too_small" && issue.origin === "string" && issue.minimum === 1) {
    return "a text that is not empty";
  }
  if (issue.code === "too_small") return `${issue.minimum} or more${units[issue.origin] ?? ""}`;
  if (issue.code === "too_big") return `${issue.maximum} or less${units[issue.origin] ?? ""}`;
  return issue.message;
}
