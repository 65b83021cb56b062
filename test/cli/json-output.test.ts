import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import Ajv from "ajv/dist/2020";
import type { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { program } from "../../cli/program";
import { ExitCode } from "../../kit/errors";
import { packageRoot } from "../../kit/package-root";
import { environmentPorts } from "../engine";
import { enterProject, leaveProject } from "./project";

const validate = new Ajv({ allErrors: true }).compile(
  JSON.parse(readFileSync(join(packageRoot, "schemas/events.schema.json"), "utf8")),
);

/** What of an event its schema does not allow. */
const errorsOf = (event: object) => (validate(event) ? [] : [{ event, errors: validate.errors }]);

/** The words of every command, with a value for each argument that it demands. */
function commandLines({ commands, registeredArguments }: Command, path: readonly string[] = []): string[][] {
  return commands.length > 0
    ? commands.flatMap((command) => commandLines(command, [...path, command.name()]))
    : [[...path, ...registeredArguments.filter(({ required }) => required).map(() => "nothing")]];
}

class Exit extends Error {
  constructor(readonly code: unknown) {
    super(`exit ${code}`);
  }
}

let folder = "";
// Where nothing answers, whatever else runs on this machine.
const ports = environmentPorts();

beforeEach(() => {
  folder = enterProject({ images: "built", ports });
  // An engine that does not answer, and that the kit may not replace.
  writeFileSync("docker", "#!/bin/sh\necho no engine >&2\nexit 1\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${resolve(".")}${delimiter}${process.env.PATH}`);
  vi.stubEnv("DOCKER_HOST", "unix:///nonexistent/docker.sock");
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  leaveProject(folder);
});

async function runJson(words: readonly string[]) {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      written[name] += text;
      return true;
    }),
  );
  vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Exit(code);
  });
  const argv = process.argv;
  process.argv = ["node", "kit", ...words, "--json"];
  let code: unknown;
  try {
    await program.parseAsync();
    code = process.exitCode ?? 0;
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    code = error.code;
  } finally {
    process.argv = argv;
    for (const spy of spies) spy.mockRestore();
  }
  const events = written.stdout
    .split("\n")
    .filter(Boolean)
    .map(
      (line) => JSON.parse(line) as { event: string; exitCode?: number; problems?: object[]; text?: string },
    );
  return { code, events, err: written.stderr };
}

// The first one loads all that commands need.
describe("with --json nothing but one JSON object a line is written, whatever goes wrong", {
  timeout: 600_000,
}, () => {
  it.each(commandLines(program).map((words) => [words.join(" "), words] as const))("%s", async (_, words) => {
    const { code, events, err } = await runJson([
      ...words,
      ...(words[0] === "realm" ? [] : ["--env", "unit"]),
    ]);
    expect(err).toBe("");
    expect(events.flatMap(errorsOf)).toEqual([]);
    const last = events.at(-1);
    if (code === 0) {
      expect(last?.event).toBe("result");
    } else {
      expect(last).toMatchObject({ event: "error", exitCode: code, error: expect.any(String) });
      expect(last?.problems?.length, JSON.stringify(last)).toBeGreaterThan(0);
      expect(code).not.toBe(ExitCode.unexpected);
    }
  });

  it.each([
    ["an unknown option", ["up", "--nonsense"], /--nonsense/],
    ["an unknown command", ["nonsense"], /nonsense/],
    ["an unknown subcommand", ["secrets", "nonsense"], /nonsense/],
    ["a missing argument", ["secrets", "rotate"], /secret/],
    ["one argument too many", ["status", "a", "b"], /too many/],
    ["a choice that there is not", ["gateway", "render", "--gateway", "x"], /apisix, httpd/],
    ["no command", [], /no command/],
    ["half a command", ["realm"], /no command/],
  ])("%s", async (_, words, what) => {
    const { code, events, err } = await runJson(words);
    expect([code, err]).toEqual([ExitCode.badInput, ""]);
    expect(events).toEqual([
      {
        event: "error",
        error: "wrong usage",
        exitCode: ExitCode.badInput,
        problems: [{ what: expect.stringMatching(what), fix: expect.any(String) }],
      },
    ]);
  });

  it.each([
    [{ event: "end", step: 0, title: "plan", ok: true }],
    [{ event: "error", error: "bad", exitCode: 0, problems: [] }],
    [{ event: "nonsense" }],
    [{}],
  ])("the schema allows no %j", (event) => {
    expect(errorsOf(event)).toHaveLength(1);
  });

  it.each([["--help"], ["--version"], ["up", "--help"]])("%s %s", async (...words) => {
    const { code, events, err } = await runJson(words);
    expect([code, err]).toEqual([ExitCode.ok, ""]);
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(event).toEqual({ event: "result", text: expect.stringMatching(/\S/) });
  });
});
