import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RealmStack } from "../../../constructs/keycloak/adopt/realm-stack";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import { App, TerraformResource, Testing } from "../../../constructs/terraform";
import { Secret } from "../../../constructs/workload/secret";
import { KitError } from "../../../kit/errors";

type Resource = Readonly<Record<string, unknown>>;

/** Import blocks of an adopted realm, by id, with the resources that they are for. */
function adopted(realm: object) {
  const template = RealmTemplate.parse(JSON.stringify({ realm: "r", id: "r-id", ...realm }), "realm.json");
  const stack = new RealmStack(new App({ skipValidation: true }), "realm", {
    realm: template.identified,
    keycloak: "https://sso.example.com/auth",
    secretOf: (object) => new Secret(object, "secret"),
  });
  const { resource } = JSON.parse(Testing.synth(stack)) as {
    resource: Record<string, Record<string, Resource>>;
  };
  const blocks = stack.imports.map(({ to, id }) => {
    const [type = "", address = ""] = to.split(".");
    return { type: type.replace("keycloak_", ""), id, resource: resource[type]?.[address] as Resource };
  });
  return { template, blocks };
}

const ids = (realm: object, type: string) =>
  adopted(realm)
    .blocks.filter((block) => block.type === type)
    .map(({ id }) => id);

const mapper = (id: string, name = "same") => ({
  id,
  name,
  protocol: "openid-connect",
  protocolMapper: "oidc-usermodel-attribute-mapper",
  config: { "claim.name": id },
});
const storage = "org.keycloak.storage.UserStorageProvider";
const ldapMapper = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper";
const federation = (id: string, name: string, mappers: string[] = []) => ({
  id,
  name,
  providerId: "ldap",
  config: { connectionUrl: [`ldap://${id}`] },
  subComponents: {
    [ldapMapper]: mappers.map((one) => ({
      id: one,
      name: "same",
      providerId: "user-attribute-ldap-mapper",
      config: { "ldap.attribute": [one] },
    })),
  },
});
const flow = (alias: string, steps: object[], more: object = {}) => ({
  id: `id of ${alias}`,
  alias,
  providerId: "basic-flow",
  topLevel: true,
  builtIn: false,
  authenticationExecutions: steps.map((step, index) => ({
    requirement: "ALTERNATIVE",
    priority: 10 * index,
    authenticatorFlow: "flowAlias" in step,
    ...step,
  })),
  ...more,
});

describe("objects of one name have each its own import id", () => {
  it("groups below groups of one name", () => {
    const team = (side: string) => ({
      id: side,
      name: side,
      subGroups: [
        { id: `${side}/team`, name: "team", subGroups: [{ id: `${side}/team/lead`, name: "lead" }] },
      ],
    });
    const found = ids({ groups: [team("a"), team("b")] }, "group");
    expect(found).toEqual(["r/a", "r/a/team", "r/a/team/lead", "r/b", "r/b/team", "r/b/team/lead"]);
  });

  it("roles of the realm and of clients, also where names read alike", () => {
    const clients = ["a", "b"].map((clientId) => ({ id: clientId, clientId, publicClient: true }));
    const roles = {
      realm: [
        { id: "realm x", name: "x" },
        { id: "realm a x", name: "a x" },
      ],
      client: { a: [{ id: "a x", name: "x" }], b: [{ id: "b x", name: "x" }] },
    };
    expect(ids({ clients, roles }, "role")).toEqual(["r/realm x", "r/realm a x", "r/a x", "r/b x"]);
  });

  it("a client that is called as a role of another", () => {
    const clients = ["a", "a-role-b"].map((clientId) => ({ id: clientId, clientId, publicClient: true }));
    const roles = { client: { a: [{ id: "role b of a", name: "b" }] } };
    expect(ids({ clients, roles }, "openid_client")).toEqual(["r/a", "r/a-role-b"]);
    expect(ids({ clients, roles }, "role")).toEqual(["r/role b of a"]);
  });

  it("mappers of clients, of scopes, and two in one", () => {
    const found = ids(
      {
        clients: [
          { id: "c", clientId: "same", publicClient: true, protocolMappers: [mapper("m1"), mapper("m2")] },
          { id: "d", clientId: "other", publicClient: true, protocolMappers: [mapper("m3")] },
        ],
        clientScopes: [
          { id: "s", name: "same", protocol: "openid-connect", protocolMappers: [mapper("m4")] },
        ],
      },
      "generic_protocol_mapper",
    );
    expect(found).toEqual(["r/client-scope/s/m4", "r/client/c/m1", "r/client/c/m2", "r/client/d/m3"]);
  });

  it("federations, their mappers, and a provider of keys that is called as they are", () => {
    const realm = {
      components: {
        [storage]: [federation("f1", "same", ["m1", "m2"]), federation("f2", "same", ["m3"])],
        "org.keycloak.keys.KeyProvider": [
          { id: "k1", name: "same", providerId: "rsa-generated", config: { priority: ["7"] } },
          { id: "k2", name: "same", providerId: "rsa-generated", config: { priority: ["8"] } },
        ],
      },
    };
    expect(ids(realm, "ldap_user_federation")).toEqual(["r/f1", "r/f2"]);
    expect(ids(realm, "ldap_custom_mapper")).toEqual(["r/f1/m1", "r/f1/m2", "r/f2/m3"]);
    // The provider would take them out of a realm that it has not made.
    expect(ids(realm, "realm_keystore_rsa_generated")).toEqual([]);
  });

  it("mappers of identity providers", () => {
    const provider = (alias: string) => ({
      internalId: `id of ${alias}`,
      alias,
      providerId: "oidc",
      config: { authorizationUrl: "https://i/a", tokenUrl: "https://i/t", clientId: "c" },
    });
    const realm = {
      identityProviders: [provider("a"), provider("b")],
      identityProviderMappers: ["a", "b"].map((alias) => ({
        id: `mapper of ${alias}`,
        name: "same",
        identityProviderAlias: alias,
        identityProviderMapper: "oidc-user-attribute-idp-mapper",
        config: { claim: alias },
      })),
    };
    expect(ids(realm, "oidc_identity_provider")).toEqual(["r/a", "r/b"]);
    expect(ids(realm, "custom_identity_provider_mapper")).toEqual(["r/a/mapper of a", "r/b/mapper of b"]);
  });

  it("steps of one flow and of flows in it", () => {
    const step = (id: string, more: object = {}) => ({ id, authenticator: "auth-otp-form", ...more });
    const realm = {
      authenticationFlows: [
        flow("outer", [
          step("s1", { authenticatorConfig: "c" }),
          step("s2", { authenticatorConfig: "d" }),
          { id: "s3", flowAlias: "inner" },
        ]),
        flow("inner", [step("s4"), step("s5")], { topLevel: false }),
      ],
      authenticatorConfig: ["c", "d"].map((alias) => ({
        id: `id of ${alias}`,
        alias,
        config: { of: alias },
      })),
    };
    expect(ids(realm, "authentication_execution")).toEqual([
      "r/outer/s1",
      "r/outer/s2",
      "r/inner/s4",
      "r/inner/s5",
    ]);
    expect(ids(realm, "authentication_subflow")).toEqual(["r/outer/id of inner"]);
    expect(ids(realm, "authentication_execution_config")).toEqual(["r/s1/id of c", "r/s2/id of d"]);
  });
});

it("imports nothing of a flow with a step of no known id: Terraform would add the step once more", () => {
  const realm = {
    authenticationFlows: [
      flow("known", [{ id: "s1", authenticator: "auth-cookie" }]),
      flow("unknown", [{ id: "s2", authenticator: "auth-cookie" }, { flowAlias: "inner" }]),
      flow("inner", [{ authenticator: "auth-otp-form" }], { topLevel: false }),
    ],
  };
  const { blocks, template } = adopted(realm);
  const found = blocks.filter(({ type }) => type.startsWith("authentication")).map(({ id }) => id);
  expect(found).toEqual(["r/id of known", "r/known/s1"]);
  expect(template.findings).toEqual([
    { path: "authenticationFlows[unknown]", kind: "not imported", what: expect.stringContaining("steps") },
  ]);
});

describe("what would be one object twice is refused", () => {
  it.each([
    [
      "an id that two have",
      { clients: ["a", "b"].map((clientId) => ({ id: "one", clientId, publicClient: true })) },
      /client-a.*client-b.*they are one object.*r\/one/,
    ],
    [
      "a flow in two places",
      {
        authenticationFlows: [
          flow("a", [{ flowAlias: "inner" }]),
          flow("b", [{ flowAlias: "inner" }]),
          flow("inner", [], { topLevel: false }),
        ],
      },
      /authenticationFlows\[b\]\.authenticationExecutions\[inner\]: this flow is elsewhere too/,
    ],
    [
      "a flow in itself",
      { authenticationFlows: [flow("a", [{ flowAlias: "a" }])] },
      /authenticationFlows\[a\]\.authenticationExecutions\[a\]: this flow is elsewhere too/,
    ],
    [
      "roles of one name",
      { roles: { realm: [{ name: "x" }, { name: "x" }] } },
      /roles\.realm\[x\]: there are two/,
    ],
    [
      "groups of one path",
      { groups: [{ name: "a", subGroups: [{ name: "b" }, { name: "b" }] }] },
      /groups\[a\]\.subGroups\[b\]: there are two/,
    ],
  ])("%s", (_, realm, message) => {
    const adopt = () => adopted(realm);
    expect(adopt).toThrow(KitError);
    expect(adopt).toThrow(message);
  });
});

/** Few names, so that many are alike, and such as read alike when they are put together. */
const name = fc.constantFrom(
  "a",
  "b",
  "a-b",
  "a b",
  "a-role-b",
  "A",
  "ä",
  "mapper",
  "1",
  "\ud800",
  "(2)",
  "a (2)",
);
const named = <T extends object>(more: fc.Arbitrary<T>) =>
  fc.uniqueArray(
    fc.tuple(name, more).map(([own, rest]) => ({ name: own, ...rest })),
    { selector: ({ name: own }) => own, maxLength: 4 },
  );
const nothing = fc.constant({});
const mappers = fc
  .array(name, { maxLength: 3 })
  .map((names) => names.map((one) => ({ ...mapper("", one), id: undefined })));
const { groups } = fc.letrec<{ groups: object[] }>((tie) => ({
  groups: fc.oneof(
    { maxDepth: 3 },
    fc.constant<object[]>([]),
    named(fc.record({ subGroups: tie("groups") })),
  ),
}));
const shape = fc.record({
  groups,
  clients: named(fc.record({ protocolMappers: mappers })).map((list) =>
    list.map(({ name: clientId, ...rest }) => ({ clientId, publicClient: true, ...rest })),
  ),
  clientScopes: named(fc.record({ protocolMappers: mappers })).map((list) =>
    list.map((one) => ({ protocol: "openid-connect", ...one })),
  ),
  roles: fc.record({
    realm: named(nothing),
    client: fc.dictionary(name, named(nothing), { maxKeys: 3 }),
  }),
  users: named(nothing).map((list) => list.map(({ name: username }) => ({ username }))),
  components: fc.array(fc.tuple(name, fc.array(name, { maxLength: 3 })), { maxLength: 4 }).map((list) => ({
    [storage]: list.map(([one, inner]) => ({
      ...federation("", one, inner),
      id: undefined,
    })),
  })),
});

it("any realm: every id is imported once, for an object of its name", () => {
  fc.assert(
    fc.property(shape, (realm) => {
      const names = new Map<string, unknown>();
      const identified = JSON.parse(JSON.stringify(realm), (key, value) => {
        const own = value?.clientId ?? value?.username ?? value?.name;
        if (typeof own !== "string" || key === "config") return value;
        const id = `id-${names.size}`;
        names.set(id, own);
        return { ...value, id };
      });
      const stack = new RealmStack(new App({ skipValidation: true }), "realm", {
        realm: { realm: "r", ...identified },
        keycloak: "https://sso.example.com/auth",
      });
      const resources = stack.node.findAll().filter((one) => one instanceof TerraformResource);
      const byAddress = new Map(
        resources.map((one) => [`${one.terraformResourceType}.${one.friendlyUniqueId}`, one]),
      );
      expect(byAddress.size).toBe(resources.length);
      const imported = stack.imports.flatMap(({ to, id }) => {
        const own = id.split("/").at(-1) as string;
        const one = byAddress.get(to) as TerraformResource & Record<`${string}Input`, unknown>;
        if (to.startsWith("keycloak_realm.")) return [];
        const isClient = to.startsWith("keycloak_openid_client.");
        expect(isClient ? one.clientIdInput : (one.nameInput ?? one.usernameInput)).toBe(names.get(own));
        return [own];
      });
      expect(new Set(imported).size).toBe(imported.length);
    }),
    { numRuns: 25 },
  );
});
