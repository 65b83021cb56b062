import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JamesRelease, jamesFlavours } from "../../constructs/james/james-release";
import { exists, faultsOf, knownOf, knownVersions, toldOf } from "../../constructs/james/known-releases";
import { packageRoot } from "../../kit/package-root";
import { defaultReferences } from "../../platform/image-references";
import { builtJames, jamesOf } from "../../platform/image-set";

const release = (text: string) => JamesRelease.parse(text) as JamesRelease;
const names = (text: string) => faultsOf(release(text)).map(({ name }) => name);

describe("what a tag says", () => {
  it.each([
    ["memory-3.8.2", "memory-3.8.2"],
    ["memory-3.8.2-kit", "memory-3.8.2+kit"],
    ["memory-3.8.2+kit", "memory-3.8.2+kit"],
    ["postgres-3.10.0-SNAPSHOT", "postgres-3.10.0"],
    ["distributed-3.9.1-jre", "distributed-3.9.1"],
  ])("%s", (tag, text) => {
    expect(`${JamesRelease.parse(tag)}`).toBe(text);
    expect(JSON.stringify(release(tag))).toBe(`"${text}"`);
  });

  it.each(["3.8.2", "memory", "memory-3.8", "demo-3.8.2", "my-memory-3.8.2", "latest"])(
    "nothing: %s",
    (tag) => {
      expect(JamesRelease.parse(tag)).toBeUndefined();
    },
  );
});

describe("what is known of a James", () => {
  it.each([
    ["memory-3.8.0", ["CVE-2024-37358", "CVE-2024-45626"]],
    ["memory-3.8.1+kit", []],
    ["memory-3.8.2", []],
    ["memory-3.8.10", []],
    ["memory-3.9.0", ["IMAP garbled"]],
    ["memory-3.9.7", ["IMAP garbled"]],
    ["postgres-3.10.0", ["IMAP garbled"]],
    ["postgres-3.9.0", ["IMAP garbled"]],
    ["postgres-3.9.0+kit", []],
    ["jpa-3.8.2", ["no JMAP"]],
    ["distributed-3.8.1", ["no files of the kit", "CVE-2024-37358", "CVE-2024-45626"]],
  ])("%s", (text, found) => {
    expect(names(text)).toEqual(found);
  });

  it("what the kit runs by default is refused by nothing, and has no CVE that a newer pin would not have", () => {
    for (const known of [
      builtJames,
      jamesOf(defaultReferences.james),
      jamesOf(defaultReferences.jamesPostgres),
    ]) {
      expect(faultsOf(known).filter(({ outcome }) => outcome === "refused")).toEqual([]);
    }
    expect(toldOf(jamesOf(defaultReferences.james))).toEqual([]);
  });

  it("a CVE is told with the release that has it no more, and that nobody has run it", () => {
    expect(toldOf(release("memory-3.8.0"))).toEqual([
      expect.stringMatching(/^CVE-2024-37358: .*\. Run 3\.8\.2$/),
      expect.stringMatching(/^CVE-2024-45626: .*\. Run 3\.8\.2$/),
      expect.stringContaining("nobody has run the kit's files on it"),
    ]);
  });

  it("PostgreSQL came with 3.9, Cassandra alone went with 3.10", () => {
    const there = (text: string) => exists(release(text));
    expect(["postgres-3.8.2", "postgres-3.9.0", "cassandra-3.9.0", "cassandra-3.10.0"].map(there)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it("docs/james.md has all of it", () => {
    const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const table = [
      row(["", ...knownVersions]),
      row(["---", ...knownVersions.map(() => "---")]),
      ...jamesFlavours.map((flavour) =>
        row([flavour, ...knownVersions.map((version) => knownOf(flavour, version))]),
      ),
    ].join("\n");
    expect(readFileSync(join(packageRoot, "docs/james.md"), "utf8")).toContain(table);
  });
});
