import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { withoutBlame } from "../../cli/to-the-end";
import { KitError } from "../../kit/errors";
import { packageRoot } from "../../kit/package-root";
import { RunError, run } from "../../kit/run";
import { enterProject, leaveProject } from "./project";

let folder: string | undefined;
let server: Server | undefined;

afterEach(() => {
  server?.close();
  if (folder) leaveProject(folder);
  folder = server = undefined;
});

/** A peer that takes every connection and closes it at once, as Docker does for a port on which nothing listens yet. */
async function closingServer(): Promise<number> {
  const listening = createServer((socket) => socket.destroy());
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return (listening.address() as { port: number }).port;
}

/** A Node of its own, since what an empty loop does is what is asked. */
async function node(
  program: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await run(join(packageRoot, "node_modules/.bin/tsx"), program, { env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { exitCode = -1, tail } = error as RunError;
    return { code: exitCode, output: tail.join("\n") };
  }
}

const cli = join(packageRoot, "cli/main.ts");

it("a program of the machine's that fails is no bug of the kit: its last lines are told, no stack trace", () => {
  const error = withoutBlame(
    new RunError("docker update", 1, ["no such container"], "failed with exit code 1"),
  );
  expect(error).toBeInstanceOf(KitError);
  expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining("no such container") });
  expect((error as KitError).message).not.toContain("    at ");
});

describe("a command whose work is not done when Node has nothing left to do", () => {
  const program = (tell: string) => [
    "-e",
    `const { tellPlainly, toTheEnd } = require(${JSON.stringify(join(packageRoot, "cli/to-the-end.ts"))});
    void toTheEnd(${tell}, tellPlainly);`,
  ];

  it("fails, and says so", async () => {
    expect(await node(program("new Promise(() => {})"))).toEqual({
      code: 1,
      output: expect.stringContaining("did not come to its end"),
    });
  });

  it("is one that fails or succeeds otherwise", async () => {
    expect((await node(program("Promise.reject(new Error('other'))"))).code).toBe(1);
    expect(await node(program("Promise.resolve()"))).toEqual({ code: 0, output: "" });
  });
});

describe("a Keycloak whose port is taken before it listens", () => {
  it("is told by drift as unreachable, not as without drift", async () => {
    const port = await closingServer();
    folder = enterProject({ ports: { keycloak: port } });
    const { code, output } = await node([cli, "drift", "--env", "unit", "--json"]);
    expect(output).toContain('"error":"Keycloak does not answer"');
    expect(code).toBe(3);
  });

  it("is waited for by the programs that Terraform runs", async () => {
    const port = await closingServer();
    const env = {
      KIT_COMMAND: "wait",
      KIT_TIMEOUT_SECONDS: "1",
      KIT_KEYCLOAK_URL: `http://127.0.0.1:${port}`,
    };
    const program = join(packageRoot, "constructs/keycloak/provider/admin.mjs");
    const { code, output } = await node([program], env);
    expect(output).toContain("does not answer");
    expect(code).toBe(1);
  });
});
