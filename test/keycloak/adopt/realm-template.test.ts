import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fieldReport } from "../../../constructs/keycloak/adopt/field-report";
import { RealmTemplate } from "../../../constructs/keycloak/adopt/realm-template";
import { exported } from "./exported";

const parse = (value: unknown, options = {}) =>
  RealmTemplate.parse(JSON.stringify(value), "demo.json", options);
const problemOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
};

describe("RealmTemplate", () => {
  const template = parse(exported());
  const { representation } = template;
  const shop = representation.clients?.find(({ clientId }) => clientId === "shop");

  it("keeps what somebody decided, and leaves out what Keycloak makes by itself", () => {
    expect(representation).toMatchObject({ realm: "demo", enabled: true, accessTokenLifespan: 60 });
    expect(representation).not.toHaveProperty("sslRequired");
    expect(representation).not.toHaveProperty("id");
    expect(shop).toMatchObject({ redirectUris: ["https://shop.example/cb"], name: "Shop" });
    expect(shop).not.toHaveProperty("surrogateAuthRequired");
    expect(shop).not.toHaveProperty("id");
  });

  it("is the same when it is read again", () => {
    expect(parse(representation).representation).toEqual(representation);
  });

  it.each([
    ["defaultRoles", { defaultRole: { name: "default-roles-demo" } }],
    ["webAuthnPolicyRequireResidentKey", { webAuthnPolicyResidentKey: "required" }],
  ])("translates %s", (field, expected) => {
    expect(representation).toMatchObject(expected);
    expect(representation).not.toHaveProperty(field);
    expect(template.notes).toContainEqual(expect.objectContaining({ path: field, kind: "translated" }));
  });

  it("replaces a theme that Keycloak has no more", () => {
    expect(representation.adminTheme).toBe("keycloak.v2");
    expect(template.notes).toContainEqual(
      expect.objectContaining({ path: "adminTheme", kind: "translated" }),
    );
  });

  it("reads switches and numbers that are texts, as Keycloak does, and says so", () => {
    const texts = parse({ realm: "demo", enabled: "true", accessTokenLifespan: "90", displayName: "true" });
    expect(texts.representation).toMatchObject({
      enabled: true,
      accessTokenLifespan: 90,
      displayName: "true",
    });
    expect(fieldReport(texts)).toContainEqual({
      path: "enabled",
      kind: "translated",
      reason: "true, as Keycloak reads the text",
    });
    const placeholders = parse({ realm: "demo", enabled: "${ON:true}" });
    expect(placeholders.representation.enabled).toBe("${ON:true}");
  });

  it("gives every user the old default roles", () => {
    const role = representation.roles?.realm?.find(({ name }) => name === "default-roles-demo");
    expect(role?.composites).toEqual({
      // As Keycloak 26.7.3 does it when it imports them itself.
      realm: ["offline_access", "uma_authorization", "staff"],
      client: { account: ["manage-account", "view-profile"] },
    });
  });

  it("upgrades as Keycloak's own import does: tokens keep what they had", () => {
    expect(representation.clientScopes?.map(({ name }) => name)).toEqual(["email", "acr", "basic"]);
    expect(shop?.defaultClientScopes).toEqual(["email", "acr", "basic"]);
    expect(JSON.stringify(representation.components)).toContain("unmanagedAttributePolicy");
    const added = template.findings.filter(({ kind }) => kind === "added").map(({ what }) => what);
    expect(added).toEqual(
      expect.arrayContaining([expect.stringContaining("scope acr"), expect.stringContaining("scope basic")]),
    );
  });

  it("upgrades nothing of what tells no release", () => {
    const { keycloakVersion: _, ...fragment } = exported();
    expect(parse(fragment).representation.clientScopes?.map(({ name }) => name)).toEqual(["email"]);
  });

  it("takes removed steps out of flows, and says so", () => {
    const [flow] = representation.authenticationFlows ?? [];
    expect(
      flow.authenticationExecutions.map(({ authenticator }: { authenticator: string }) => authenticator),
    ).toEqual(["auth-otp-form"]);
    expect(template.notes).toContainEqual({
      path: "authenticationFlows[strict].authenticationExecutions[basic-auth]",
      kind: "inexpressible",
      reason: "Keycloak removed it in 21",
    });
  });

  it("keeps the ids of flows that clients are bound to by them", () => {
    expect(representation.authenticationFlows?.[0].id).toBe("f1");
  });

  it("keeps unknown fields apart: Keycloak would refuse the import for them", () => {
    expect(template.unknown).toEqual([
      { path: "zeal", value: { level: 11 } },
      { path: "clients[shop].colour", value: "red" },
    ]);
    expect(representation).not.toHaveProperty("zeal");
    expect(shop).not.toHaveProperty("colour");
  });

  it("takes secrets out, and gives those that the file shows", () => {
    expect(JSON.stringify(representation)).not.toMatch(/in clear|"bind"/);
    expect(template.secretOf("client james")?.reveal()).toBe("in clear");
    expect(template.secretOf("federation staff")?.reveal()).toBe("bind");
    expect(template.secretOf("client shop")).toBeUndefined();
    expect(template.importable().clients?.[1]?.secret).toBe("in clear");
  });

  it("lists masked secrets, scripts and themes", () => {
    const found = template.findings.map(({ kind, path }) => [kind, path]);
    expect(found).toContainEqual(["masked secret", "clients[shop].secret"]);
    expect(found).toContainEqual([
      "masked secret",
      "components[org.keycloak.storage.UserStorageProvider][guests].config.bindCredential",
    ]);
    expect(found).toContainEqual(["script", "clients[shop].protocolMappers[scripted]"]);
    expect(found).toContainEqual(["theme", "loginTheme"]);
  });

  it("puts typed overrides on top, object by object", () => {
    const overrides = {
      accessTokenLifespan: 120,
      clients: [
        { clientId: "shop", redirectUris: ["https://new.example/cb"] },
        { clientId: "mail", publicClient: true },
      ],
    };
    const { representation: realm } = parse(exported(), { overrides });
    expect(realm.accessTokenLifespan).toBe(120);
    expect(realm.clients?.map(({ clientId }) => clientId)).toEqual(["shop", "james", "mail"]);
    expect(realm.clients?.[0]).toMatchObject({ name: "Shop", redirectUris: ["https://new.example/cb"] });
  });

  it("translates realms of Keycloak 1: applications, OAuth clients, social providers, federations", () => {
    const { representation: realm } = parse(
      {
        realm: "old",
        social: true,
        socialProviders: { "google.key": "k", "google.secret": "s" },
        applications: [{ name: "app", publicClient: true }],
        oauthClients: [{ name: "third", enabled: true }],
        userFederationProviders: [
          { displayName: "people", providerName: "ldap", priority: 1, config: { usersDn: "ou=people" } },
        ],
        userFederationMappers: [
          {
            name: "mail",
            federationProviderDisplayName: "people",
            federationMapperType: "user-attribute-ldap-mapper",
            config: { "ldap.attribute": "mail" },
          },
        ],
      },
      {},
    );
    expect(realm.clients?.map(({ clientId }) => clientId)).toEqual(["app", "third"]);
    expect(realm.clients?.[1]).toMatchObject({ consentRequired: true });
    expect(realm.identityProviders?.[0]).toMatchObject({ alias: "google", config: { clientId: "k" } });
    expect(realm.components).toMatchObject({
      "org.keycloak.storage.UserStorageProvider": [
        {
          name: "people",
          config: { usersDn: ["ou=people"], priority: ["1"] },
          subComponents: {
            "org.keycloak.storage.ldap.mappers.LDAPStorageMapper": [
              { name: "mail", providerId: "user-attribute-ldap-mapper" },
            ],
          },
        },
      ],
    });
  });

  it("names a fragment, and chooses among several realms", () => {
    expect(parse({ enabled: true }, { realm: "mine" }).representation.realm).toBe("mine");
    expect(parse([{ realm: "a" }, { realm: "b" }], { realm: "b" }).representation.realm).toBe("b");
  });
});

describe("RealmTemplate refuses, and says where", () => {
  it.each([
    ["what is not JSON, with the line", '{\n "realm": "x",\n oops }', /demo\.json:3: not JSON/],
    ["a text that ends too early, with the line", '{\n "realm": "x",\n', /demo\.json:2: not JSON/],
    ["what is no object", "[1]", /not a realm/],
    ["a fragment without a name", '{"enabled": true}', /Name it by --realm/],
    [
      "an older release",
      '{"realm": "x", "keycloakVersion": "4.8.3.Final"}',
      /Got "4\.8\.3\.Final".*8 to 26.*adopt that one/,
    ],
    ["a release that is none", '{"realm": "x", "keycloakVersion": "nightly"}', /Got "nightly"/],
    ["several realms", '[{"realm": "a"}, {"realm": "b"}]', /Choose one by --realm/],
    [
      "two clients of one id",
      '{"realm": "x", "clients": [{"clientId": "a"}, {"clientId": "a"}]}',
      /clients\[a\]/,
    ],
    [
      "nesting without end",
      `{"realm": "x", "a": ${'{"a":'.repeat(2000)}1${"}".repeat(2000)}}`,
      /nested too deep/,
    ],
  ])("%s", (_, text, expected) => {
    expect(problemOf(() => RealmTemplate.parse(text, "demo.json"))).toMatch(expected);
  });

  it("tells all wrong forms at once", () => {
    const message = problemOf(() =>
      parse({
        realm: "",
        enabled: "yes",
        clients: [{ name: "no id" }],
        components: [],
        users: [{ username: "a" }, { username: "a" }],
        keycloakVersion: "7.0.1",
      }),
    );
    expect(message).toMatch(/demo\.json: enabled: .*Got "yes"\. Allowed: true or false\. Mend it/);
    expect(message).toMatch(/demo\.json: clients\.0\.clientId: is missing\. Allowed: text\. /);
    expect(message).toMatch(/demo\.json: realm: .*Got ""\. Allowed: a text that is not empty\./);
    expect(message).toMatch(/demo\.json: components: .*Got "a list"\. Allowed: an object\./);
    expect(message).toMatch(/demo\.json: users\[a\]: there are two/);
    expect(message).toMatch(/demo\.json: keycloakVersion: /);
  });

  it("does not show what stands in a text that is not JSON", () => {
    const message = problemOf(() => RealmTemplate.parse('{"realm":"x","s":"hidden" !}', "demo.json"));
    expect(message).toMatch(/demo\.json:1: not JSON/);
    expect(problemOf(() => RealmTemplate.parse('{"s":hidden}', "demo.json"))).not.toContain("hidden");
    expect(message).not.toContain("hidden");
  });

  it("a file that is missing, too large, or in UTF-16", () => {
    const folder = mkdtempSync(join(tmpdir(), "kit-template-test-"));
    expect(problemOf(() => RealmTemplate.fromFile(join(folder, "none.json")))).toMatch(/none\.json: ENOENT/);
    writeFileSync(join(folder, "large.json"), Buffer.alloc(33 * 1024 * 1024, " "));
    expect(problemOf(() => RealmTemplate.fromFile(join(folder, "large.json")))).toMatch(
      /too large.*--users skip/,
    );
    writeFileSync(join(folder, "wide.json"), Buffer.from('\uFEFF{"realm": "x"}', "utf16le"));
    expect(problemOf(() => RealmTemplate.fromFile(join(folder, "wide.json")))).toMatch(/not a text in UTF-8/);
  });
});
