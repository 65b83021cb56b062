/** What a YAML document can hold here. A map's entry that is undefined is left out. */
export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;

export interface YamlMap {
  readonly [key: string]: YamlValue | undefined;
}

/**
 * A YAML document in what both of APISIX's readers take alike: tinyyaml (before 3.10), which knows a part of YAML, and
 * libyaml, which knows YAML 1.1. So: block style, two blanks a level, every text in double quotes on one line, nothing
 * that needs a tag, an anchor or an implicit type.
 *
 * @throws Error for a value that the two do not read alike: ask `textProblem`, `keyProblem` and `numberProblem` before
 */
export function renderYaml(document: YamlMap): string {
  const lines: string[] = [];
  writeMap(document, "", lines);
  return lines.map((line) => `${line}\n`).join("");
}

function writeMap(map: YamlMap, indent: string, lines: string[]): void {
  for (const [key, value] of Object.entries(map)) {
    if (value !== undefined) writeValue(`${indent}${renderKey(key)}:`, value, indent, lines);
  }
}

function writeValue(start: string, value: YamlValue, indent: string, lines: string[]): void {
  if (typeof value !== "object") {
    lines.push(`${start} ${renderScalar(value)}`);
  } else if (isEmpty(value)) {
    lines.push(`${start} ${Array.isArray(value) ? "[]" : "{}"}`);
  } else if (isList(value)) {
    lines.push(start);
    for (const item of value) writeValue(`${indent}  -`, item, `${indent}  `, lines);
  } else {
    lines.push(start);
    writeMap(value, `${indent}  `, lines);
  }
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function isEmpty(value: readonly YamlValue[] | YamlMap): boolean {
  return Object.values(value).every((item) => item === undefined);
}

function renderScalar(value: string | number | boolean): string {
  if (typeof value === "boolean") return `${value}`;
  const problem = typeof value === "number" ? numberProblem(value) : textProblem(value);
  if (problem) throw new Error(problem);
  return typeof value === "number" ? `${value}` : quote(value);
}

function renderKey(key: string): string {
  const problem = keyProblem(key);
  if (problem) throw new Error(problem);
  return /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key) && !yaml11Words.has(key.toLowerCase()) ? key : quote(key);
}

/** Plain words that YAML 1.1 reads as a boolean or as nothing. */
const yaml11Words = new Set(["y", "n", "yes", "no", "on", "off", "true", "false", "null"]);

/** The escapes that both readers know. tinyyaml has no `\x` and no `\u` that work. */
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
};

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it escapes
  return `"${text.replace(/[\\"\x07-\r\x1b]/g, (character) => escapes[character] ?? character)}"`;
}

/**
 * Control characters without an escape in both, what libyaml takes for a line break inside quotes (U+0085, U+2028,
 * U+2029), and what is no character (half a surrogate pair, U+FEFF, U+FFFE, U+FFFF).
 */
const inexpressible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
  /[\0-\x06\x0e-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\p{Surrogate}]/u;

/** Why a text cannot be written, or undefined. */
export function textProblem(text: string): string | undefined {
  const found = inexpressible.exec(text)?.[0];
  return found === undefined
    ? undefined
    : `the character U+${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")} cannot be told to APISIX`;
}

/** Why a number cannot be written, or undefined. tinyyaml knows no exponents. */
export function numberProblem(value: number): string | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(`${value}`)
    ? undefined
    : "not a number that can be written without an exponent";
}

/** Why a map's key cannot be written, or undefined. */
export function keyProblem(key: string): string | undefined {
  // libyaml looks no further for the colon after a key.
  if (key.length > 500) return "a key of more than 500 characters cannot be told to APISIX";
  return isText(key) ? textProblem(key) : `the key ${JSON.stringify(key)} is no text to APISIX`;
}

/** tinyyaml gives a key a type even when it is quoted, and libyaml's binding merges maps by `<<`. */
function isText(key: string): boolean {
  if (key === "<<") return false;
  const text = key.replace(/^\s+/, "");
  if (/^(?:#|\{|\[|\||>|\d{4}-\d\d-\d\d)/.test(text)) return false;
  const word = text.replace(/\s*#.*$/s, "");
  return !/^(?:|~|!|null|Null|NULL|true|True|TRUE|false|False|FALSE|[+-]?\d+(?:\.\d*)?|[+-]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(
    word,
  );
}
