import fs, { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, expect, test } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { synthesize } from "../../../operations/deployment/synthesize";
import { enterProject, leaveProject } from "../../cli/project";

const { statfsSync } = fs;

afterEach(() => {
  fs.statfsSync = statfsSync;
  syncBuiltinESMExports();
});

test("without disk space nothing is written, neither secrets nor stacks", () => {
  const folder = enterProject({ images: "built" });
  const deployment = openDeployment("unit");
  fs.statfsSync = (() => ({ bavail: 1, bsize: 4096 })) as never;
  syncBuiltinESMExports();
  expect(() => synthesize(deployment, { outdir: "out" })).toThrow(
    /not enough disk space to deploy environment unit/,
  );
  expect([readdirSync("."), readdirSync(".kit/unit")]).toEqual([[".kit", "environments"], []]);
  leaveProject(folder);
});
