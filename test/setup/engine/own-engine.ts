import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";
import { startDockerd } from "../../../setup/engine/dockerd";
import { askEngine } from "../../../setup/engine/engine";
import { findOnPath } from "../../../setup/host/find-on-path";
import { isAlive } from "../../../setup/host/lock";

const dockerd = findOnPath("dockerd", `${process.env.PATH}:/usr/sbin`);

/** Why no engine can be started here; undefined where one can. */
export const cannotStart =
  dockerd !== undefined && process.getuid?.() === 0 ? undefined : "it needs root and an installed dockerd";

/** A Docker engine of a test, which the docker client talks to until variables are unstubbed. */
export interface OwnEngine {
  readonly pid: number;
  stop(): Promise<void>;
}

/** @param args of dockerd, further ones. @default none */
export async function startOwnEngine(args: readonly string[] = []): Promise<OwnEngine> {
  // A socket's path must be short.
  const folder = mkdtempSync("/tmp/dockerd-");
  // A network of its own, beside folders of its own: "--bridge none" removes docker0, which is another engine's.
  writeFileSync(join(folder, "dockerd"), `#!/bin/sh\nexec unshare --net ${dockerd} "$@"\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  const pidFile = join(folder, "pid");
  const socket = `unix://${folder}/s`;
  vi.stubEnv("DOCKER_HOST", socket);
  await startDockerd({
    args: [
      ...["--data-root", `${folder}/data`, "--exec-root", `${folder}/exec`, "--pidfile", pidFile],
      ...["--host", socket, "--bridge", "none", "--iptables=false", "--ip6tables=false"],
      ...["--storage-driver", "vfs", ...args],
    ],
    pidFile,
    logFile: join(folder, "log"),
    ready: async () => (await askEngine()).engine !== undefined,
    timeoutMs: 60_000,
  });
  const pid = Number(readFileSync(pidFile, "utf8"));
  return {
    pid,
    async stop() {
      process.kill(pid, "SIGTERM");
      for (let i = 0; i < 100 && isAlive(pid); i++) await sleep(100);
    },
  };
}
