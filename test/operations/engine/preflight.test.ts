import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import type { EngineState } from "../../../operations/engine/engine";
import { listenError, preflight } from "../../../operations/engine/preflight";
import { enterProject, leaveProject } from "../../cli/project";

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
function check(own: Record<string, string>, others: Partial<EngineState["foreign"]> = {}): Promise<void> {
  const containers = Object.entries(own).map(([name, status]) => ({
    id: name,
    name,
    image: "x",
    status,
    restarts: 0,
    ports: [`127.0.0.1:${port}->143/tcp`],
    networks: {},
  }));
  const wanted = { container: ["unit-redis"], network: ["unit"], volume: ["unit-redis-data"] };
  const foreign = { container: [], network: [], volume: [], ...others };
  return preflight(openDeployment("unit").environment, wanted, { containers, foreign });
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

test("names of containers, networks and volumes that others have are told", async () => {
  const others = {
    container: ["unit-redis", "other"],
    network: ["bridge", "unit"],
    volume: ["unit-redis-data"],
  };
  const told = ["container unit-redis", "network unit", "volume unit-redis-data"];
  await expect(check({ "unit-james": "running" }, others)).rejects.toMatchObject({
    problems: told.map((what) => ({ where: "name unit", what: expect.stringContaining(`${what} exists`) })),
  });
});

test("for a user who may not open it a port of the engine's is taken only when somebody answers there", async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) skip("only root can become such a user");
  const low = createServer();
  const listen = (port: number): Promise<number> =>
    new Promise((resolve) => {
      low.once("error", () => resolve(listen(port - 1)));
      low.listen(port, "127.0.0.1", () => resolve(port));
    });
  const port = await listen(1023);
  // As a user of the group docker.
  const ask = async () => {
    process.seteuid?.(65534);
    try {
      return await listenError("127.0.0.1", port);
    } finally {
      process.seteuid?.(0);
    }
  };
  try {
    expect(await ask()).toBe("EADDRINUSE");
  } finally {
    await new Promise((closed) => low.close(closed));
  }
  expect(await ask()).toBeUndefined();
});
