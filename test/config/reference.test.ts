import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventsJsonSchema } from "../../cli/output/events";
import { outputsJsonSchema } from "../../config/outputs";
import { overrides } from "../../config/overrides";
import { environmentJsonSchema, settingsReference } from "../../config/reference";
import { packageRoot } from "../../kit/package-root";

describe("generated files are what `npm run generate` writes", () => {
  it.each([
    ["schemas/environment.schema.json", environmentJsonSchema],
    ["schemas/events.schema.json", eventsJsonSchema],
    ["schemas/outputs.schema.json", outputsJsonSchema],
    ["docs/settings.md", settingsReference],
  ])("%s", (path, generate) => {
    expect(readFileSync(join(packageRoot, path), "utf8")).toBe(generate());
  });
});

it("every setting has a variable of its own and a description", () => {
  const variables = overrides.map(({ variable }) => variable);
  expect(new Set(variables).size).toBe(variables.length);
  const rows = settingsReference()
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  expect(rows).toHaveLength(variables.length);
  for (const row of rows) expect(row).toMatch(/\| [A-Z][^|]+ \|$/);
});
