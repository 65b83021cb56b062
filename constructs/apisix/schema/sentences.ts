import type { ErrorObject } from "ajv";
import { isObject } from "../../../kit/json";
import { isReference } from "../values/reference";
import type { Schema } from "./facts";

export interface SchemaProblem {
  /** Path from the value, as `headers.set.X-A` or `methods.0`; empty for the value itself. */
  readonly path: string;
  /** A sentence without its final stop. It never shows a text of the value, which may be a secret. */
  readonly message: string;
}

/** What a validator found, in sentences, each once. Of alternatives that all fail, one sentence tells what was meant. */
export function sentences(errors: readonly ErrorObject[], takesReferences: boolean): SchemaProblem[] {
  const byText = new Map<string, SchemaProblem>();
  for (const problem of explain(errors.filter((error) => !isAccepted(error, takesReferences)))) {
    byText.set(`${problem.path}\n${problem.message}`, problem);
  }
  return [...byText.values()];
}

/** What the JSON Schema standard refuses and APISIX does not. */
function isAccepted({ keyword, data, schema }: ErrorObject, takesReferences: boolean): boolean {
  if (keyword !== "type") return takesReferences && typeof data === "string" && isReference(data);
  // To Lua, an empty map and an empty list are the same.
  return (schema === "object" || schema === "array") && isEmpty(data);
}

function isEmpty(data: unknown): boolean {
  return typeof data === "object" && data !== null && Object.keys(data).length === 0;
}

function explain(errors: readonly ErrorObject[]): SchemaProblem[] {
  const alternatives = errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf");
  const outermost = errors.filter((error) => !alternatives.some((other) => isInside(error, other)));
  return outermost.flatMap((error) => {
    if (alternatives.includes(error)) return explainAlternatives(error, errors);
    const problem = sentence(error);
    return problem ? [problem] : [];
  });
}

function isInside(error: ErrorObject, other: ErrorObject): boolean {
  return (
    error !== other &&
    error.schemaPath.startsWith(`${other.schemaPath}/`) &&
    `${error.instancePath}/`.startsWith(`${other.instancePath}/`)
  );
}

function explainAlternatives(error: ErrorObject, errors: readonly ErrorObject[]): SchemaProblem[] {
  const branches = error.schema as readonly Schema[];
  const path = pathOf(error);
  const passing: unknown = error.params.passingSchemas;
  if (Array.isArray(passing)) {
    const names = [...new Set(passing.flatMap((index: number) => requiredOf(branches[index])))];
    return [{ path, message: exclusionOf(names) }];
  }
  const missing = isObject(error.data) ? firstMissing(branches, error.data) : [];
  if (missing.length > 0) {
    const what = path === "" ? `${or(missing)} is missing` : `${subject(path)} lacks ${or(missing)}`;
    return [{ path, message: what }];
  }
  const [meant] = branches
    .map((branch, index) => ({ branch, found: errors.filter((inner) => isInBranch(inner, error, index)) }))
    .filter(({ branch, found }) => !branch.title && found.length > 0 && !isOfAnotherKind(found, error))
    .sort((one, other) => likeness(other.branch, error.data) - likeness(one.branch, error.data));
  if (meant) return explain(meant.found);
  const kinds = or([...new Set(branches.flatMap(kindNames))]);
  return [{ path, message: `${subject(path)} must be ${kinds}, got ${kindOf(error.data)}` }];
}

function isInBranch(error: ErrorObject, alternatives: ErrorObject, index: number): boolean {
  return isInside(error, alternatives) && error.schemaPath.startsWith(`${alternatives.schemaPath}/${index}/`);
}

function isOfAnotherKind(found: readonly ErrorObject[], { instancePath }: ErrorObject): boolean {
  return found.some((error) => error.keyword === "type" && error.instancePath === instancePath);
}

/** How many of a map's options an alternative knows. */
function likeness({ properties }: Schema, data: unknown): number {
  return Object.keys(properties ?? {}).filter((name) => has(data, name)).length;
}

/** Of the alternatives that lack the fewest options, the first option that each lacks; none where no alternative requires any. */
function firstMissing(branches: readonly Schema[], data: unknown): string[] {
  const missing = branches.map((branch) => requiredOf(branch).filter((name) => !has(data, name)));
  const least = Math.min(...missing.map(({ length }) => length));
  const nearest = missing.filter(({ length }) => length === least);
  return [...new Set(nearest.flatMap((names) => names.slice(0, 1).map(quoted)))];
}

function sentence(error: ErrorObject): SchemaProblem | undefined {
  const path = pathOf(error);
  const { keyword, params, data, schema } = error;
  const about = (text: string) => ({ path, message: `${subject(path)} ${text}` });
  const bound = (text: string) => about(`must be ${text} ${params.limit}, got ${data}`);
  switch (keyword) {
    case "required": {
      const missing = join(path, String(params.missingProperty));
      return { path: missing, message: `${subject(missing)} is missing` };
    }
    case "additionalProperties": {
      const extra = join(path, String(params.additionalProperty));
      const known = Object.keys((error.parentSchema as Schema | undefined)?.properties ?? {}).map(quoted);
      return {
        path: extra,
        message: `${subject(extra)} is no option here${known.length <= 8 ? `: there are ${and(known)}` : ""}`,
      };
    }
    case "type":
      return about(`must be ${or(kindNames({ type: schema }))}, got ${kindOf(data)}`);
    case "minimum":
      return bound("at least");
    case "exclusiveMinimum":
      return bound("above");
    case "maximum":
      return bound("at most");
    case "exclusiveMaximum":
      return bound("below");
    case "minLength":
      return about(params.limit === 1 ? "must not be empty" : `must have ${params.limit} characters or more`);
    case "maxLength":
      return about(`must not have more than ${params.limit} characters, got ${String(data).length}`);
    case "minItems":
      return about(params.limit === 1 ? "must not be empty" : `must have ${params.limit} items or more`);
    case "maxItems":
      return about(`must not have more than ${params.limit} items`);
    case "minProperties":
      return about("must not be empty");
    case "uniqueItems":
      return about("must not hold the same item twice");
    case "enum":
      return about(`must be one of ${(schema as unknown[]).map(String).join(", ")}`);
    case "const":
      return about(`must be ${String(schema)}`);
    case "pattern":
      return about(`must match ${params.pattern}`);
    case "format":
      return about(`must be an ${params.format} address`);
    case "not":
      return { path, message: exclusion(error) };
    case "if":
      // What its `then` or `else` refuses is an error of its own.
      return undefined;
    default:
      return about(`does not fit the schema's \`${keyword}\``);
  }
}

/** `not` stands for options that exclude each other. */
function exclusion({ schema, data, schemaPath }: ErrorObject): string {
  const unwanted = schema as Schema;
  const groups = ((unwanted.anyOf as readonly Schema[] | undefined) ?? [unwanted]).map(requiredOf);
  const found = groups.find((names) => names.length > 0 && names.every((name) => has(data, name))) ?? [];
  const depending = /\/dependencies\/([^/]+)\/not$/.exec(schemaPath)?.[1];
  return exclusionOf([...(depending ? [depending] : []), ...found]);
}

function exclusionOf(names: readonly string[]): string {
  const sorted = [...names].sort().map(quoted);
  return sorted.length > 1
    ? `${and(sorted)} exclude each other`
    : `${sorted[0] ?? "something"} must not be there`;
}

/** The options that an alternative asks for. */
function requiredOf(branch: Schema | undefined): readonly string[] {
  return Array.isArray(branch?.required) ? (branch.required as string[]) : [];
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
};

function kindNames({ title, type }: Schema): string[] {
  if (typeof title === "string") return [title];
  const types = Array.isArray(type) ? type : type === undefined ? ["object"] : [type];
  return types.map((one) => typeWords[String(one)] ?? String(one));
}

/** The value of a number, the kind of anything else: a text may be a secret. */
function kindOf(data: unknown): string {
  if (data === null || data === undefined || isEmpty(data)) return "nothing";
  if (typeof data === "number" || typeof data === "boolean") return String(data);
  return typeWords[Array.isArray(data) ? "array" : typeof data] ?? typeof data;
}

function pathOf({ instancePath }: ErrorObject): string {
  const keys = instancePath.split("/").slice(1);
  return keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** What a sentence is about: the option's own name; of a list's item, the list's name and the item's place. */
function subject(path: string): string {
  const [, list, index] = /(?:^|\.)([^.]+)\.(\d+)$/.exec(path) ?? [];
  if (list !== undefined) return `item ${Number(index) + 1} of ${quoted(list)}`;
  return path === "" ? "it" : quoted(path.slice(path.lastIndexOf(".") + 1));
}

function quoted(name: string): string {
  return `\`${name}\``;
}

function or(items: readonly string[]): string {
  return listing(items, "or");
}

function and(items: readonly string[]): string {
  return listing(items, "and");
}

function listing(items: readonly string[], word: string): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

function has(data: unknown, name: string): boolean {
  return isObject(data) && data[name] !== undefined;
}
