import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, type LuaValue, loadLua } from "../lua";

const now = 1_800_000_000;
const expected = {
  issuer: "https://sso.example.com/realms/oidc",
  audience: "james",
  type: "Bearer",
  user_claim: "email",
  clock_skew: 0,
  revocation: {},
};
const good = {
  iss: expected.issuer,
  aud: "james",
  typ: "Bearer",
  exp: now + 60,
  sid: "5f0c",
  email: "bob@example.com",
};

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const user = (token: LuaValue, change: { [key: string]: LuaValue } = {}) =>
  lua.call("kit.tokens.claims", "user", token, { ...expected, ...change }, now);
const changed = (change: { [key: string]: LuaValue }) => user({ ...good, ...change });

describe("claims.user", () => {
  it("gives the user of a good token", () => {
    expect(user(good)).toEqual(["bob@example.com"]);
  });

  it.each<[string, { [key: string]: LuaValue }, string]>([
    ["another issuer", { iss: "https://sso.example.com/realms/other" }, "of another issuer"],
    ["an issuer that starts alike", { iss: `${expected.issuer}2` }, "of another issuer"],
    ["an issuer in a list", { iss: [expected.issuer] }, "of another issuer"],
    ["no issuer", { iss: undefined }, "of another issuer"],
    ["another audience", { aud: "account" }, "for another audience"],
    ["other audiences", { aud: ["account", "james2"] }, "for another audience"],
    ["no audience", { aud: undefined }, "for another audience"],
    ["an empty list", { aud: [] }, "for another audience"],
    ["an audience by name", { aud: { james: "james" } }, "for another audience"],
    ["JSON's null", { aud: null }, "for another audience"],
    ["an ID token", { typ: "ID" }, "of another type"],
    ["a refresh token", { typ: "Refresh" }, "of another type"],
    ["a logout token", { typ: "Logout" }, "of another type"],
    ["no type", { typ: undefined }, "of another type"],
    ["the type in other case", { typ: "bearer" }, "of another type"],
    ["a token that expires now", { exp: now }, "expired"],
    ["one that did long ago", { exp: 0 }, "expired"],
    ["no expiry", { exp: undefined }, "expired"],
    ["an expiry that is a text", { exp: `${now + 60}` }, "expired"],
    ["an expiry of null", { exp: null }, "expired"],
    ["one of later", { nbf: now + 1 }, "not valid yet"],
    ["a start that is a text", { nbf: "0" }, "not valid yet"],
    ["no session", { sid: undefined }, "without a session"],
    ["an empty session", { sid: "" }, "without a session"],
    ["a session that is a number", { sid: 5 }, "without a session"],
    ["a session of null", { sid: null }, "without a session"],
    ["a long session", { sid: "x".repeat(256) }, "without a session"],
    ["no user", { email: undefined }, "without a user"],
    ["an empty user", { email: "" }, "without a user"],
    ["a user of null", { email: null }, "without a user"],
    ["a user that is a list", { email: ["bob@example.com"] }, "without a user"],
    ["a user that is true", { email: true }, "without a user"],
    ["a user that is a number", { email: 7 }, "without a user"],
    ["a break in the user", { email: "bob\r\nX-User-Secret: x" }, "without a user"],
    ["a null in the user", { email: "bob\0@example.com" }, "without a user"],
    ["a blank in the user", { email: "bob eve" }, "without a user"],
    ["two users", { email: "bob@example.com,eve@example.com" }, "without a user"],
    ["a user that no header can hold unchanged", { email: "zoë@example.com" }, "without a user"],
  ])("refuses %s", (_, change, reason) => {
    expect(changed(change)).toEqual([undefined, reason]);
  });

  it.each<[string, LuaValue]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "x"],
    ["nothing in it", {}],
  ])("refuses claims that are %s", (_, token) => {
    expect(user(token)[0]).toBeUndefined();
  });

  it.each<[string, { [key: string]: LuaValue }]>([
    ["an audience among others", { aud: ["account", "james"] }],
    ["a second left", { exp: now + 1 }],
    ["a start that has come", { nbf: now }],
    ["the longest session", { sid: "x".repeat(255) }],
  ])("takes %s", (_, change) => {
    expect(changed(change)).toEqual([change.email ?? good.email]);
  });

  it("allows for clocks that differ, where it is told so", () => {
    const skew = { clock_skew: 5 };
    expect(user({ ...good, exp: now - 4 }, skew)[0]).toBe(good.email);
    expect(user({ ...good, exp: now - 5 }, skew)).toEqual([undefined, "expired"]);
    expect(user({ ...good, nbf: now + 5 }, skew)[0]).toBe(good.email);
    expect(user({ ...good, nbf: now + 6 }, skew)).toEqual([undefined, "not valid yet"]);
  });

  it.each<[string, { [key: string]: LuaValue }, boolean]>([
    ["a scope", { scope: "openid" }, true],
    ["scopes", { scp: ["openid"] }, true],
    ["a client", { client_id: "webmail" }, true],
    ["what an ID token has", { nonce: "n", at_hash: "h", azp: "webmail", auth_time: now }, false],
    ["the type of another token", { typ: "ID", scope: "openid" }, false],
  ])("knows an access token of another provider than Keycloak by %s", (_, claims, taken) => {
    const { typ: _typ, ...untyped } = good;
    const [found, reason] = user({ ...untyped, ...claims }, { untyped: true });
    expect([found, reason]).toEqual(taken ? [good.email, undefined] : [undefined, "of another type"]);
    expect(user({ ...untyped, ...claims })[1]).toBe("of another type");
  });

  it("needs a session only to ask whether it has ended", () => {
    expect(user({ ...good, sid: undefined }, { revocation: undefined })).toEqual([good.email]);
  });

  it("takes the claim and the type that it is told", () => {
    const token = { ...good, typ: "at+jwt", preferred_username: "bob@b.org" };
    expect(user(token, { type: "at+jwt", user_claim: "preferred_username" })).toEqual(["bob@b.org"]);
  });
});

describe("the domain of a user", () => {
  const domains = { user_domains: ["example.com", "b.org"] };
  it("is one of the realm's, in any case", () => {
    for (const email of ["bob@example.com", "Bob@EXAMPLE.com", "a.b+c@b.org"]) {
      expect(user({ ...good, email }, domains)).toEqual([email]);
    }
  });

  it.each([
    "bob@other.org",
    "bob@sub.example.com",
    "bob@notexample.com",
    "bob@example.com.evil",
    "bob@example_com",
    "example.com",
    "@example.com",
    "bob@",
    "bob@other.org@example.com",
    "bob@example.com@other.org",
  ])("refuses %s", (email) => {
    expect(user({ ...good, email }, domains)[0]).toBeUndefined();
  });
});
