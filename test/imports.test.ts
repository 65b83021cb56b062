import { describe, expect, it } from "vitest";
import { packageRoot } from "../kit/package-root";
import {
  againstFloors,
  circlesOfFiles,
  circlesOfFolders,
  type Import,
  importsOf,
  sourceTexts,
} from "./import-rules";

describe("the project's imports", () => {
  const imports = importsOf(sourceTexts(packageRoot));

  it("go down: kit, constructs, setup, platform, config, stacks, smoke, testing, operations, cli, exports", () => {
    expect(againstFloors(imports)).toEqual([]);
  });

  it("make no circle of files", () => {
    expect(circlesOfFiles(imports)).toEqual([]);
  });

  it("make no circle of folders", () => {
    expect(circlesOfFolders(imports)).toEqual([]);
  });
});

/** The imports of a project with these files. */
function project(texts: Record<string, string>): Import[] {
  return importsOf(new Map(Object.entries(texts)));
}

describe("what is found", () => {
  it.each([
    ["a value", 'import { b } from "../cli/b";'],
    ["a type", 'import type { B } from "../cli/b";'],
    ["an effect", 'import "../cli/b";'],
    ["over several lines", 'import {\n  a,\n  b,\n} from "../cli/b";'],
    ["an export", 'export * from "../cli/b";'],
    ["while it runs", 'const b = await import("../cli/b");'],
    ["a type in a type", 'let b: typeof import("../cli/b");'],
    ["by require", "const b = require('../cli/b');"],
  ])("an import upwards: %s", (_, text) => {
    expect(againstFloors(project({ "kit/a.ts": text, "cli/b.ts": "" }))).toEqual([
      "kit/a.ts imports cli/b.ts, but kit/ may import only kit",
    ]);
  });

  it("an import of tests, and of the file above all floors", () => {
    const imports = project({
      "cli/a.ts": 'import "../test/template";\nimport { b } from "..";',
      "index.ts": 'import "./cli/a";',
    });
    expect(againstFloors(imports).map((found) => found.replace(/, but.*/, ""))).toEqual([
      "cli/a.ts imports test/template",
      "cli/a.ts imports index.ts",
    ]);
  });

  it("nothing in imports downwards, of neighbours and of packages", () => {
    const imports = project({
      "cli/a.ts": 'import "../kit/c";\nimport "./b";\nimport "zod";',
      "cli/b.ts": "",
      "kit/c.ts": "",
      "main.ts": 'import "./cli/a";',
    });
    expect(imports).toHaveLength(3);
    expect([...againstFloors(imports), ...circlesOfFiles(imports), ...circlesOfFolders(imports)]).toEqual([]);
  });

  it("a circle of files, in one folder", () => {
    const imports = project({
      "kit/a.ts": 'import "./b";',
      "kit/b.ts": 'import type { C } from "./c";',
      "kit/c.ts": 'const a = () => import("./a.js");\nimport "./d";',
      "kit/d.ts": "",
    });
    expect(circlesOfFiles(imports)).toEqual([
      "circle of files:\n  kit/a.ts imports kit/b.ts\n  kit/b.ts imports kit/c.ts\n  kit/c.ts imports kit/a.ts",
    ]);
    expect(circlesOfFolders(imports)).toEqual([]);
  });

  it("a circle of a folder's own files and a folder in it", () => {
    const imports = project({
      "smoke/a.ts": 'import "./steps/b";',
      "smoke/steps/b.ts": 'import "../c";',
      "smoke/c.ts": "",
    });
    expect(circlesOfFiles(imports)).toEqual([]);
    expect(circlesOfFolders(imports)).toEqual([
      "circle of folders, smoke/*.ts → smoke/steps → smoke/*.ts:\n  smoke/a.ts imports smoke/steps/b.ts\n  smoke/steps/b.ts imports smoke/c.ts",
    ]);
  });

  it("a circle of folders by way of generated code", () => {
    const imports = project({
      "constructs/terraform/a.ts": 'export { B } from "../engine/bindings/b";',
      "constructs/engine/c.ts": 'import "../terraform/a";',
    });
    expect(circlesOfFolders(imports)).toEqual([
      "circle of folders, constructs/engine → constructs/terraform → constructs/engine:\n  constructs/engine/c.ts imports constructs/terraform/a.ts\n  constructs/terraform/a.ts imports constructs/engine/bindings/b",
    ]);
  });

  it("a circle of folders by way of folders in them", () => {
    const imports = project({
      "constructs/ldap/a.ts": 'import "../keycloak/model/b";',
      "constructs/keycloak/model/b.ts": "",
      "constructs/keycloak/server/c.ts": 'import "../../ldap/a";',
    });
    expect(circlesOfFolders(imports)).toEqual([
      "circle of folders, constructs/keycloak → constructs/ldap → constructs/keycloak:\n  constructs/keycloak/server/c.ts imports constructs/ldap/a.ts\n  constructs/ldap/a.ts imports constructs/keycloak/model/b.ts",
    ]);
  });
});
