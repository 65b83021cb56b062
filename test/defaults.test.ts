import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../kit/package-root";

/** Optional members of exported interfaces of props and options whose comment says no `@default`. */
function withoutDefault(path: string, text: string): string[] {
  const lines = text.split("\n");
  const found: string[] = [];
  let comment = "";
  let isInside = false;
  for (const [index, line] of lines.entries()) {
    if (/^export interface \w+(Props|Options)\b/.test(line)) isInside = true;
    else if (/^\S/.test(line)) isInside = false;
    if (/^ {2}\/\*\*/.test(line)) comment = "";
    if (/^ {2}(\/\*\*| \*)/.test(line)) comment += line;
    else {
      const member = /^ {2}(?:readonly )?(\w+)\?:/.exec(line)?.[1];
      if (isInside && member && !comment.includes("@default")) found.push(`${path}:${index + 1} ${member}`);
      comment = "";
    }
  }
  return found;
}

it("every prop that may be left out says what it is then: @default", () => {
  const files = ["constructs", "platform", "stacks"].flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith(".ts") && !path.includes("/bindings/")),
  );
  const found = files.flatMap((path) => withoutDefault(path, readFileSync(join(packageRoot, path), "utf8")));
  expect(found).toEqual([]);
});

it.each([
  ["export interface AProps {\n  readonly b?: string;\n}\n", ["a.ts:2 b"]],
  [
    "export interface AProps {\n  /** @default none */\n  readonly c?: string;\n  readonly b?: string;\n}\n",
    ["a.ts:4 b"],
  ],
  [
    "export interface AOptions extends B {\n  /**\n   * What.\n   * @default none\n   */\n  readonly b?: string;\n}\n",
    [],
  ],
  ["interface AProps {\n  readonly b?: string;\n}\nexport interface A {\n  readonly b?: string;\n}\n", []],
])("finds them in %j", (text, found) => {
  expect(withoutDefault("a.ts", text)).toEqual(found);
});
