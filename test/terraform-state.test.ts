import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stateResources } from "../constructs/terraform-state";

test("no state, and the empty one that a killed Terraform leaves, have no resources", () => {
  const file = join(mkdtempSync(join(tmpdir(), "james-oidc-kit-test-")), "terraform.tfstate");
  expect(stateResources(file)).toEqual([]);
  writeFileSync(file, "");
  expect(stateResources(file)).toEqual([]);
  writeFileSync(file, '{"resources":[{"type":"docker_network","name":"a"}]}');
  expect(stateResources(file)).toEqual([{ type: "docker_network", name: "a" }]);
});
