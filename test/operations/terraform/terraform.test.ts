import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { initialize } from "../../../operations/terraform/terraform";

test("a state that cdktf made is taken over into a directory that was never initialized", async () => {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const directory = join(folder, "stack");
  mkdirSync(join(directory, ".terraform"), { recursive: true });
  const path = join(folder, "terraform.tfstate");
  writeFileSync(
    join(directory, "cdk.tf.json"),
    JSON.stringify({ terraform: { backend: { local: { path } } } }),
  );
  const provider = 'provider["registry.opentofu.org/kreuzwerker/docker"]';
  writeFileSync(path, JSON.stringify({ resources: [{ type: "docker_network", name: "a", provider }] }));
  // As Terraform: no command but init works beside a stack whose backend is not initialized.
  const binary = join(folder, "terraform");
  const script = `#!/bin/sh
if [ "$1" != init ] && [ -e cdk.tf.json ]; then echo "Backend initialization required"; exit 1; fi
echo "$@" >>${folder}/calls`;
  writeFileSync(binary, script, { mode: 0o755 });
  await initialize({ binary, directory, env: {} });
  expect(readFileSync(join(folder, "calls"), "utf8").split("\n")).toEqual([
    `state replace-provider -auto-approve -state=${path} registry.opentofu.org/kreuzwerker/docker kreuzwerker/docker`,
    "init -input=false -upgrade -no-color",
    "",
  ]);
});
