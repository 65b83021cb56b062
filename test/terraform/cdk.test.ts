import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ExitCode } from "../../kit/errors";
import { packageRoot } from "../../kit/package-root";

it("a KIT_CDK that there is not is told with what there is, without a stack trace", () => {
  const command = [
    "--import",
    "tsx",
    join(packageRoot, "cli/main.ts"),
    "gateway",
    "render",
    "--env",
    "offline",
  ];
  const env = { ...process.env, KIT_CDK: "cdk8s" };
  const { status, stderr } = spawnSync(process.execPath, command, {
    cwd: packageRoot,
    env,
    encoding: "utf8",
  });
  expect(stderr).toMatch(/KIT_CDK: .*"cdk8s".*"cdktn", "cdktf"/);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(status).toBe(ExitCode.badInput);
});
