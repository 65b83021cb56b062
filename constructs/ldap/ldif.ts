import { KitError, type Problem } from "../../kit/errors";

/** Text, or bytes that are none: a photograph, a certificate. */
export type LdifValue = string | Uint8Array;

/** One entry of an LDIF file (RFC 2849, content records). */
export interface LdifEntry {
  readonly dn: string;
  /** Attributes in file order, values decoded. */
  readonly attributes: readonly (readonly [name: string, value: LdifValue])[];
}

/** An entry with its place in the file. */
export interface LocatedEntry extends LdifEntry {
  /** What the text was called. */
  readonly source: string;
  /** Line of the DN, counted from 1. */
  readonly line: number;
  /** Line of each attribute. */
  readonly lines: readonly number[];
}

/**
 * Reads LDIF content records: comments, folded lines, base64 values, what `slapcat` writes. Change records and values by
 * URL are refused, since the text describes a directory, not an edit of one.
 *
 * @param source what to call the text in errors: its path
 * @throws KitError with every bad line
 */
export function parseLdif(text: string, source: string): LdifEntry[] {
  return locateLdif(text, source).map(({ dn, attributes }) => ({ dn, attributes }));
}

/** As `parseLdif`, with the lines of what is read. @throws KitError with every bad line */
export function locateLdif(text: string, source: string): LocatedEntry[] {
  const problems: Problem[] = [];
  const entries: LocatedEntry[] = [];
  for (const record of records(text)) {
    const lines = record.filter(({ text }) => !/^version:\s*1\s*$/.test(text));
    const pairs = lines.flatMap(({ text, line }) => {
      const pair = parseLine(text);
      if (typeof pair !== "string") return [{ name: pair[0], value: pair[1], line }];
      problems.push({ where: `${source}:${line}`, what: pair, got: shorten(text) });
      return [];
    });
    const [first, ...rest] = pairs;
    if (!first || pairs.length < lines.length) continue;
    const where = `${source}:${first.line}`;
    const of = (name: string) => rest.filter((pair) => pair.name.toLowerCase() === name);
    // An entry that is to be added is the entry.
    const attributes = rest.filter(
      (pair) => !(pair.name.toLowerCase() === "changetype" && pair.value === "add"),
    );
    if (first.name.toLowerCase() !== "dn") {
      const trailer = ["search", "result"].includes(first.name);
      problems.push({
        where,
        what: "an entry must begin with its dn",
        got: first.name,
        ...(trailer && { fix: "ldapsearch leaves this out with -LLL" }),
      });
    } else if (typeof first.value !== "string" || first.value.trim() === "") {
      problems.push({ where, what: "the dn is not a text" });
    } else if (of("changetype").some(({ value }) => value !== "add") || of("control").length > 0) {
      problems.push({ where, what: "change records are not read", fix: "List the entries themselves" });
    } else if (of("objectclass").length === 0) {
      problems.push({ where, what: `entry ${first.value} has no objectClass` });
    } else {
      entries.push({
        dn: first.value,
        attributes: attributes.map(({ name, value }) => [name, value]),
        source,
        line: first.line,
        lines: attributes.map(({ line }) => line),
      });
    }
  }
  if (problems.length > 0) throw new KitError(`${source} is not LDIF that describes a directory`, problems);
  return entries;
}

/** Writes entries as LDIF; what is not plain ASCII becomes base64. */
export function renderLdif(entries: readonly LdifEntry[]): string {
  return entries.map(renderEntry).join("\n");
}

/** One entry with its line ends: as many lines as it has attributes, and one for the DN. */
export function renderEntry({ dn, attributes }: LdifEntry): string {
  const line = (name: string, value: LdifValue) =>
    typeof value === "string" && /^(?![ :<])[\x20-\x7e]*(?<! )$/.test(value)
      ? `${name}: ${value}\n`
      : `${name}:: ${Buffer.from(value as string).toString("base64")}\n`;
  return [line("dn", dn), ...attributes.map(([name, value]) => line(name, value))].join("");
}

/** Values of an attribute, whatever its case, that are text. */
export function textsOf({ attributes }: LdifEntry, attribute: string): string[] {
  return attributes.flatMap(([name, value]) =>
    name.toLowerCase() === attribute.toLowerCase() && typeof value === "string" ? [value] : [],
  );
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
  const groups: { parts: string[]; line: number }[][] = [[]];
  text.split(/\r?\n/).forEach((raw, index) => {
    const group = groups.at(-1) as (typeof groups)[number];
    const last = group.at(-1);
    // A photograph is folded into thousands of lines.
    if (raw.startsWith(" ") && last) last.parts.push(raw.slice(1));
    else if (raw === "") groups.push([]);
    else group.push({ parts: [raw], line: index + 1 });
  });
  return groups
    .map((group) =>
      group
        .map(({ parts, line }) => ({ text: parts.join(""), line }))
        .filter(({ text }) => !text.startsWith("#")),
    )
    .filter((group) => group.length > 0);
}

/** The attribute and its value, or what is wrong with the line. */
function parseLine(text: string): [string, LdifValue] | string {
  const match = /^([A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9-]+)*|\d+(?:\.\d+)*):([:<]?)\s*(.*)$/s.exec(text);
  if (!match) return "a line must be `attribute: value`";
  const [, name = "", kind, value = ""] = match;
  if (kind === "<") return "a value by URL is not read";
  if (kind !== ":") return [name, value];
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) return "the value is not base64";
  const bytes = Buffer.from(value, "base64");
  const decoded = bytes.toString("utf8");
  return [name, Buffer.from(decoded, "utf8").equals(bytes) ? decoded : bytes];
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
