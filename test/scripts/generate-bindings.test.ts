import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OpenidClient } from "../../constructs/keycloak/bindings/openid-client";
import { KeycloakProvider } from "../../constructs/keycloak/bindings/provider";
import { Realm } from "../../constructs/keycloak/bindings/realm";
import { TerraformStack, Testing } from "../../constructs/terraform";
import { generateBindingsOf } from "../../scripts/generate-bindings";
import { providerFacts } from "../../setup/terraform/provider-schema";

it("makes a module for each resource and data source, again only when one is due", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bindings-"));
  expect(await generateBindingsOf("keycloak", folder)).toBe(true);
  const { resource_schemas, data_source_schemas } = providerFacts("keycloak").schema;
  const modules = [
    "provider",
    ...Object.keys(resource_schemas).map((name) => name.replace("keycloak_", "")),
    ...Object.keys(data_source_schemas).map((name) => `data_${name}`),
  ].map((name) => `${name.replaceAll("_", "-")}.ts`);
  const made = () => readdirSync(folder).filter((name) => name.endsWith(".ts"));
  expect(made().sort()).toEqual(modules.sort());
  expect(await generateBindingsOf("keycloak", folder)).toBe(false);

  // As another schema, or an interrupted generation, leaves it.
  writeFileSync(join(folder, ".generated-from"), "another");
  writeFileSync(join(folder, "gone-resource.ts"), "");
  rmSync(join(folder, "realm.ts"));
  expect(await generateBindingsOf("keycloak", folder)).toBe(true);
  expect(made().sort()).toEqual(modules.sort());
  // The mark of the generator, which nobody must see.
  for (const name of made())
    expect(readFileSync(join(folder, name), "utf8")).not.toMatch(/\bkit\/(keycloak|providers)/);
  expect(existsSync(join(folder, "index.ts"))).toBe(false);
});

it("makes bindings that say where the provider comes from, leave its host open, and nest what is nested", () => {
  const stack = new TerraformStack(Testing.app(), "stack");
  new KeycloakProvider(stack, "keycloak", { url: "http://localhost", initialLogin: false });
  const realm = new Realm(stack, "realm", {
    realm: "mail",
    internationalization: { supportedLocales: ["en"], defaultLocale: "en" },
    attributes: { a: "b" },
  });
  new OpenidClient(stack, "client", {
    realmId: realm.id,
    clientId: "c",
    accessType: "PUBLIC",
    description: "A client.",
  });
  const synthesized = JSON.parse(Testing.synth(stack));
  expect(synthesized.terraform.required_providers.keycloak).toEqual({
    source: "keycloak/keycloak",
    version: expect.stringMatching(/^>= \d+\.\d+\.\d+, < \d+\.0\.0$/),
  });
  expect(synthesized.resource).toMatchObject({
    keycloak_realm: {
      realm: {
        internationalization: { supported_locales: ["en"], default_locale: "en" },
        attributes: { a: "b" },
      },
    },
    keycloak_openid_client: {
      client: { description: "A client.", realm_id: expect.stringMatching(/^\$\{keycloak_realm\..*\.id\}$/) },
    },
  });
});
