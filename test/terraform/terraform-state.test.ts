import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stateResources } from "../../constructs/terraform/terraform-state";
import { KitError } from "../../kit/errors";

test("no state, and the empty one that a killed Terraform leaves, have no resources", () => {
  const file = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "terraform.tfstate");
  expect(stateResources(file)).toEqual([]);
  writeFileSync(file, "");
  expect(stateResources(file)).toEqual([]);
  writeFileSync(file, '{"resources":[{"type":"docker_network","name":"a"}]}');
  expect(stateResources(file)).toEqual([{ type: "docker_network", name: "a" }]);
});

test.each([
  ["a cut one", '{"version":4,"resources":[{"mode":"man'],
  ["something else", "[1]"],
  [
    "one whose resources have lost their instances",
    '{"resources":[{"mode":"managed","type":"a","name":"b"}]}',
  ],
])("a state that is %s is told, with the one before it", (_, text) => {
  const file = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "terraform.tfstate");
  writeFileSync(file, text);
  expect(() => stateResources(file)).toThrow(KitError);
  expect(() => stateResources(file)).toThrow(/terraform\.tfstate: .*terraform\.tfstate\.backup/s);
});
