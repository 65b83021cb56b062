import { describe, expect, it } from "vitest";
import { snakeCase } from "../../../config/overrides";
import { bareRealm } from "../../../constructs/keycloak/compare/bare-realm";
import { executionTable, flowTable } from "../../../constructs/keycloak/provider/authentication/flows";
import {
  identityProviderMapperTable,
  identityProviderTable,
} from "../../../constructs/keycloak/provider/authentication/identity-providers";
import {
  clientScopeTable,
  clientTable,
  protocolMapperTable,
  samlScopeTable,
} from "../../../constructs/keycloak/provider/clients/client-table";
import {
  keystoreTable,
  profileAttributeTable,
  profileGroupTable,
  registrationPolicyTable,
  requiredActionTable,
} from "../../../constructs/keycloak/provider/components/components";
import {
  customFederationTable,
  ldapMapperTable,
  ldapTable,
} from "../../../constructs/keycloak/provider/components/federation-table";
import { duration, firstMilliseconds } from "../../../constructs/keycloak/provider/mapping/conversions";
import {
  attributesOf,
  type FieldMapping,
  reportsOf,
} from "../../../constructs/keycloak/provider/mapping/field-mapping";
import { eventsTable, realmTable } from "../../../constructs/keycloak/provider/realm/realm-table";
import { realmCoverage } from "../../../constructs/keycloak/provider/realm-coverage";
import { groupTable } from "../../../constructs/keycloak/provider/users/groups";
import { roleTable } from "../../../constructs/keycloak/provider/users/roles";
import { userTable } from "../../../constructs/keycloak/provider/users/users";
import { providerFacts } from "../../../setup/terraform/provider-schema";

type Block = {
  readonly attributes?: Readonly<Record<string, { readonly type?: unknown }>>;
  readonly block_types?: Readonly<Record<string, { readonly block: Block }>>;
};

const { schema } = providerFacts("keycloak");
const blockOf = (resource: string) => schema.resource_schemas[`keycloak_${resource}`]?.block as Block;

/** Whether the provider has an attribute: `securityDefenses.headers.xFrameOptions`. */
function has(block: Block | undefined, [first = "", ...rest]: string[]): boolean {
  const name = snakeCase(first)
    .toLowerCase()
    .replace(/^oauth2_?/, "oauth2_");
  if (rest.length === 0) return name in { ...block?.attributes, ...block?.block_types };
  // Keys of a map are free.
  return Array.isArray(block?.attributes?.[name]?.type) || has(block?.block_types?.[name]?.block, rest);
}

const tables: [string, readonly FieldMapping[], Block | undefined][] = [
  ["realm", realmTable, blockOf("realm")],
  ["realm_events", eventsTable, blockOf("realm_events")],
  ["openid_client", clientTable, blockOf("openid_client")],
  ["openid_client_scope", clientScopeTable, blockOf("openid_client_scope")],
  ["saml_client_scope", samlScopeTable, blockOf("saml_client_scope")],
  ["realm_client_registration_policy", registrationPolicyTable, blockOf("realm_client_registration_policy")],
  ["generic_protocol_mapper", protocolMapperTable, blockOf("generic_protocol_mapper")],
  ["ldap_user_federation", ldapTable, blockOf("ldap_user_federation")],
  ["ldap_custom_mapper", ldapMapperTable, blockOf("ldap_custom_mapper")],
  ["custom_user_federation", customFederationTable, blockOf("custom_user_federation")],
  ["role", roleTable, blockOf("role")],
  ["group", groupTable, blockOf("group")],
  ["user", userTable, blockOf("user")],
  ["oidc_identity_provider", identityProviderTable, blockOf("oidc_identity_provider")],
  [
    "custom_identity_provider_mapper",
    identityProviderMapperTable,
    blockOf("custom_identity_provider_mapper"),
  ],
  ["authentication_flow", flowTable, blockOf("authentication_flow")],
  ["authentication_execution", executionTable, blockOf("authentication_execution")],
  ["required_action", requiredActionTable, blockOf("required_action")],
  [
    "user profile attribute",
    profileAttributeTable,
    blockOf("realm_user_profile").block_types?.attribute?.block,
  ],
  ["user profile group", profileGroupTable, blockOf("realm_user_profile").block_types?.group?.block],
];

describe("tables", () => {
  it.each(tables)("%s: every attribute is one of the provider's", (_, table, block) => {
    const unknown = table.flatMap((field) =>
      "to" in field && !has(block, field.to.split(".")) ? [field.to] : [],
    );
    expect(unknown).toEqual([]);
  });

  it("keystores: every attribute is one of a provider of keys", () => {
    const blocks = ["rsa", "hmac", "aes", "ecdsa"].map((kind) => blockOf(`realm_keystore_${kind}_generated`));
    const unknown = keystoreTable.flatMap((field) =>
      "to" in field && !blocks.some((block) => has(block, field.to.split("."))) ? [field.to] : [],
    );
    expect(unknown).toEqual([]);
  });

  it("takes the first entry that fits, and the rest of a map without what has an entry", () => {
    const table: FieldMapping[] = [
      { at: "a", to: "one", when: (value) => value === 1 },
      { at: "a", to: "other" },
      { at: "map/x.y", to: "z.x" },
      { at: "map", to: "rest" },
    ];
    expect(attributesOf(table, { a: 2, map: { "x.y": "v", w: "${u}" } })).toEqual({
      other: 2,
      z: { x: "v" },
      rest: { w: "$${u}" },
    });
    expect(reportsOf(table, { a: 1, b: 5, c: [], d: 6, map: { w: 1 } }, "o", { d: 6 })).toEqual([
      { path: "o.a", kind: "carried" },
      { path: "o.b", kind: "inexpressible", reason: expect.any(String) },
      { path: "o.c", kind: "default", reason: expect.any(String) },
      { path: "o.d", kind: "default", reason: expect.any(String) },
      { path: "o.map.w", kind: "carried" },
    ]);
  });

  it.each([
    [0, "0s"],
    [60, "1m0s"],
    [36000, "10h0m0s"],
    [3661, "1h1m1s"],
  ])("%d s are %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [["5000"], "5s"],
    [["1500"], "1.5s"],
    [["300"], "300ms"],
    [[""], undefined],
  ])("%j ms are %s", (value, text) => {
    expect(firstMilliseconds(value)).toBe(text);
  });
});

describe("realmCoverage", () => {
  it("finds nothing in a realm as Keycloak makes it that is not said, or its default", () => {
    const reports = realmCoverage(bareRealm("r"));
    expect(reports.length).toBeGreaterThan(500);
    expect(reports.filter(({ kind }) => kind === "inexpressible")).toEqual([]);
  });

  it("tells why something is not said, and of passwords that they would be in the state", () => {
    const reports = realmCoverage({
      realm: "r",
      unknownThing: "x",
      users: [{ username: "u", credentials: [{ type: "password", value: "p" }] }],
      clients: [{ clientId: "s", protocol: "saml" }],
    } as never);
    expect(reports.filter(({ kind }) => kind === "inexpressible")).toEqual([
      { path: "unknownThing", kind: "inexpressible", reason: expect.stringContaining("no attribute") },
      { path: "clients[s].clientId", kind: "inexpressible", reason: expect.stringContaining("SAML") },
      { path: "clients[s].protocol", kind: "inexpressible", reason: expect.stringContaining("SAML") },
      { path: "users[u].credentials", kind: "inexpressible", reason: expect.stringContaining("state") },
    ]);
  });
});
