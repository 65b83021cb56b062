/**
 * A reader of nothing but what tinyyaml and libyaml read alike: a line is a key, a key with a value, a dash, or a dash
 * with a value; a level is two blanks; a text is in double quotes with escapes that both know. Anything else throws.
 */
export function readSubset(document: string): unknown {
  const lines = document.split("\n");
  if (lines.pop() !== "") throw new Error("the last line has no end");
  const parsed = lines.map(parseLine);
  const { value, next } = readBlock(parsed, 0, 0);
  if (next !== parsed.length) throw new Error(`not read: ${lines[next]}`);
  return value;
}

interface Line {
  readonly level: number;
  /** Undefined for an item of a list. */
  readonly key: string | undefined;
  /** Undefined for what follows on deeper lines. */
  readonly scalar: { readonly value: unknown } | undefined;
}

const quoted = String.raw`"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]|\\[abtnvfre"\\])*"`;
const line = new RegExp(
  String.raw`^((?:  )*)(?:-|([A-Za-z_][A-Za-z0-9_.-]*|${quoted}):)(?: (${quoted}|-?\d+(?:\.\d+)?|true|false|\{\}|\[\]))?$`,
);
const yaml11 = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

function parseLine(written: string): Line {
  const [whole, indent = "", key, scalar] = line.exec(written) ?? [];
  if (whole === undefined) throw new Error(`not in the subset: ${JSON.stringify(written)}`);
  if (key && yaml11.test(key)) throw new Error(`a plain key that is no text: ${key}`);
  return {
    level: indent.length / 2,
    key: key?.startsWith('"') ? unquote(key) : key,
    scalar: scalar === undefined ? undefined : { value: readScalar(scalar) },
  };
}

function readScalar(written: string): unknown {
  if (written === "{}") return {};
  if (written === "[]") return [];
  if (written.startsWith('"')) return unquote(written);
  return written === "true" || written === "false" ? written === "true" : Number(written);
}

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
};

function unquote(written: string): string {
  return written.slice(1, -1).replace(/\\(.)/g, (_, name: string) => escapes[name] ?? name);
}

function readBlock(lines: readonly Line[], start: number, level: number): { value: unknown; next: number } {
  const entries: [string | undefined, unknown][] = [];
  let next = start;
  while (lines[next]?.level === level) {
    const { key, scalar } = lines[next] as Line;
    if (scalar) {
      entries.push([key, scalar.value]);
      next += 1;
    } else {
      const inner = readBlock(lines, next + 1, level + 1);
      if (inner.next === next + 1) throw new Error("nothing on deeper lines");
      entries.push([key, inner.value]);
      next = inner.next;
    }
  }
  const items = entries.filter(([key]) => key === undefined).length;
  if (items !== 0 && items !== entries.length) throw new Error("a list and a map in one");
  const value = items > 0 ? entries.map(([, item]) => item) : Object.fromEntries(entries);
  return { value, next };
}
