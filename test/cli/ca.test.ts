import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { run } from "../../kit/run";
import { openDeployment } from "../../operations/deployment/deployment";
import { enterProject, leaveProject } from "./project";

let folder: string;
beforeAll(() => {
  folder = enterProject({ tls: { mode: "own" } });
  writeFileSync("environments/off.yaml", "{}");
});
afterAll(() => leaveProject(folder));

const ca = (...args: string[]) =>
  run(`${packageRoot}/scripts/kit`, ["ca", "show", ...args]).then(
    ({ stdout, stderr }) => ({ stdout, stderr }),
    ({ tail }: { tail: string[] }) => ({ stdout: "", stderr: tail.join("\n") }),
  );

test("ca show: the authority's certificate on standard output, nothing of its key; its fingerprint beside", async () => {
  expect((await ca("--env", "unit")).stderr).toContain("It is made by the first `up`");
  expect((await ca("--env", "off")).stderr).toContain("Say tls.mode: own");
  openDeployment("unit").secrets.get("authority");
  const { stdout, stderr } = await ca("--env", "unit");
  expect(stdout).not.toContain("KEY");
  expect(stderr).toContain(new X509Certificate(stdout).fingerprint256);
  const [line = ""] = (await ca("--env", "unit", "--json")).stdout.trim().split("\n").slice(-1);
  expect(JSON.parse(line)).toMatchObject({ event: "result", command: "ca show", certificate: stdout });
});
