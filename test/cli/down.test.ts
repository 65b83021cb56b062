import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type DownOptions, down } from "../../cli/commands/down";
import { run } from "../../kit/run";
import { privateDirectory } from "../../operations/deployment/deployment";
import { cannotStart, type OwnEngine, startOwnEngine } from "../setup/engine/own-engine";
import { enterProject, leaveProject, recordingOutput } from "./project";

/** An engine of its own, with volumes of environments that are not up: no image is needed. */
let engine: OwnEngine | undefined;
let folder: string;

beforeAll(async () => {
  folder = enterProject({});
  if (cannotStart === undefined) engine = await startOwnEngine([]);
});
afterAll(async () => {
  await engine?.stop();
  vi.unstubAllEnvs();
  leaveProject(folder);
});

const docker = async (...args: string[]) => (await run("docker", args)).stdout.split("\n").filter(Boolean);
const volumes = async () => (await docker("volume", "ls", "--format", "{{.Name}}")).sort();

async function makeVolume(name: string, labels: Record<string, string>): Promise<void> {
  const given = Object.entries({ environment: "unit", ...labels }).flatMap(([label, value]) => [
    "--label",
    `james-oidc-kit.${label}=${value}`,
  ]);
  await docker("volume", "create", ...given, name);
}

async function runDown(options: Partial<DownOptions> = {}) {
  const output = recordingOutput();
  await down("unit", { keepData: false, json: true, ...options }, output);
  return output.results[0] as (typeof output.results)[number];
}

const settings = (content: object) => writeFileSync("environments/unit.yaml", JSON.stringify(content));

describe.sequential("down of what people have", () => {
  beforeEach(async ({ skip }) => {
    skip(cannotStart !== undefined, cannotStart);
    for (const name of await volumes()) await docker("volume", "rm", name);
    await makeVolume("unit-data", { holds: "mail", "private-directory": privateDirectory("unit") });
    await makeVolume("unit-certificates", { holds: "derived" });
    await makeVolume("unit-old-data", {});
    settings({ images: "built", storage: { identity: "durable", mail: "memory" } });
    mkdirSync(".kit/unit", { recursive: true });
    writeFileSync(".kit/unit/secrets.json", "{}");
  });

  it("of a durable environment keeps it, also on volumes that nobody has told what they hold, and the secrets; says so", async () => {
    const { data, text } = await runDown();
    expect(await volumes()).toEqual(["unit-data", "unit-old-data"]);
    expect(existsSync(".kit/unit/secrets.json")).toBe(true);
    expect(data).toMatchObject({
      keptData: true,
      kept: [{ volume: "unit-data", holds: "mail", size: "0B" }, { volume: "unit-old-data" }],
    });
    expect(text).toMatch(/mail \(volume unit-data, 0B\)/);
    expect(text).toMatch(/to remove that too, for good: .* --env unit down --delete-data unit$/);
    // Twice, as after one that was killed.
    expect((await runDown()).data).toMatchObject({ keptData: true, removed: [] });
  });

  it("removes it when somebody says the name of the environment; nothing at another one, or none", async () => {
    for (const deleteData of [true, "other"] as const) {
      await expect(runDown({ deleteData })).rejects.toThrow(
        /removed for good\n[\s\S]*mail \(volume unit-data, 0B\)/,
      );
    }
    expect(await volumes()).toHaveLength(3);
    expect((await runDown({ deleteData: "unit" })).data).toMatchObject({ keptData: false });
    expect(await volumes()).toEqual([]);
    expect(existsSync(".kit/unit")).toBe(false);
  });

  it("one that protects nothing is asked for no name", async () => {
    settings({
      images: "built",
      storage: { identity: "durable", mail: "memory" },
      deletionProtection: false,
    });
    await runDown();
    expect(await volumes()).toHaveLength(2);
    await runDown({ deleteData: true });
    expect(await volumes()).toEqual([]);
  });

  it("of one in memory removes all, as ever, and with --keep-data nothing", async () => {
    settings({ images: "built" });
    await runDown({ keepData: true });
    expect(await volumes()).toHaveLength(3);
    expect((await runDown()).data).toMatchObject({ keptData: false });
    expect(await volumes()).toEqual([]);
    expect(existsSync(".kit/unit")).toBe(false);
  });

  it("one that was durable at its last up, or whose file nobody can read, is taken for durable", async () => {
    writeFileSync(".kit/unit/settings.json", JSON.stringify({ "storage.identity": "durable" }));
    settings({ images: "built" });
    await runDown();
    expect(await volumes()).toHaveLength(2);
    writeFileSync(".kit/unit/settings.json", "nonsense");
    writeFileSync("environments/unit.yaml", "nonsense: [");
    await runDown();
    expect(await volumes()).toHaveLength(2);
    // Its last up knew that it keeps nothing.
    writeFileSync(".kit/unit/settings.json", JSON.stringify({ storage: "memory" }));
    await runDown();
    expect(await volumes()).toEqual([]);
  });

  it("of another folder is nobody else's to remove", async () => {
    await makeVolume("unit-elsewhere", { holds: "mail", "private-directory": folder });
    await expect(runDown({ deleteData: "unit" })).rejects.toThrow(/has data of another folder/);
    expect(await volumes()).toHaveLength(4);
  });
});
