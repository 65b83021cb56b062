import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { prune } from "../../../cli/commands/prune";
import { engineEnvironments } from "../../../operations/copy/engine-environments";
import { recordingOutput } from "../../cli/project";

let folder = "";
let called: () => string[];

/** An engine that has copy `pr-1`, whose time is over, and `acme`, with data of somebody. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const record = {
    ...{ createdAt: "2020-01-01T00:00:00.000Z", endsAt: "2020-01-02T00:00:00.000Z", copyOf: "offline" },
    ...{ labels: { branch: "main" }, durable: false, by: "ci@host" },
  };
  const origin = join(folder, ".kit/pr-1/files");
  mkdirSync(origin, { recursive: true });
  const label = (environment: string) => ({ Labels: { "james-oidc-kit.environment": environment } });
  const container = (id: string, environment: string, health: string) => ({
    ...{ Id: id, Name: `/${environment}-james`, Created: "2026-12-01T00:00:00Z", RestartCount: 0 },
    ...{ Config: { Image: "x", ...label(environment) }, NetworkSettings: { Networks: {} } },
    State: { Status: "running", StartedAt: "2026-12-01T00:00:00Z", Health: { Status: health } },
    HostConfig: { Memory: 640 * 1024 ** 2 },
  });
  const answers = {
    "inspect a": [container("a", "pr-1", "healthy")],
    "inspect b": [container("b", "acme", "unhealthy")],
  };
  writeFileSync(join(folder, "answers.json"), JSON.stringify(answers));
  writeFileSync(
    join(folder, "docker"),
    `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(folder, "calls"))}, args.join(" ") + "\\n");
const format = args[args.indexOf("--format") + 1] ?? "";
const rows = (list) => list.map((one) => one.join("\\t")).join("\\n") + "\\n";
const isNamed = format.includes(".Name");
const record = ${JSON.stringify(JSON.stringify(record))};
const [what, kind] = args;
const volumes = [["pr-1-record", "pr-1", "derived", record], ["acme-mail", "acme", "mail", ""]];
if (what === "ps" && args.includes("--quiet")) console.log(args.join().includes("=pr-1") ? "a" : "a\\nb");
else if (what === "inspect") console.log(JSON.stringify(JSON.parse(readFileSync(${JSON.stringify(join(folder, "answers.json"))}))["inspect " + args.at(-1)]));
else if (what === "ps") console.log(rows([["pr-1-james", "pr-1", "", ""], ["acme-james", "acme", "", ""]]));
else if (what === "volume" && kind === "ls" && isNamed) console.log(rows(volumes.map(([name, own, holds]) => [name, own, "", holds])));
else if (what === "volume" && kind === "ls") console.log(rows(volumes.map(([, own, , text]) => [own, text])));
else if (what === "network" && kind === "ls" && format.includes(".ID")) console.log(rows([["n1", "pr-1-x"]]));
else if (what === "network" && kind === "ls" && isNamed) console.log(rows([["pr-1-x", "pr-1", "", ""]]));
else if (what === "network" && kind === "ls") console.log(rows([["pr-1", ${JSON.stringify(origin)}]]));
else if (what === "stats") console.log("a\\t600MiB / 640MiB\\nb\\t1GiB / 2GiB");
`,
    { mode: 0o755 },
  );
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  called = () => readFileSync(join(folder, "calls"), "utf8").split("\n");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it("environments are told by what the engine has of them", async () => {
  expect(await engineEnvironments({ usage: true })).toEqual([
    {
      ...{ name: "acme", state: "unhealthy", createdAt: "2026-12-01T00:00:00Z" },
      ...{ memoryLimitMb: 640, memoryMb: 1024 },
    },
    {
      ...{ name: "pr-1", state: "healthy", createdAt: "2020-01-01T00:00:00.000Z" },
      ...{
        endsAt: "2020-01-02T00:00:00.000Z",
        copyOf: "offline",
        labels: { branch: "main" },
        durable: false,
        by: "ci@host",
      },
      ...{ folder: join(folder, ".kit/pr-1"), memoryLimitMb: 640, memoryMb: 600 },
    },
  ]);
});

it("prune removes what its lease is over of, with its folder, and nothing of others; --dry-run nothing", async () => {
  const changes = () => called().filter((call) => /^(rm|volume rm|network rm|stop)/.test(call));
  const output = recordingOutput();
  await prune({ dryRun: true }, output);
  expect(output.results[0]?.data).toMatchObject({ removed: [{ name: "pr-1" }], kept: [] });
  expect(changes()).toEqual([]);
  expect(existsSync(join(folder, ".kit/pr-1"))).toBe(true);

  await prune({}, output);
  expect(output.results[1]?.data).toMatchObject({ removed: [{ name: "pr-1" }], kept: [] });
  expect(changes()).toEqual(["rm --force --volumes a", "network rm n1", "volume rm --force pr-1-record"]);
  expect(existsSync(join(folder, ".kit/pr-1"))).toBe(false);
});

it("prune leaves an environment alone that a command is at work on", async () => {
  writeFileSync(join(folder, ".kit/pr-1.lock"), `${process.ppid}\n`);
  const output = recordingOutput();
  await prune({}, output);
  expect(output.results[0]?.data).toMatchObject({
    removed: [],
    kept: [{ name: "pr-1", why: expect.stringMatching("at work") }],
  });
});
