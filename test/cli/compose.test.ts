import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compose } from "../../cli/commands/compose";
import { ExitCode, type KitError } from "../../kit/errors";
import { enterProject, leaveProject, recordingOutput } from "./project";

let folder: string;
beforeEach(() => {
  folder = enterProject({ images: "built", identity: "provider", people: [{ mail: "bob@localhost" }] });
});
afterEach(() => leaveProject(folder));

const mode = (path: string) => statSync(path).mode & 0o777;

it("writes a Compose file that holds no secret, and all of them beside it, for nobody else", async () => {
  const output = recordingOutput();
  await compose("unit", { out: "out" }, output);
  const file = readFileSync("out/compose.yaml", "utf8");
  const dotenv = readFileSync("out/.env", "utf8");
  const secrets: Record<string, string> = JSON.parse(readFileSync(".kit/unit/secrets.json", "utf8"));
  expect(Object.values(secrets).filter((value) => file.includes(value))).toEqual([]);
  expect(Object.keys(secrets).length).toBeGreaterThan(6);
  for (const name of ["redis", "keycloakAdmin", "jamesClient"]) expect(dotenv).toContain(secrets[name]);
  expect(mode("out/.env")).toBe(0o600);
  expect(output.results[0]?.text).toMatch(
    /imports its realms.*\n.*images.* plan\n.*compose\.yaml up --wait$/,
  );
});

it("writes it again, the same, and leaves what people have put beside it", async () => {
  await compose("unit", { out: "out" }, recordingOutput());
  const before = [readFileSync("out/compose.yaml", "utf8"), readFileSync("out/.env", "utf8")];
  writeFileSync("out/compose.override.yaml", "services: {}\n");
  const output = recordingOutput();
  await compose("unit", { out: "out" }, output);
  expect([readFileSync("out/compose.yaml", "utf8"), readFileSync("out/.env", "utf8")]).toEqual(before);
  expect(output.results[0]?.data.written).toMatchObject([{ overwritten: true }, { overwritten: true }]);
  expect(existsSync("out/compose.override.yaml")).toBe(true);
});

it("refuses a folder with files of somebody else", async () => {
  const error: KitError = await compose("unit", { out: "environments" }, recordingOutput()).then(
    () => expect.unreachable(),
    (error) => error,
  );
  expect(error.exitCode).toBe(ExitCode.badInput);
  expect(error.problems).toMatchObject([{ where: "environments", got: ["unit.yaml"] }]);
  expect(existsSync("environments/compose.yaml")).toBe(false);
});

it("refuses the folder of another environment", async () => {
  await compose("unit", { out: "out" }, recordingOutput());
  writeFileSync("environments/second.yaml", JSON.stringify({ images: "built" }));
  const before = readFileSync("out/.env", "utf8");
  await expect(compose("second", { out: "out" }, recordingOutput())).rejects.toMatchObject({
    exitCode: ExitCode.badInput,
    problems: [{ where: "out", got: "unit", allowed: "second" }],
  });
  expect(readFileSync("out/.env", "utf8")).toBe(before);
});

it("refuses a file for a folder", async () => {
  const error: KitError = await compose("unit", { out: "environments/unit.yaml" }, recordingOutput()).then(
    () => expect.unreachable(),
    (error) => error,
  );
  expect(error.exitCode).toBe(ExitCode.badInput);
  expect(error.problems).toMatchObject([{ where: "environments/unit.yaml", what: "it is a file" }]);
});
