import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  lackingFrom,
  type ProviderSchema,
  parseProviderSchema,
  providerFacts,
} from "../../../setup/terraform/provider-schema";

const TEXTS = { description: "A text.", description_kind: "plain" };

/** As `terraform providers schema -json` prints it. */
const printed = JSON.stringify({
  format_version: "1.0",
  provider_schemas: {
    "registry.example/kreuzwerker/docker": { provider: { version: 0, block: {} } },
    "registry.example/keycloak/keycloak": {
      provider: { version: 0, block: { attributes: { url: { type: "string", ...TEXTS } }, ...TEXTS } },
      resource_schemas: {
        keycloak_role: {
          version: 1,
          block: {
            attributes: {
              description: { type: "string", optional: true, ...TEXTS },
              name: { type: "string", required: true, deprecated: true, deprecation_message: "Use id." },
            },
            block_types: {
              config: {
                nesting_mode: "list",
                max_items: 1,
                block: { attributes: { description: { type: "string", ...TEXTS } }, ...TEXTS },
              },
            },
          },
        },
      },
    },
  },
});

describe("parseProviderSchema", () => {
  it("keeps names, types and flags, and drops texts only: an attribute may be named description", () => {
    expect(parseProviderSchema(printed, "keycloak/keycloak")).toEqual({
      provider: { version: 0, block: { attributes: { url: { type: "string" } } } },
      resource_schemas: {
        keycloak_role: {
          version: 1,
          block: {
            attributes: {
              description: { type: "string", optional: true },
              name: { type: "string", required: true, deprecated: true },
            },
            block_types: {
              config: {
                nesting_mode: "list",
                max_items: 1,
                block: { attributes: { description: { type: "string" } } },
              },
            },
          },
        },
      },
      data_source_schemas: {},
    });
  });

  it("names what it has found when the provider is not there", () => {
    expect(() => parseProviderSchema(printed, "else/keycloak")).toThrow(
      /else\/keycloak.*kreuzwerker\/docker/,
    );
  });
});

describe("lackingFrom", () => {
  const schema = parseProviderSchema(printed, "keycloak/keycloak");
  const empty: ProviderSchema = {
    provider: { version: 0, block: {} },
    resource_schemas: {},
    data_source_schemas: {},
  };

  it("tells resources, attributes and blocks, at any depth, but nothing that is only new", () => {
    const role = (attributes: object, block_types: object) =>
      ({
        ...schema,
        resource_schemas: { keycloak_role: { version: 1, block: { attributes, block_types } } },
      }) as ProviderSchema;
    const name = { type: "string" };
    expect(lackingFrom(schema, schema)).toEqual([]);
    expect(lackingFrom(schema, empty)).toEqual([]);
    expect(lackingFrom(empty, schema)).toEqual(["provider.url", "keycloak_role"]);
    expect(lackingFrom(role({ name }, {}), schema)).toEqual([
      "keycloak_role.description",
      "keycloak_role.config",
    ]);
    expect(lackingFrom(role({ name, description: name }, { config: { block: {} } }), schema)).toEqual([
      "keycloak_role.config.description",
    ]);
  });

  it("tells data sources apart from resources", () => {
    const data = { ...empty, data_source_schemas: schema.resource_schemas };
    expect(lackingFrom(empty, data)).toEqual(["data.keycloak_role"]);
  });
});

describe("providerFacts", () => {
  it("has the write-only secrets, the attributes named description, and no text", () => {
    const { resource_schemas } = providerFacts("keycloak").schema;
    const attributes = (name: string) => resource_schemas[name]?.block.attributes ?? {};
    expect(attributes("keycloak_openid_client")).toMatchObject({
      client_secret_wo: { write_only: true },
      description: { type: "string" },
    });
    expect(attributes("keycloak_ldap_user_federation")).toMatchObject({
      bind_credential_wo: { write_only: true },
    });
    expect(JSON.stringify(resource_schemas)).not.toMatch(/"description":"|description_kind/);
  });

  it("does not choose between two releases", () => {
    const folder = mkdtempSync(join(tmpdir(), "facts-"));
    for (const version of ["5.9.0", "5.10.0"])
      writeFileSync(join(folder, `keycloak-provider-${version}.json`), "{}");
    expect(() => providerFacts("keycloak", folder)).toThrow(/must have one/);
  });
});
