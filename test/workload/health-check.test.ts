import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { healthSchedule, healthTest } from "../../constructs/engine/health-test";
import { HealthCheck } from "../../constructs/workload/health-check";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const sleep = join(folder, "sleep");
  writeFileSync(sleep, `#!/bin/sh\necho "$1" >${join(folder, "slept")}\n`);
  chmodSync(sleep, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a check as the engine does, in a container whose memory is the folder. */
function run(script: string): { healthy: boolean; rested: string | undefined } {
  const [, ...command] = healthTest(HealthCheck.script(script)).map((part) =>
    part.replaceAll("/dev/shm", folder),
  );
  const slept = join(folder, "slept");
  rmSync(slept, { force: true });
  const env = { PATH: `${folder}:${process.env.PATH}` };
  const { status } = spawnSync(command[0] as string, command.slice(1), { env, stdio: "ignore" });
  return {
    healthy: status === 0,
    rested: existsSync(slept) ? readFileSync(slept, "utf8").trim() : undefined,
  };
}

describe("a health check", () => {
  it("says at once that a service has started, and rests from then on, for less than the engine waits", () => {
    expect(run("true")).toEqual({ healthy: true, rested: undefined });
    expect(run("true")).toEqual({ healthy: true, rested: "20" });
    expect(healthSchedule).toMatchObject({ interval: "1s", timeout: "30s" });
  });

  it("says at once that a service fails, and that it works again", () => {
    run("true");
    expect(run("false")).toEqual({ healthy: false, rested: undefined });
    expect(run("false")).toEqual({ healthy: false, rested: undefined });
    expect(run("true")).toEqual({ healthy: true, rested: undefined });
  });

  it("fails where a line of its script does, if the script says so", () => {
    expect(run("set -e\nfalse\ntrue").healthy).toBe(false);
  });
});
