import { isAlias, isCollection, isScalar, isSeq, type Node, Scalar, visit } from "yaml";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { ApisixFinding } from "./configuration/finding";
import type { YamlFile } from "./configuration/yaml-file";

/** What is wrong with the file before anything in it has a meaning. */
export function fileFindings(
  file: YamlFile,
  apisix: ApisixCapabilities,
  variables: ReadonlySet<string> | undefined,
): ApisixFinding[] {
  return [
    ...endMark(file),
    ...yamlErrors(file, apisix),
    ...(apisix.yamlReader === "tinyyaml" ? tinyyamlFindings(file) : []),
    ...(variables ? missingVariables(file, apisix, variables) : []),
  ];
}

/** APISIX looks for the mark in the last ten bytes. */
function endMark({ text }: YamlFile): ApisixFinding[] {
  const end = Buffer.from(text).subarray(-10).toString("latin1");
  if (/#END\s*$/.test(end)) return [];
  return [
    {
      severity: "error",
      where: "file",
      line: text.split("\n").length,
      what: /#END\s*$/.test(text)
        ? "more than six blanks or line breaks follow `#END`"
        : "`#END` is missing at the end",
      why: "APISIX takes the file for one that is still being written, ignores it and keeps what it had: nothing, after a start",
      fix: "Make `#END` the last line",
    },
  ];
}

function yamlErrors(file: YamlFile, { yamlReader }: ApisixCapabilities): ApisixFinding[] {
  return file.errors.slice(0, 20).map((error) => {
    const line = file.lineAt(error.pos[0]);
    if (error.code === "MULTIPLE_DOCS") {
      return {
        severity: "error",
        where: "file",
        line,
        what: "a second YAML document begins",
        why: "APISIX reads the first only",
        fix: "Put everything into one document, without `---`",
      };
    }
    if (error.code !== "DUPLICATE_KEY") {
      return {
        severity: "error",
        where: "file",
        line,
        what: `it is not YAML: ${error.message}`,
        why: "APISIX cannot read any of it",
        fix: "Correct the line, or the indentation of the one before",
      };
    }
    return {
      severity: "error",
      where: "file",
      line,
      what: "the key is there twice in the same map",
      why:
        yamlReader === "libyaml"
          ? "only the last one counts"
          : "APISIX's reader renames the second, as `uri_1`, and it has no effect",
      fix: "Leave one of them",
    };
  });
}

/** tinyyaml, with which releases before 3.10 read, knows a part of YAML and misreads the rest. Each was tried. */
function tinyyamlFindings(file: YamlFile): ApisixFinding[] {
  const found: ApisixFinding[] = [];
  const report = (
    node: Node,
    severity: ApisixFinding["severity"],
    what: string,
    why: string,
    fix = "Write it in block style, a line a value",
  ) => {
    const offset = node.range?.[0] ?? 0;
    found.push({ severity, where: "file", line: file.lineAt(offset), what, why, fix });
  };
  const unreadable = "this release's YAML reader fails on it, and APISIX reads nothing of the file";
  visit(file.document, {
    Pair(_, { key, value }) {
      const end =
        isScalar(value) && value.value === null && value.source === "" ? value.range?.[2] : undefined;
      if (end === undefined || !isScalar(key) || !/^\s*-/.test(file.text.slice(end))) return;
      const what = `\`${key.value}\` has no value, and an item of a list follows`;
      const why =
        "this release's YAML reader takes the items that follow for its value, whatever their indentation";
      report(key, "error", what, why, "Give it a value, as `{}`, or leave it out");
    },
    Node(_, node, path) {
      const inList = isSeq(path.at(-1));
      if (isAlias(node) || node.anchor) {
        report(
          node,
          "error",
          "an anchor or alias",
          "this release's YAML reader takes `&a` and `*a` for text",
        );
      } else if (isCollection(node) && node.flow && node.items.length > 0) {
        if (inList) report(node, "error", "an inline map or list as an item of a list", unreadable);
        else if (holdsOtherThanText(node)) {
          report(
            node,
            "warning",
            "an inline map or list with a number, true, false or null",
            "this release's YAML reader makes texts of them, which a schema may refuse",
          );
        }
        return visit.SKIP;
      } else if (isScalar(node) && typeof node.value === "string") {
        const source = file.text.slice(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
        const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
        const quoted = "Put it on one line in double quotes, with `\\n` for a line break";
        if (isBlock && inList)
          report(node, "error", "a text of several lines as an item of a list", unreadable, quoted);
        else if (!isBlock && source.includes("\n")) {
          report(node, "error", "a text that goes over several lines", unreadable, quoted);
        } else if (node.type === Scalar.QUOTE_SINGLE && node.value.includes("'")) {
          const why = "this release's YAML reader ends the text at the first `'`";
          report(node, "error", "`''` inside single quotes", why, "Use double quotes");
        }
      }
      return undefined;
    },
  });
  return found;
}

function holdsOtherThanText(collection: Node): boolean {
  let found = false;
  visit(collection, {
    Scalar(key, { value }) {
      if (key !== "key" && typeof value !== "string") found = true;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

/** `${{NAME}}`, or `${{NAME:=default}}`. */
const reference = /\$\{\{\s*(\w+[:=]?[\s\S]*?)\s*\}\}/g;

function missingVariables(
  file: YamlFile,
  { environmentReplacedIn }: ApisixCapabilities,
  variables: ReadonlySet<string>,
): ApisixFinding[] {
  const reported = new Set<string>();
  const found: ApisixFinding[] = [];
  const look = (text: string, lineOf: (index: number) => number) => {
    for (const { 1: inner = "", index } of text.matchAll(reference)) {
      const name = inner.replace(/:=[\s\S]*/, "");
      if (inner.includes(":=") || variables.has(name) || reported.has(name)) continue;
      reported.add(name);
      found.push({
        severity: "error",
        where: "file",
        line: lineOf(index),
        what: `the environment has no variable ${name}`,
        why: "APISIX refuses to start",
        fix: `Set ${name} for APISIX`,
      });
    }
  };
  if (environmentReplacedIn === "text") {
    // Comments included.
    look(file.text, (index) => file.text.slice(0, index).split("\n").length);
  } else {
    visit(file.document, {
      Scalar(key, node) {
        const line = file.lineAt(node.range?.[0] ?? 0);
        if (key !== "key" && typeof node.value === "string") look(node.value, () => line);
      },
    });
  }
  return found;
}
