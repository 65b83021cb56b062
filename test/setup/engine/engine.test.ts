import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ExitCode } from "../../../kit/errors";
import { startDockerd } from "../../../setup/engine/dockerd";
import { askEngine, ensureEngine } from "../../../setup/engine/engine";
import { isAlive } from "../../../setup/host/lock";
import { silentProgress } from "../../../setup/progress/progress";
import { cannotStart, startOwnEngine } from "./own-engine";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A docker client that answers as told. */
function fakeDocker(script: string): void {
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  writeFileSync(join(folder, "docker"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "docker"), 0o755);
  vi.stubEnv("PATH", folder);
}

describe("ensureEngine", () => {
  it("does not replace an engine that DOCKER_HOST names and that does not answer", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    fakeDocker('echo null; echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const error = await ensureEngine(silentProgress()).catch((e: unknown) => e);
    expect(error).toMatchObject({ exitCode: ExitCode.machine });
    expect((error as Error).message).toMatch(
      /DOCKER_HOST: the engine that is named does not answer\. Got "unix:\/\/\/nonexistent\/docker\.sock"\..*\n.*Cannot connect/,
    );
  });

  it("says who may use an engine that refuses this user", async () => {
    vi.stubEnv("DOCKER_HOST", undefined);
    vi.stubEnv("DOCKER_CONFIG", "/nonexistent");
    fakeDocker('echo null; echo "permission denied while trying to connect to the socket" >&2; exit 1');
    await expect(ensureEngine(silentProgress())).rejects.toThrow(/add the user to the group docker/);
  });

  it("refuses an engine older than 20.10, naming both versions", async () => {
    vi.stubEnv("DOCKER_HOST", "unix:///x");
    fakeDocker(`echo '{"Version":"19.03.15","ApiVersion":"1.40"}'`);
    await expect(ensureEngine(silentProgress())).rejects.toThrow(
      /too old\. Got "19\.03\.15 \(API 1\.40\)"\. Allowed: 20\.10 or newer \(API 1\.41\)/,
    );
  });

  it("tells Terraform of the engine that a docker context has chosen", async () => {
    vi.stubEnv("DOCKER_HOST", undefined);
    vi.stubEnv("DOCKER_CONTEXT", "remote");
    fakeDocker(
      `case $1 in version) echo '{"Version":"27.0.1","ApiVersion":"1.46"}';; context) echo tcp://remote:2375;; esac`,
    );
    expect(await ensureEngine(silentProgress())).toEqual({
      version: "27.0.1",
      apiVersion: "1.46",
      env: { DOCKER_HOST: "tcp://remote:2375" },
    });
  });

  it("does not let Terraform's provider prefer DOCKER_CONTEXT where the docker client takes DOCKER_HOST", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://chosen:2375");
    vi.stubEnv("DOCKER_CONTEXT", "remote");
    fakeDocker(`echo '{"Version":"27.0.1","ApiVersion":"1.46"}'`);
    const { env } = await ensureEngine(silentProgress());
    expect(Object.entries(env)).toEqual([["DOCKER_CONTEXT", undefined]]);
  });

  it("knows a machine without a docker command", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    expect(await askEngine()).toEqual({ noClient: true });
  });
});

describe("startDockerd", () => {
  it("starts an engine that answers and goes on by itself", async ({ skip }) => {
    skip(cannotStart !== undefined, cannotStart);
    const { pid, stop } = await startOwnEngine();
    expect(isAlive(pid)).toBe(true);
    await stop();
    expect(isAlive(pid)).toBe(false);
  });

  it("shows the last lines of the log of one that does not start", async ({ skip }) => {
    skip(cannotStart !== undefined, cannotStart);
    const folder = mkdtempSync("/tmp/dockerd-");
    const failing = startDockerd({
      args: ["--no-such-flag"],
      pidFile: join(folder, "pid"),
      logFile: join(folder, "log"),
      ready: async () => false,
      timeoutMs: 20_000,
    });
    await expect(failing).rejects.toThrow(/dockerd ended as it started(?:.|\n)*unknown flag: --no-such-flag/);
  });
});
