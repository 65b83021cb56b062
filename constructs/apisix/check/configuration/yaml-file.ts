import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type ScalarTag,
  type Tags,
  type YAMLError,
} from "yaml";
import type { Json } from "../../../../kit/json";
import type { ApisixCapabilities } from "../../schema/capabilities";
import type { Key } from "./finding";

/** A configuration file as the release's own reader understands it. */
export class YamlFile {
  readonly document: Document;
  readonly errors: readonly YAMLError[];
  readonly #lines: LineCounter;

  constructor(
    readonly text: string,
    { yamlReader }: ApisixCapabilities,
  ) {
    const { document, lines } = yamlReader === "libyaml" ? parsedIndented(text) : parsed(text, "1.2");
    this.document = document;
    this.#lines = lines;
    this.errors = document.errors;
  }

  /** Whether the file has a value. With a key twice it has one, and of several documents the first counts. */
  get readable(): boolean {
    return this.errors.every(({ code }) => code === "DUPLICATE_KEY" || code === "MULTIPLE_DOCS");
  }

  /** @throws ReferenceError for aliases that lead nowhere or multiply */
  value(): Json {
    return this.document.toJS() as Json;
  }

  lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  /** The line of a value's key, or of the nearest key around it that is in the file. */
  lineOf(path: readonly Key[]): number | undefined {
    let node: unknown = this.document.contents;
    let offset: number | undefined;
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(this.document);
      if (isSeq(node)) {
        node = node.items[Number(key)];
        offset = startOf(node) ?? offset;
      } else if (isMap(node)) {
        const pair = node.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(key));
        offset = startOf(pair?.key) ?? offset;
        node = pair?.value;
      } else {
        break;
      }
    }
    return offset === undefined ? undefined : this.lineAt(offset);
  }
}

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** @param version to tinyyaml `yes` and `on` are texts, as in YAML 1.2 */
function parsed(text: string, version: "1.1" | "1.2"): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version,
    customTags: withReadersTypes,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  return { document, lines };
}

/** To APISIX's readers, dates are texts, and so are `y` and `n`. */
function withReadersTypes(tags: Tags): Tags {
  return tags
    .filter((tag) => typeof tag !== "object" || !tag.tag.endsWith(":timestamp"))
    .map((tag) => {
      if (typeof tag !== "object" || !tag.tag.endsWith(":bool")) return tag;
      const { test, ...same } = tag as ScalarTag;
      return { ...same, test: new RegExp(`^(?![YyNn]$)${test?.source}`) };
    });
}

/** libyaml lets the lines of an inline map or list begin anywhere; the parser wants them further in. */
function parsedIndented(text: string): Parsed {
  const first = parsed(text, "1.1");
  let last = first;
  let indented = text;
  for (let line = 0, times = 0; times < 50; times++) {
    const error = last.document.errors.find(
      ({ code, message }) => code === "BAD_INDENT" && message.startsWith("Flow"),
    );
    if (!error) return last;
    const [at] = error.pos;
    const next = last.lines.linePos(at).line;
    if (next <= line) break;
    line = next;
    indented = `${indented.slice(0, at)}${" ".repeat(40)}${indented.slice(at)}`;
    last = parsed(indented, "1.1");
  }
  return first;
}

function startOf(node: unknown): number | undefined {
  return isPair(node) ? startOf(node.key) : ((node as Node | null | undefined)?.range?.[0] ?? undefined);
}
