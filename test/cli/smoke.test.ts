import { existsSync, writeFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { smoke } from "../../cli/commands/smoke";
import { enterProject, leaveProject, recordingOutput } from "./project";

afterEach(() => vi.unstubAllEnvs());

test("smoke of what is not up says so, tries nothing and makes no secret", async () => {
  const folder = enterProject({ images: "built" });
  // An engine without containers.
  writeFileSync("docker", "#!/bin/sh\n", { mode: 0o755 });
  vi.stubEnv("PATH", `${resolve(".")}${delimiter}${process.env.PATH}`);
  const output = recordingOutput();
  await expect(smoke("unit", {}, output)).rejects.toMatchObject({
    exitCode: 4,
    message: expect.stringContaining("environment unit is not up"),
  });
  expect([output.results, existsSync(".kit/unit/secrets.json")]).toEqual([[], false]);
  leaveProject(folder);
});
