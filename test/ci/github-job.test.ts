import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { GithubJob } from "./github-job";

/** Writes down how it is called, and answers as the kit does. */
const kit = `#!/bin/sh
echo "$KIT_ENV $KIT_NAME: $*" >>calls
case "$1" in
cache) echo linux-x64-0123456789ab ;;
plan) echo "create   james" ;;
outputs) echo "OIDC_ISSUER=http://sso" ;;
up) [ ! -e fails ] || exit 4 ;;
down) if [ -e busy ]; then rm busy; exit 6; fi ;;
esac
`;

let root: string;
let job: GithubJob;
const folder = () => join(root, "app");
const calls = () => readFileSync(join(folder(), "calls"), "utf8").trim().split("\n");
const given = { environment: "offline", cache: "false" };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "github-job-test-"));
  for (const name of ["ci", "actions"])
    cpSync(join(packageRoot, name), join(root, name), { recursive: true });
  for (const name of ["scripts", "app"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "scripts/kit"), kit, { mode: 0o755 });
  writeFileSync(join(root, "event.json"), "{}");
  const variables = {
    ...{ GITHUB_RUN_ID: "4711", GITHUB_RUN_ATTEMPT: "1", GITHUB_JOB: "test", RUNNER_NAME: "here" },
    ...{ GITHUB_REF_NAME: "7/merge", GITHUB_HEAD_REF: "topic", GITHUB_EVENT_PATH: join(root, "event.json") },
  };
  job = new GithubJob(folder(), variables, root);
});
afterEach(() => rmSync(root, { recursive: true }));

describe("a job of GitHub Actions", () => {
  it("has an environment of its own, with its lease and labels, and is told where it is", async () => {
    const { outputs } = await job.run("up", { ...given, options: "--no-smoke" });
    const { name } = outputs;
    expect(name).toMatch(/^ci-4711-\d+$/);
    expect(outputs.OIDC_ISSUER).toBe("http://sso");
    expect(job.env).toEqual({
      KIT_ENV: "offline",
      KIT_NAME: name,
      JAMES_OIDC_KIT: join(root, "scripts/kit"),
    });
    expect(job.summary).toMatch(/^create {3}james$/m);
    const up = `up --ports auto --junit james-oidc-kit/up.xml --label branch=topic --label job=4711 --ttl 2h --no-smoke`;
    expect(calls()).toContain(`offline ${name}: ${up}`);
    expect(readFileSync(join(folder(), "james-oidc-kit/platform.env"), "utf8")).toBe(
      "OIDC_ISSUER=http://sso\n",
    );
    expect(
      (await new GithubJob(folder(), { ...job.variables, RUNNER_NAME: "there" }, root).run("up", given))
        .outputs.name,
    ).not.toBe(name);
  });

  it("whose up fails has the environment removed, also where another command is still ending", async () => {
    writeFileSync(join(folder(), "fails"), "");
    await expect(job.run("up", { ...given, name: "pr-7" })).rejects.toThrow("exit code 4");
    writeFileSync(join(folder(), "busy"), "");
    await job.run("down");
    expect(calls().slice(-2)).toEqual(["offline pr-7: down", "offline pr-7: down"]);
  });

  it("that has named no environment removes none", async () => {
    const { log } = await job.run("down");
    expect(log).toContain("there is none to remove");
  });
});
