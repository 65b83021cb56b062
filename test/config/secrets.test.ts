import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { snakeCase } from "../../config/overrides";
import { SecretStore } from "../../config/secrets";

const folder = () => mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
const value = (file: string, env: NodeJS.ProcessEnv = {}, fixed = {}) =>
  new SecretStore(file, { env, fixed }).get("ldapAdmin").reveal();

describe("SecretStore", () => {
  it("generates 256 random bits once, in a file that only the owner reads", () => {
    const file = join(folder(), "a", "secrets.json");
    const generated = value(file);
    expect(Buffer.from(generated, "base64url")).toHaveLength(32);
    expect(value(file)).toBe(generated);
    expect(value(join(folder(), "secrets.json"))).not.toBe(generated);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("prefers the variable, then the named file, then the environment file, then what is stored", () => {
    const directory = folder();
    const file = join(directory, "secrets.json");
    const given = join(directory, "given");
    writeFileSync(given, "from file\n");
    const generated = value(file);
    expect(generated).not.toBe("fixed");
    expect(value(file, {}, { ldapAdmin: "fixed" })).toBe("fixed");
    expect(value(file, { KIT_SECRET_LDAP_ADMIN_FILE: given }, { ldapAdmin: "fixed" })).toBe("from file");
    expect(value(file, { KIT_SECRET_LDAP_ADMIN_FILE: given, KIT_SECRET_LDAP_ADMIN: "variable" })).toBe(
      "variable",
    );
  });

  it("keeps what it was given, so that a later run without the variable does not change it", () => {
    const file = join(folder(), "secrets.json");
    value(file, { KIT_SECRET_LDAP_ADMIN: "variable" });
    expect(value(file)).toBe("variable");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ ldapAdmin: "variable" });
  });

  it("does not overwrite the administrator's password, which Keycloak keeps itself, before it is proven", () => {
    const file = join(folder(), "secrets.json");
    const open = (env: NodeJS.ProcessEnv = {}) => new SecretStore(file, { env });
    const password = (store: SecretStore) => store.get("keycloakAdmin").reveal();
    const first = open({ KIT_SECRET_KEYCLOAK_ADMIN: "first" });
    expect([first.isUnproven("keycloakAdmin"), password(first)]).toEqual([false, "first"]);
    const other = open({ KIT_SECRET_KEYCLOAK_ADMIN: "other" });
    expect([other.isUnproven("keycloakAdmin"), password(other), password(open())]).toEqual([
      true,
      "other",
      "first",
    ]);
    other.proven("keycloakAdmin");
    expect([other.isUnproven("keycloakAdmin"), password(open())]).toEqual([false, "other"]);
  });

  it("names a person's secret by the mail address", () => {
    const store = new SecretStore(join(folder(), "s"), { env: { KIT_SECRET_JAMES_USER_LOCALHOST: "x" } });
    expect(store.get("james-user@localhost").reveal()).toBe("x");
  });

  it("refuses a named file that cannot be read", () => {
    const env = { KIT_SECRET_LDAP_ADMIN_FILE: "/nowhere" };
    expect(() => value(join(folder(), "s"), env)).toThrow(/KIT_SECRET_LDAP_ADMIN_FILE: .*ENOENT.*\/nowhere/);
  });

  it("refuses a named file with nothing in it: no secret is empty", () => {
    const given = join(folder(), "given");
    writeFileSync(given, "\n");
    const env = { KIT_SECRET_LDAP_ADMIN_FILE: given };
    expect(() => value(join(folder(), "s"), env)).toThrow(/KIT_SECRET_LDAP_ADMIN_FILE: the file is empty/);
  });

  it("refuses a broken store instead of making new secrets, and does not show what is in it", () => {
    const file = join(folder(), "secrets.json");
    writeFileSync(file, '{"redis": "hunter2');
    expect(() => value(file)).toThrow(/stored secrets cannot be read/);
    expect(() => value(file)).not.toThrow(/hunter2/);
  });

  it("counts the values that a secret has had, however it got them", () => {
    const file = join(folder(), "secrets.json");
    const open = (env: NodeJS.ProcessEnv = {}) => new SecretStore(file, { env });
    expect(open().get("ldapAdmin").version).toBe(1);
    expect(open({ KIT_SECRET_LDAP_ADMIN: "given" }).get("ldapAdmin").version).toBe(2);
    expect(open({ KIT_SECRET_LDAP_ADMIN: "given" }).get("ldapAdmin").version).toBe(2);
    const rotated = open().rotate("ldapAdmin");
    expect(rotated.version).toBe(3);
    expect(rotated.reveal()).not.toBe("given");
    expect(open().get("ldapAdmin")).toEqual(rotated);
    expect(open().names()).toEqual(["ldapAdmin"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("does not overwrite what another process has stored since it was opened", () => {
    const file = join(folder(), "secrets.json");
    value(file);
    const stale = new SecretStore(file, { env: {} });
    const [newer, other] = [new SecretStore(file, { env: {} }), new SecretStore(file, { env: {} })];
    const rotated = newer.rotate("ldapAdmin").reveal();
    const redis = other.get("redis").reveal();
    expect(stale.get("redis").reveal()).toBe(redis);
    expect(value(file)).toBe(rotated);
    expect(stale.get("ldapAdmin").reveal()).toBe(rotated);
    const behind = new SecretStore(file, { env: {} });
    newer.rotate("ldapAdmin");
    expect(() => behind.rotate("ldapAdmin")).toThrow(/changed meanwhile/);
  });

  it.each([
    ["a variable", { KIT_SECRET_LDAP_ADMIN: "x" }, {}, /KIT_SECRET_LDAP_ADMIN: it gives secret ldapAdmin/],
    ["the environment file", {}, { ldapAdmin: "x" }, /secrets\.ldapAdmin: it gives/],
  ])("refuses to rotate what %s gives", (_, env, fixed, message) => {
    const file = join(folder(), "secrets.json");
    value(file);
    expect(() => new SecretStore(file, { env, fixed }).rotate("ldapAdmin")).toThrow(message);
  });

  it("refuses to rotate what there is not, and names what there is", () => {
    const file = join(folder(), "secrets.json");
    value(file);
    expect(() => new SecretStore(file, { env: {} }).rotate("redis")).toThrow(/no secret redis.*"ldapAdmin"/s);
  });

  it("forgets what nobody asks for any more: a removed person's password, and how often it was changed", () => {
    const file = join(folder(), "secrets.json");
    const open = () => new SecretStore(file, { env: {} });
    for (const name of ["redis", "amy@localhost"]) open().get(name);
    open().rotate("amy@localhost");
    const store = open();
    const redis = store.get("redis").reveal();
    expect(store.forgetOthers()).toEqual(["amy@localhost"]);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ redis });
    expect(store.forgetOthers()).toEqual([]);
    expect(open().get("amy@localhost").version).toBe(1);
  });

  it("keeps the authority for certificates without TLS, for when there is TLS again: clients trust it", () => {
    const file = join(folder(), "secrets.json");
    const open = () => new SecretStore(file, { env: {} });
    const authority = open().get("authority").reveal();
    expect(open().forgetOthers()).toEqual([]);
    expect(open().get("authority").reveal()).toBe(authority);
  });

  it.each<[string, string, RegExp]>([
    ["keycloakAdmin", "a\nhttp-port=1", /no line break/],
    ["redis", "a\rb", /no line break/],
    ["redis", "a\tb", /no line break, no tab/],
    ["redis", "a\u0085b", /no other control character/],
    ["redis", "a\u2028b", /no line break/],
    ["redis", "a\ud800", /no line break/],
    ["redis", " a", /no space/],
    ["james-user@localhost", "x".repeat(1025), /1024/],
    ["ldapAdmin", "${sys:user.home}", /\$\{/],
    ["gatewayUser", "ä", /visible ASCII/],
    ["gatewayUser", "a,b", /comma/],
    ["gatewayUser", "a$b", /no \$/],
    ["gatewayCrypto", "short", /16 characters/],
  ])("refuses for %s %j, naming where it is given and not what; it is not stored", (name, value, allowed) => {
    const directory = folder();
    const file = join(directory, "secrets.json");
    const variable = `KIT_SECRET_${snakeCase(name)}`;
    const given = join(directory, "given");
    writeFileSync(given, value);
    for (const [by, options] of [
      [variable, { env: { [variable]: value } }],
      [`secrets.${name}`, { env: {}, fixed: { [name]: value } }],
      // A lone surrogate cannot be in a file.
      ...(value.includes("\ud800")
        ? []
        : [[`${variable}_FILE`, { env: { [`${variable}_FILE`]: given } }] as const]),
    ] as const) {
      const store = new SecretStore(file, options);
      expect(() => store.get(name)).toThrow(allowed);
      expect(() => store.get(name)).toThrow(by);
      if (value.length > 5) expect(() => store.get(name)).not.toThrow(value);
      expect(existsSync(file)).toBe(false);
    }
  });

  it("takes all other characters", () => {
    const value = `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~ ä€😀`;
    const store = new SecretStore(join(folder(), "s"), { env: { KIT_SECRET_KEYCLOAK_ADMIN: value } });
    expect(store.get("keycloakAdmin").reveal()).toBe(value);
  });
});
