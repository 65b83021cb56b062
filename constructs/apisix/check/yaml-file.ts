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
  type YAMLError,
} from "yaml";
import type { Json } from "../../json";
import type { ApisixCapabilities } from "../capabilities";
import type { Key } from "./finding";

/** A configuration file as the release's own reader understands it. */
export class YamlFile {
  readonly document: Document;
  readonly errors: readonly YAMLError[];
  readonly #lines = new LineCounter();

  constructor(
    readonly text: string,
    { yamlReader }: ApisixCapabilities,
  ) {
    this.document = parseDocument(text, {
      // To tinyyaml `yes` and `on` are texts, as in YAML 1.2.
      version: yamlReader === "libyaml" ? "1.1" : "1.2",
      // APISIX has no use for dates, and its readers make texts of them.
      customTags: (tags) => tags.filter((tag) => typeof tag !== "object" || !tag.tag.endsWith(":timestamp")),
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: "error",
    });
    this.errors = this.document.errors;
  }

  /** Whether there is a value; one with a key twice has one. */
  get readable(): boolean {
    return this.errors.every(({ code }) => code === "DUPLICATE_KEY");
  }

  /** @throws ReferenceError for aliases that lead nowhere or multiply */
  value(): Json {
    return this.document.toJS() as Json;
  }

  lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }

  /** Where a value is, told by its key; the nearest thing around it that there is. */
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

function startOf(node: unknown): number | undefined {
  return isPair(node) ? startOf(node.key) : ((node as Node | null | undefined)?.range?.[0] ?? undefined);
}
