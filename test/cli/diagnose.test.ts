import { execFileSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { diagnose } from "../../cli/commands/diagnose";
import { logs } from "../../cli/commands/logs";
import { openDeployment } from "../../operations/deployment/deployment";
import { enterProject, leaveProject, recordingOutput } from "./project";

let folder = "";
// What `doctor` asks may take its time to answer.
vi.setConfig({ testTimeout: 120_000 });
beforeEach(() => {
  vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
});
afterEach(() => {
  vi.unstubAllEnvs();
  leaveProject(folder);
});

async function diagnosed() {
  const output = recordingOutput();
  await diagnose("unit", { out: "archives" }, output);
  const [result] = output.results;
  if (!result) throw new Error("no result");
  const missing = result.data.missing as { file: string; why: string }[];
  const archive = result.data.archive as string;
  const files = execFileSync("tar", ["tzf", archive], { encoding: "utf8" }).trim().split("\n");
  return { missing: new Map(missing.map(({ file, why }) => [file, why])), archive, files };
}

it("without an engine: what its file tells, and why there is no more, readable by the owner alone", async () => {
  folder = enterProject({ images: "built" });
  openDeployment("unit").secrets.get("redis");
  const { missing, archive, files } = await diagnosed();
  expect(files).toEqual(
    expect.arrayContaining(["diagnosis-unit/settings.json", "diagnosis-unit/versions.json"]),
  );
  expect(files).toContain("diagnosis-unit/doctor.json");
  const engine = ["engine.json", "containers.json", "images.json", "volumes-networks.json", "status.json"];
  for (const file of [...engine, "plan.json"]) expect(missing.get(file)).toContain("does not answer");
  expect(statSync(archive).mode & 0o777).toBe(0o600);
});

it("a file that is not valid: what is wrong with it is said instead of settings", async () => {
  folder = enterProject({ images: "built", portz: 1 });
  const { missing } = await diagnosed();
  expect(missing.get("settings.json")).toContain("portz");
});

it("a name of nothing is refused, and nothing is written", async () => {
  folder = enterProject({ images: "built" });
  await expect(diagnose("unti", { out: "archives" }, recordingOutput())).rejects.toThrow(
    "there is no environment unti",
  );
  expect(readdirSync(".")).toEqual(["environments"]);
});

it("a folder that cannot be is told", async () => {
  folder = enterProject({ images: "built" });
  writeFileSync("archives", "a file");
  await expect(diagnose("unit", { out: "archives" }, recordingOutput())).rejects.toThrow("archives");
});

it("logs say that the engine does not answer", async () => {
  folder = enterProject({ images: "built" });
  await expect(logs("unit", [], {}, recordingOutput())).rejects.toThrow("the Docker engine does not answer");
});
