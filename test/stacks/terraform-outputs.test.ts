import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { outputsOf, outputVariables } from "../../config/outputs";
import { App, TerraformStack, Testing } from "../../constructs/terraform";
import { addOutputs } from "../../stacks/terraform-outputs";

it("a stack tells what `outputs` tells, by the same names, which Terraform takes, and no secret", () => {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const further = { hosts: { gateway: "second.example" }, ports: { imap: 1143, smtp: 1587, sieve: 14190 } };
  const realms = [
    { name: "2nd-realm", domain: "second.example", people: [{ mail: "jane@second.example" }], ...further },
  ];
  writeFileSync(join(directory, "unit.yaml"), JSON.stringify({ images: "built", realms }));
  const outputs = outputsOf(loadEnvironment("unit", { directory, env: {} }), "/folder/${dir}/secrets.json");
  const stack = new TerraformStack(new App({ outdir: join(directory, "out") }), "mail");
  addOutputs(stack, { ...outputs, secrets: { redis: "a secret" } });
  const { output } = JSON.parse(Testing.synth(stack));
  const variables = Object.fromEntries(outputVariables(outputs).map(([name, value]) => [name, { value }]));
  expect(output).toEqual({ ...variables, SECRETS_FILE: { value: "/folder/$${dir}/secrets.json" } });
  expect(output._2ND_REALM_MAIL_DOMAIN).toEqual({ value: "second.example" });
  for (const name of Object.keys(output)) expect(name).toMatch(/^[A-Z_]\w*$/);
});
