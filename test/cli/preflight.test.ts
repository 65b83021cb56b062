import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
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
});

afterEach(() => {
  server.close();
  leaveProject(folder);
});

/** On an engine with these containers: those of the environment by their state, others by name. */
function check(own: Record<string, string>, foreignNames: readonly string[] = []): Promise<void> {
  const containers = Object.entries(own).map(([name, status]) => ({
    id: name,
    name,
    image: "x",
    status,
    restarts: 0,
    ports: [`127.0.0.1:${port}->143/tcp`],
  }));
  return preflight(openDeployment("unit").environment, { containers, foreignNames });
}

test("a port that the environment's own running container has is no problem", async () => {
  await expect(check({ "unit-james": "running" })).resolves.toBeUndefined();
});

test.each([
  ["nobody of the environment has", {}],
  ["a stopped container of the environment had", { "unit-james": "exited" }],
])("a taken port that %s is told, with the setting", async (_, own) => {
  await expect(check(own)).rejects.toMatchObject({
    exitCode: 3,
    problems: [
      { where: "ports.imap", got: `127.0.0.1:${port}`, fix: expect.stringContaining("KIT_PORTS_IMAP") },
    ],
  });
});

test("a container name that another has is told", async () => {
  await expect(check({ "unit-james": "running" }, ["unit-redis", "other"])).rejects.toMatchObject({
    problems: [{ where: "name unit", what: expect.stringContaining("container unit-redis exists") }],
  });
});
