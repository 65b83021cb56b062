import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { knownSecrets } from "../../../operations/logs/known-secrets";
import { enterProject, leaveProject } from "../../cli/project";

let folder: string;

beforeEach(() => {
  folder = enterProject({ images: "built" });
});

afterEach(() => leaveProject(folder));

test("a secret that was rotated is known as it runs until the next up, and as it will be", () => {
  mkdirSync(".kit/unit/deployed", { recursive: true });
  writeFileSync(".kit/unit/secrets.json", JSON.stringify({ redis: "the new one" }));
  writeFileSync(".kit/unit/deployed/secrets.json", JSON.stringify({ redis: "the one that runs" }));
  expect(knownSecrets("unit", () => openDeployment("unit").environment)).toEqual(
    expect.arrayContaining([
      ["redis", "the new one"],
      ["redis", "the one that runs"],
    ]),
  );
});
