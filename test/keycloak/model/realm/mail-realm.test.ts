import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  bindVersionAttribute,
  type MailRealmOptions,
  mailRealm,
} from "../../../../constructs/keycloak/model/realm/mail-realm";
import { parseRealm } from "../../../../constructs/keycloak/representation/realm-template";
import { Secret } from "../../../../constructs/workload/secret";
import { packageRoot } from "../../../../kit/package-root";
import { secret } from "../../../template";

const template = parseRealm(
  readFileSync(join(packageRoot, "realm-templates/oidc.json"), "utf8"),
  "oidc.json",
);
const directory = {
  url: "ldap://people.test:389",
  usersDn: "ou=people,dc=test",
  bindDn: "cn=admin,dc=test",
  bindPassword: secret("bind"),
};
const realm = (options: Partial<MailRealmOptions> = {}) =>
  mailRealm(template, { directory, clients: {}, ...options });
const client = (id: string, options: Partial<MailRealmOptions> = {}) =>
  realm(options).clients?.find(({ clientId }) => clientId === id);

describe("realm template", () => {
  it("holds no secret and no wildcard", () => {
    const text = JSON.stringify(template);
    expect(text).not.toMatch(/"(secret|bindCredential|value)"/);
    expect(text).not.toContain("*");
  });

  it("puts `james` into the audience of every mail client, without which introspection says inactive", () => {
    for (const id of ["oidc", "james-thunderbird", "kit-smoke"]) {
      expect(client(id)?.defaultClientScopes).toEqual(expect.arrayContaining(["mail", "email", "basic"]));
    }
    const mail = template.clientScopes?.find(({ name }) => name === "mail");
    expect(mail?.protocolMappers?.[0]?.config).toMatchObject({ "included.client.audience": "james" });
  });

  it("lets only the smoke client take passwords, and `james` log nobody in", () => {
    const direct = template.clients?.filter(({ directAccessGrantsEnabled }) => directAccessGrantsEnabled);
    expect(direct?.map(({ clientId }) => clientId)).toEqual(["kit-smoke"]);
    expect(client("james")).toMatchObject({ standardFlowEnabled: false, serviceAccountsEnabled: false });
    expect(client("oidc")?.attributes).toMatchObject({ "pkce.code.challenge.method": "S256" });
  });
});

describe("mailRealm", () => {
  it("minimal: leaves the template's clients and points the federation at the directory", () => {
    const providers = realm().components as Record<string, { config: unknown }[]>;
    expect(providers["org.keycloak.storage.UserStorageProvider"]?.[0]?.config).toMatchObject({
      connectionUrl: ["ldap://people.test:389"],
      usersDn: ["ou=people,dc=test"],
      bindDn: ["cn=admin,dc=test"],
      bindCredential: ["bind"],
      editMode: ["READ_ONLY"],
    });
    expect(realm().clients).toEqual(template.clients);
  });

  it("counts the changes of the federation's password in the realm; a template's count is of another one", () => {
    const counted = (version: number, attributes = {}) =>
      mailRealm(
        { ...template, attributes },
        { directory: { ...directory, bindPassword: new Secret("bind", "b", version) }, clients: {} },
      ).attributes;
    expect(counted(3, { other: "x" })).toEqual({ other: "x", [bindVersionAttribute]: "3" });
    expect(counted(1, { other: "x", [bindVersionAttribute]: "9" })).toEqual({ other: "x" });
  });

  it("maximal: name, secrets, URIs, back-channel logout, clients left out", () => {
    const options: MailRealmOptions = {
      directory,
      name: "other",
      without: ["kit-smoke"],
      clients: {
        oidc: {
          redirectUris: ["https://mail.test/back"],
          webOrigins: ["https://mail.test"],
          backchannelLogoutUrl: "http://gateway.test/logout",
        },
        james: { secret: secret("s3cret") },
      },
    };
    expect(realm(options).realm).toBe("other");
    expect(client("kit-smoke", options)).toBeUndefined();
    expect(client("james", options)).toMatchObject({ secret: "s3cret" });
    expect(client("oidc", options)).toMatchObject({
      redirectUris: ["https://mail.test/back"],
      webOrigins: ["https://mail.test"],
      attributes: {
        "backchannel.logout.url": "http://gateway.test/logout",
        "pkce.code.challenge.method": "S256",
      },
    });
  });

  it("lets a client take passwords, or logins without PKCE, only where that is said", () => {
    const changed = (options: object) => client("oidc", { clients: { oidc: options } });
    const pkce = "pkce.code.challenge.method";
    expect(changed({})).toMatchObject({ directAccessGrantsEnabled: false, attributes: { [pkce]: "S256" } });
    expect(changed({ directAccessGrants: true })).toMatchObject({ directAccessGrantsEnabled: true });
    expect(changed({ requirePkce: false })?.attributes).not.toHaveProperty([pkce]);
    expect(client("kit-smoke", { clients: { "kit-smoke": { directAccessGrants: false } } })).toMatchObject({
      directAccessGrantsEnabled: false,
    });
    const demanded = { clients: { "james-thunderbird": { requirePkce: true } } };
    expect(client("james-thunderbird", demanded)?.attributes).toMatchObject({ [pkce]: "S256" });
  });

  it("keeps the addresses of users to some domains, in a profile of its own or the template's", () => {
    const key = "kc.user.profile.config";
    const type = "org.keycloak.userprofile.UserProfileProvider";
    const profile = (base: typeof template) => {
      const options = { directory, clients: {}, userDomains: ["a.example", "b.example"] };
      const [component, ...more] = (
        mailRealm(base, options).components as Record<string, { config: Record<string, string[]> }[]>
      )[type] as { config: Record<string, string[]> }[];
      expect(more).toEqual([]);
      return JSON.parse(component?.config[key]?.[0] ?? "") as {
        attributes: { name: string; validations: Record<string, object>; permissions: object }[];
        unmanagedAttributePolicy?: string;
      };
    };
    const email = (base: typeof template) => profile(base).attributes.find(({ name }) => name === "email");
    const pattern = { pattern: "^[^@]+@(a\\.example|b\\.example)$" };
    expect(email(template)).toMatchObject({
      validations: { email: {}, pattern },
      permissions: { edit: ["admin"] },
    });
    expect(profile(template).attributes.map(({ name }) => name)).toEqual([
      ...["username", "email", "firstName", "lastName"],
    ]);

    const own = {
      unmanagedAttributePolicy: "ENABLED",
      attributes: [
        { name: "username" },
        {
          name: "email",
          validations: { length: { max: 9 } },
          permissions: { view: ["admin"], edit: ["user"] },
        },
      ],
    };
    const base = structuredClone(template);
    (base.components as Record<string, unknown>)[type] = [
      { providerId: "declarative-user-profile", config: { [key]: [JSON.stringify(own)] } },
    ];
    expect(profile(base).unmanagedAttributePolicy).toBe("ENABLED");
    expect(email(base)).toMatchObject({
      validations: { length: { max: 9 }, pattern },
      permissions: { view: ["admin"], edit: ["admin"] },
    });
  });

  it("does not change the template", () => {
    const before = JSON.stringify(template);
    realm({ name: "other", clients: { james: { secret: secret("x") } } });
    expect(JSON.stringify(template)).toBe(before);
  });

  it("refuses a template without what the options speak of, all at once", () => {
    const empty = parseRealm('{"realm":"x","clients":[{"clientId":"a"}]}', "x.json");
    expect(() => mailRealm(empty, { directory, clients: { james: {} }, without: ["kit-smoke"] })).toThrow(
      /client james is missing[\s\S]*client kit-smoke is missing[\s\S]*no LDAP federation/,
    );
  });
});

describe("parseRealm", () => {
  it.each([
    ["no JSON", "{", /x\.json:1: not JSON/],
    ["no realm", "[]", /x\.json: \(top\)/],
    ["a realm without clients", '{"realm":"x"}', /x\.json: clients/],
    ["a nameless client", '{"realm":"x","clients":[{}]}', /x\.json: clients\.0\.clientId/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseRealm(text, "x.json")).toThrow(message);
  });
});
