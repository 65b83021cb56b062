import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { refuseUnreachable } from "../../../operations/engine/refuse-unreachable";
import { enterProject, leaveProject } from "../../cli/project";

let folder: string;

beforeEach(() => {
  folder = enterProject({ images: "built" });
});

afterEach(() => {
  vi.unstubAllEnvs();
  leaveProject(folder);
});

function ask(engine: string, bind: string): Promise<void> {
  vi.stubEnv("DOCKER_HOST", engine);
  return refuseUnreachable({ ...openDeployment("unit").environment, bind });
}

test.each(["tcp://docker:2376", "ssh://me@mail.example.org", "tcp://[2001:db8::7]:2376"])(
  "an engine at %s is refused where it publishes for its own machine alone",
  async (engine) => {
    for (const bind of ["127.0.0.1", "127.0.0.9", "0.0.0.0"]) {
      await expect(ask(engine, bind)).rejects.toMatchObject({
        exitCode: 3,
        problems: [{ where: "bind", got: bind, what: expect.stringContaining("ports.gateway") }],
      });
    }
    await expect(ask(engine, "10.77.0.2")).resolves.toBeUndefined();
  },
);

test.each(["unix:///run/user/1000/docker.sock", "tcp://127.0.0.1:2375", "tcp://localhost:2375", ""])(
  "an engine at %s is this machine's",
  async (engine) => {
    await expect(ask(engine, "127.0.0.1")).resolves.toBeUndefined();
  },
);
