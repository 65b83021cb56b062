import { LineCounter, parseDocument } from "yaml";
import { KitError } from "./errors";

export interface ReadYaml {
  readonly written: Readonly<Record<string, unknown>>;
  /** Line of the value at a path, counted from 1; undefined where nothing is. */
  lineAt(path: readonly PropertyKey[]): number | undefined;
}

/** Bytes of an environment file; those of people by the thousand are a tenth of it. */
const sizeLimit = 4 * 1024 * 1024;

/**
 * Reads a text of keys with values; an empty one has none.
 *
 * @param source what to call the text in errors: its path
 * @throws KitError when it is not YAML, or something else than keys
 */
export function readYaml(text: string, source: string): ReadYaml {
  const refused = (where: string, what: string) =>
    new KitError(`environment ${source} is not YAML`, [{ where, what }]);
  if (text.length > sizeLimit) throw refused(source, `too large: ${text.length} characters`);
  const lines = new LineCounter();
  const { document, written } = parsed(text, lines, (what) => refused(source, what));
  if (document.errors.length > 0) {
    throw new KitError(
      `environment ${source} is not YAML`,
      document.errors.map((error) => ({
        where: `${source}:${lines.linePos(error.pos[0]).line}`,
        what: error.message,
      })),
    );
  }
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw new KitError(`environment ${source} is not valid`, [
      {
        where: source,
        what: "not settings",
        got: written,
        allowed: "keys with values, as `domain: example.com`",
      },
    ]);
  }
  return {
    written: written as ReadYaml["written"],
    lineAt(path) {
      const { range } = (document.getIn(path, true) ?? {}) as { range?: [number] };
      return range && lines.linePos(range[0]).line;
    },
  };
}

/** Aliases are resolved here: one may lead nowhere, in a circle, or be repeated without end; nesting may be without end. */
function parsed(text: string, lineCounter: LineCounter, refused: (what: string) => KitError) {
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: "error" });
    const written: unknown = document.errors.length > 0 ? undefined : (document.toJS() ?? {});
    if (!canBeWalked(written)) throw refused("its aliases make it too large, or one stands in what it names");
    return { document, written };
  } catch (error) {
    if (error instanceof KitError) throw error;
    throw refused(error instanceof RangeError ? "it is nested too deep" : (error as Error).message);
  }
}

/** Values that settings are made of; those of ten thousand people are half of it. */
const valueLimit = 100_000;

/** Whether all of it can be walked through, the same thing again wherever it stands. */
function canBeWalked(written: unknown): boolean {
  const open = [written];
  for (let count = 0; count < valueLimit; count += 1) {
    if (open.length === 0) return true;
    const value = open.pop();
    if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) open.push(inner);
    }
  }
  return false;
}

/** A text at the top level of what need not be valid. */
export function topLevelText(text: string, key: string): string | undefined {
  if (text.length > sizeLimit) return undefined;
  try {
    const value: unknown = parseDocument(text, { logLevel: "silent" }).get?.(key);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
