import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { readAction } from "../ci/github-job";
import { actionlint } from "./support/actionlint";

const folder = mkdtempSync(join(tmpdir(), "actionlint-"));
const workflows = join(folder, ".github/workflows");

beforeAll(() => {
  mkdirSync(workflows, { recursive: true });
  mkdirSync(join(folder, ".git"));
  cpSync(join(packageRoot, "actions"), join(folder, "actions"), { recursive: true });
  cpSync(join(packageRoot, "examples/pipelines/github-actions.yml"), join(workflows, "example.yml"));
  // It reads what actions declare, and not their steps: here these are those of a workflow with the same inputs.
  for (const name of ["up", "down"]) {
    const { inputs = {}, runs } = readAction(name);
    const typed = Object.fromEntries(Object.keys(inputs).map((input) => [input, { type: "string" }]));
    const workflow = {
      on: { workflow_call: { inputs: typed } },
      jobs: { steps: { "runs-on": "ubuntu-latest", steps: runs.steps } },
    };
    // JSON is YAML.
    writeFileSync(join(workflows, `${name}.yml`), JSON.stringify(workflow));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const said = (...names: string[]) =>
  actionlint(
    folder,
    names.map((name) => join(workflows, name)),
  );

it("actionlint has nothing to say of the actions and of the example that uses them", async () => {
  expect(await said("example.yml", "up.yml", "down.yml")).toBe("");
});

it("it would: of an input that an action lacks, and of an output that no step has", async () => {
  const steps = [
    { uses: "./actions/up", with: { enviroment: "offline" } },
    { run: "echo ${{ steps.no.outputs.x }}" },
  ];
  const jobs = { test: { "runs-on": "ubuntu-latest", steps } };
  writeFileSync(join(workflows, "wrong.yml"), JSON.stringify({ on: "push", jobs }));
  const text = await said("wrong.yml");
  expect(text).toContain('input "enviroment" is not defined in action');
  expect(text).toContain('property "no" is not defined');
});
