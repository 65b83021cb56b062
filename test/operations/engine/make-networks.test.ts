import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { HealthCheck } from "../../../constructs/workload/health-check";
import { Workload } from "../../../constructs/workload/workload";
import { ExitCode, type KitError } from "../../../kit/errors";
import { run } from "../../../kit/run";
import { engineState } from "../../../operations/engine/engine";
import { makeNetworks } from "../../../operations/engine/make-networks";
import { cannotStart, type OwnEngine, startOwnEngine } from "../../setup/engine/own-engine";
import { image, synth, testStack } from "../../template";

let engine: OwnEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  vi.unstubAllEnvs();
});

/** A stack of services, each with a network of its own. */
function platform(services: readonly string[]) {
  const { stack, engine } = testStack();
  for (const name of services) {
    new Workload(stack, name, { engine, name, image, healthCheck: HealthCheck.script("true") });
  }
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "cdk.tf.json"), synth(stack).text);
  return { binary: "terraform", directory, env: process.env };
}

it("networks are made before anything else, all or none where an engine has no room for them", async ({
  skip,
}) => {
  skip(cannotStart !== undefined, cannotStart);
  // Room for four.
  engine = await startOwnEngine(["--default-address-pool", "base=10.213.0.0/26,size=28"]);
  const own = async () => (await engineState("unit")).ownNetworks.map(({ name }) => name).sort();
  await run("docker", ["network", "create", "somebodys"]);
  const error: KitError = await makeNetworks(
    "unit",
    platform(["a", "b", "c", "d"]),
    await engineState("unit"),
  ).catch((thrown) => thrown);
  expect(error.exitCode).toBe(ExitCode.machine);
  expect(error.message).toMatch(
    /no room for more networks\n.*environment unit: it needs 4 more, and the engine has 1.*docker network prune.*default-address-pools/,
  );
  expect(await own()).toEqual([]);
  await makeNetworks("unit", platform(["a", "b", "c"]), await engineState("unit"));
  expect(await own()).toEqual(["unit-a.internal", "unit-b.internal", "unit-c.internal"]);
});
