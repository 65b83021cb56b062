import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { imageRegistryReachable } from "../../setup/registry";

const IMAGE = "apache/apisix:3.2.2";
let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "registry-"));
  vi.stubEnv("PATH", folder);
  vi.stubEnv("DOCKER_HOST", `unix://${folder}/socket`);
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  vi.unstubAllEnvs();
});

/** A docker client that succeeds with these commands ("image", "manifest") only. */
function docker(...commands: string[]): void {
  const script = `#!/bin/sh\ncase " ${commands.join(" ")} " in *" $1 "*) exit 0;; esac\nexit 1\n`;
  writeFileSync(join(folder, "docker"), script, { mode: 0o755 });
}

async function engine(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(join(folder, "socket"), resolve));
}

it("needs no registry for an image that is there", async () => {
  docker("image");
  await engine((_, response) => response.writeHead(500).end());
  expect(await imageRegistryReachable(IMAGE)).toBe(true);
});

it.each([
  [200, true],
  [500, false],
  [401, false],
])("believes the engine, whose registry answers %d", async (status, reachable) => {
  docker("manifest");
  let asked: string | undefined;
  await engine(({ url }, response) => {
    asked = url;
    response.writeHead(status).end("{}");
  });
  expect(await imageRegistryReachable(IMAGE)).toBe(reachable);
  expect(asked).toBe(`/distribution/${IMAGE}/json`);
});

it("does not wait long for a registry that is silent", async () => {
  docker();
  await engine(() => {});
  const started = Date.now();
  expect(await imageRegistryReachable(IMAGE)).toBe(false);
  expect(Date.now() - started).toBeLessThan(4_500);
});

it("asks through the docker client where the engine is no socket of this machine", async () => {
  docker();
  expect(await imageRegistryReachable(IMAGE)).toBe(false);
  docker("manifest");
  expect(await imageRegistryReachable(IMAGE)).toBe(true);
  vi.stubEnv("DOCKER_HOST", "ssh://elsewhere");
  expect(await imageRegistryReachable(IMAGE)).toBe(true);
});
