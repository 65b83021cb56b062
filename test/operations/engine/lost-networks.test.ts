import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { withLostNetworks } from "../../../operations/engine/lost-networks";

const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

const on = (...names: string[]) => ({ networks_advanced: names.map((name) => ({ name, aliases: [] })) });
writeFileSync(
  join(directory, "cdk.tf.json"),
  JSON.stringify({
    resource: {
      terraform_data: { networks: {} },
      docker_container: { a: on("unit-james", "unit-redis.internal"), b: on("unit-james") },
    },
  }),
);
const platform = { binary: "terraform", directory, env: {} };
const engine = (...names: string[]) => ({ ownNetworks: names.map((name) => ({ name, origin: "" })) });

test("a network that the engine has not is made, whatever the state says", () => {
  const { replace } = withLostNetworks(platform, engine("unit-redis.internal"));
  expect(replace).toEqual(["terraform_data.networks"]);
});

test("nothing is made where none is missing", () => {
  const present = engine("unit-james", "unit-redis.internal", "unit-of-an-earlier-release");
  expect(withLostNetworks(platform, present).replace).toBeUndefined();
});
