import { rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { delimiter, resolve } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openDeployment } from "../../cli/deployment";
import { preflight } from "../../cli/preflight";
import { enterProject, leaveProject } from "./project";

let folder: string;
let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
  const free = { keycloak: 21001, gateway: 21002, smtp: 21003, sieve: 21004 };
  folder = enterProject({ images: "built", ports: { ...free, imap: port } });
  vi.stubEnv("PATH", `${resolve(".")}${delimiter}${process.env.PATH}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
  leaveProject(folder);
});

/** An engine with these containers: those of the environment by their state, others by name. */
function engine(own: Record<string, string>, others: readonly string[] = []): void {
  const inspected = Object.entries(own).map(([name, status]) => ({
    Id: name,
    Name: `/${name}`,
    RestartCount: 0,
    Config: { Image: "x" },
    State: { Status: status },
    HostConfig: { PortBindings: { "143/tcp": [{ HostIp: "127.0.0.1", HostPort: `${port}` }] } },
  }));
  writeFileSync("inspected.json", JSON.stringify(inspected));
  const names = [...Object.keys(own), ...others].join("\n");
  const script = `#!/bin/sh
case "$*" in
  inspect*) cat ${resolve("inspected.json")} ;;
  *--quiet*) echo ${Object.keys(own).join(" ")} ;;
  *) echo "${names}" ;;
esac`;
  rmSync("docker", { force: true });
  writeFileSync("docker", script, { mode: 0o755 });
}

const check = () => preflight(openDeployment("unit").environment);

test("a port that the environment's own running container has is no problem", async () => {
  engine({ "unit-james": "running" });
  await expect(check()).resolves.toBeUndefined();
});

test.each([
  ["nobody of the environment has", {}],
  ["a stopped container of the environment had", { "unit-james": "exited" }],
])("a taken port that %s is told, with the setting", async (_, own) => {
  engine(own);
  await expect(check()).rejects.toMatchObject({
    exitCode: 3,
    problems: [
      { where: "ports.imap", got: `127.0.0.1:${port}`, fix: expect.stringContaining("KIT_PORTS_IMAP") },
    ],
  });
});

test("a container name that another has is told", async () => {
  engine({ "unit-james": "running" }, ["unit-redis", "other"]);
  await expect(check()).rejects.toMatchObject({
    problems: [{ where: "name unit", what: expect.stringContaining("container unit-redis exists") }],
  });
});
