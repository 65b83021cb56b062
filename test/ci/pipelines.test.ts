import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadEnvironment } from "../../config/environment";
import { outputsOf, outputVariables } from "../../config/outputs";
import { packageRoot } from "../../kit/package-root";
import { gitlabCiLocal, makeGitlabProject } from "./gitlab-project";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pipelines-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the component of GitLab CI", () => {
  const pipeline = () => join(folder, ".gitlab-ci.yml");
  const change = (from: string, to: string) =>
    writeFileSync(pipeline(), readFileSync(pipeline(), "utf8").replace(from, to));

  it("and the example that uses it are what GitLab's schema allows", async () => {
    makeGitlabProject(folder);
    const { exitCode, output } = await gitlabCiLocal(folder, "--preview");
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/json schema validated/);
    const { test } = parse(output.slice(output.indexOf("---\n")).replace(/^(parsing|json) .*$/gm, ""));
    expect(test.after_script.at(-1)).toBe('"$CI_PROJECT_DIR.james-oidc-kit/ci/down"');
  });

  it.each([
    ["a job that the schema does not allow", "script:\n", "timeout: [1]\n  script:\n", "timeout"],
    ["an input that is not declared", "environment: offline", "enviroment: offline", "environment"],
  ])("is checked: %s is refused", async (_, from, to, named) => {
    makeGitlabProject(folder);
    change(from, to);
    const { exitCode, output } = await gitlabCiLocal(folder, "--preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain(named);
  });
});

it("the action tells every variable of `outputs`", () => {
  const file = join(folder, "some.yaml");
  writeFileSync(file, "images: built\n");
  const variables = outputVariables(outputsOf(loadEnvironment(file, { env: {} }), "secrets.json"));
  const { outputs } = parse(readFileSync(join(packageRoot, "actions/up/action.yml"), "utf8"));
  expect(Object.keys(outputs)).toEqual(["name", ...variables.map(([name]) => name)]);
  for (const [name] of variables) expect(outputs[name].value).toBe(`\${{ steps.up.outputs.${name} }}`);
});
