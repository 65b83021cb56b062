import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { apiPages, apiReport } from "../../scripts/api-report";

it("docs/api/ is what the package exports; `npm run generate` writes it", () => {
  const folder = join(packageRoot, "docs/api");
  const written = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(apiReport()));
});

it("every file of exports/ is a path of the package, and a part of the whole unless it is for tests", () => {
  const { exports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const files = readdirSync(join(packageRoot, "exports")).map((file) => file.replace(/\.ts$/, ""));
  const paths = Object.keys(exports).filter((path) => !/^\.$|\.json$/.test(path));
  expect(paths.map((path) => path.slice(2)).sort()).toEqual(files.sort());
  const whole = readFileSync(join(packageRoot, "index.ts"), "utf8");
  const parts = [...whole.matchAll(/from "\.\/exports\/(.*)"/g)].map(([, file]) => file);
  expect([...parts, "localhost", "testing"].sort()).toEqual(files);
});

/** The page of path `./a` of a package with these declarations. */
function pageOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const names = Object.keys(files).filter((path) => !path.includes("/"));
  const exports = Object.fromEntries(
    names.map((path) => [`./${path.replace(".d.ts", "")}`, { types: `./dist/${path}` }]),
  );
  return apiPages(folder, { name: "kit", exports }).get("a.md") as string;
}

describe("a page", () => {
  it("has the declarations behind exports, by name, without private members", () => {
    const page = pageOf({
      "a.d.ts": 'export { Zebra, type Bee as Ant } from "./in/animals";\nexport * from "./in";\n',
      "in/animals.d.ts":
        "export interface Bee {\n    readonly legs: 6;\n}\nexport declare class Zebra {\n    #private;\n    private readonly a;\n    readonly b: string;\n    private constructor();\n}\n",
      "in/index.d.ts": "export declare function eat(what: string): void;\nexport {};\n",
    });
    expect(page).toContain(
      "```ts\nexport interface Bee {\n    readonly legs: 6;\n}\n\nexport class Zebra {\n    readonly b: string;\n    private constructor();\n}\n\nexport function eat(what: string): void;\n```\n",
    );
    expect(page).not.toContain("no path");
  });

  it("tells types that are named and not exported, and which path has the others", () => {
    const page = pageOf({
      "a.d.ts": 'export { A } from "./in/a";\n',
      "b.d.ts": 'export { B } from "./in/b";\n',
      "in/a.d.ts":
        'import type { Construct } from "constructs";\nimport type { B } from "./b";\ninterface Inner {\n    readonly b: B;\n    readonly Unused: "Unused";\n}\ninterface Unused {\n}\nexport interface A extends Construct {\n    readonly inner: Inner;\n}\n',
      "in/b.d.ts": "interface OfB {\n}\nexport interface B extends OfB {\n}\n",
    });
    expect(page).toContain("- `kit/b`: `B`\n");
    expect(page).toContain(
      'Exported by no path:\n\n```ts\ninterface Inner {\n    readonly b: B;\n    readonly Unused: "Unused";\n}\n```\n',
    );
  });

  it("has the members of a namespace", () => {
    const page = pageOf({
      "a.d.ts": 'export * as plugins from "./in/plugins";\n',
      "in/plugins.d.ts": "export declare const one: 1;\n",
    });
    expect(page).toContain("export namespace plugins {\n    const one: 1;\n}\n");
  });
});
