import { KitError, type Problem } from "../../config/errors";

/** One entry of an LDIF file (RFC 2849, content records). */
export interface LdifEntry {
  readonly dn: string;
  /** Attributes in file order, values decoded. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads LDIF content records: comments, folded lines, base64 values. Change records and values by URL are refused,
 * since the text describes a directory, not an edit of one.
 *
 * @param source what to call the text in errors: its path
 * @throws KitError with every bad line
 */
export function parseLdif(text: string, source: string): LdifEntry[] {
  const problems: Problem[] = [];
  const entries: LdifEntry[] = [];
  for (const record of records(text)) {
    const lines = record.filter(({ text }) => !/^version:\s*1\s*$/.test(text));
    const pairs = lines.flatMap(({ text, line }) => {
      const pair = parseLine(text);
      if (typeof pair !== "string") return [pair];
      problems.push({ where: `${source}:${line}`, what: pair, got: text });
      return [];
    });
    const [first, ...attributes] = pairs;
    if (!first || pairs.length < lines.length) continue;
    const where = `${source}:${lines[0]?.line}`;
    if (first[0].toLowerCase() !== "dn") {
      problems.push({ where, what: "an entry must begin with its dn", got: first[0] });
    } else if (attributes.some(([name]) => name.toLowerCase() === "changetype")) {
      problems.push({ where, what: "change records are not read", fix: "List the entries themselves" });
    } else if (!attributes.some(([name]) => name.toLowerCase() === "objectclass")) {
      problems.push({ where, what: `entry ${first[1]} has no objectClass` });
    } else {
      entries.push({ dn: first[1], attributes });
    }
  }
  if (problems.length > 0) throw new KitError(`${source} is not LDIF that describes a directory`, problems);
  return entries;
}

/** Writes entries as LDIF; what is not plain ASCII becomes base64. */
export function renderLdif(entries: readonly LdifEntry[]): string {
  const line = (name: string, value: string) =>
    /^(?![ :<])[\x20-\x7e]*(?<! )$/.test(value)
      ? `${name}: ${value}`
      : `${name}:: ${Buffer.from(value).toString("base64")}`;
  return entries
    .map(({ dn, attributes }) => [line("dn", dn), ...attributes.map(([n, v]) => line(n, v)), ""].join("\n"))
    .join("\n");
}

/** A DN as it is compared: attribute types and values are case-insensitive, spaces around separators do not count. */
export function normalizeDn(dn: string): string {
  return dn
    .split(/(?<!\\),/)
    .map((rdn) => rdn.trim().replace(/\s*=\s*/, "="))
    .join(",")
    .toLowerCase();
}

interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Groups of logical lines, unfolded and without comments. */
function records(text: string): Line[][] {
  const groups: Line[][] = [[]];
  text.split(/\r?\n/).forEach((raw, index) => {
    const group = groups.at(-1) as Line[];
    const last = group.at(-1);
    if (raw.startsWith(" ") && last) {
      group[group.length - 1] = { ...last, text: last.text + raw.slice(1) };
    } else if (raw === "") {
      groups.push([]);
    } else {
      group.push({ text: raw, line: index + 1 });
    }
  });
  return groups
    .map((group) => group.filter(({ text }) => !text.startsWith("#")))
    .filter((group) => group.length);
}

/** The attribute and its value, or what is wrong with the line. */
function parseLine(text: string): [string, string] | string {
  const match = /^([A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*|\d+(?:\.\d+)*):([:<]?)\s*(.*)$/.exec(text);
  if (!match) return "a line must be `attribute: value`";
  const [, name = "", kind, value = ""] = match;
  if (kind === "<") return "a value by URL is not read";
  if (kind !== ":") return [name, value];
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) return "the value is not base64";
  return [name, Buffer.from(value, "base64").toString("utf8")];
}
