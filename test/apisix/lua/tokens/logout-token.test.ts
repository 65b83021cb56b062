import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, type LuaValue, loadLua } from "../lua";

const now = 1_800_000_000;
const event = "http://schemas.openid.net/event/backchannel-logout";
const expected = {
  issuer: "https://sso.example.com/realms/oidc",
  clients: ["mail", "thunderbird"],
  max_age: 120,
  clock_skew: 10,
};
const good = {
  iss: expected.issuer,
  aud: "mail",
  typ: "Logout",
  iat: now - 1,
  exp: now + 100,
  jti: "1",
  sub: "bob",
  sid: "5f0c",
  events: { [event]: {} },
};

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const session = (token: LuaValue, header: LuaValue = { alg: "RS256", typ: "JWT", kid: "k" }) =>
  lua.call("kit.tokens.logout_token", "session", header, token, expected, now);
const changed = (change: { [key: string]: LuaValue }) => session({ ...good, ...change });

describe("logout_token.session", () => {
  it("gives the session of a good token, and the token's id", () => {
    expect(session(good)).toEqual(["5f0c", "1"]);
  });

  it.each<[string, { [key: string]: LuaValue }]>([
    ["another of the clients", { aud: "thunderbird" }],
    ["a client among others", { aud: ["account", "thunderbird"] }],
    ["the longest expiry", { exp: now + 130 }],
    ["no type", { typ: undefined }],
    ["an expiry within the clocks' difference", { exp: now - 9 }],
    ["a time of issue within it", { iat: now + 10 }],
    ["the oldest", { iat: now - 130 }],
    ["other events beside", { events: { [event]: {}, "http://example.com/other": {} } }],
    ["something in the event", { events: { [event]: { reason: "x" } } }],
  ])("takes %s", (_, change) => {
    expect(changed(change)).toEqual(["5f0c", "1"]);
  });

  it.each<[string, { [key: string]: LuaValue }, string]>([
    ["another issuer", { iss: "https://evil.net" }, "of another issuer"],
    ["no issuer", { iss: undefined }, "of another issuer"],
    ["another client", { aud: "other" }, "for another client"],
    ["no client", { aud: undefined }, "for another client"],
    ["an empty list of clients", { aud: [] }, "for another client"],
    ["an access token", { typ: "Bearer" }, "of another type"],
    ["an ID token", { typ: "ID" }, "of another type"],
    ["a type of null", { typ: null }, "of another type"],
    ["a time of issue to come", { iat: now + 11 }, "not issued yet"],
    ["no time of issue", { iat: undefined }, "not issued yet"],
    ["a time of issue that is a text", { iat: `${now}` }, "not issued yet"],
    ["an old one", { iat: now - 131 }, "too old"],
    ["an expired one", { exp: now - 10 }, "expired"],
    ["no expiry", { exp: undefined }, "without an expiry"],
    ["an expiry of null", { exp: null }, "without an expiry"],
    ["an expiry far away", { exp: now + 131 }, "good for too long"],
    ["an endless one", { exp: Number.MAX_VALUE }, "good for too long"],
    ["no id", { jti: undefined }, "without an id"],
    ["an empty id", { jti: "" }, "without an id"],
    ["an id that is a number", { jti: 1 }, "without an id"],
    ["an endless id", { jti: "x".repeat(256) }, "without an id"],
    ["no events", { events: undefined }, "without the event of a logout"],
    ["another event", { events: { "http://example.com/other": {} } }, "without the event of a logout"],
    ["an event of true", { events: { [event]: true } }, "without the event of a logout"],
    ["events as a list", { events: [event] }, "without the event of a logout"],
    ["events as a text", { events: event }, "without the event of a logout"],
    ["a nonce", { nonce: "n" }, "with a nonce"],
    ["a nonce of null", { nonce: null }, "with a nonce"],
    ["no session", { sid: undefined }, "without a session"],
    ["an empty session", { sid: "" }, "without a session"],
    ["a session that is a number", { sid: 1 }, "without a session"],
    ["an endless session", { sid: "x".repeat(256) }, "without a session"],
  ])("refuses %s", (_, change, reason) => {
    expect(changed(change)).toEqual([undefined, reason]);
  });

  it.each<[string, LuaValue, boolean]>([
    ["no type", { alg: "RS256" }, true],
    ["JWT in any case", { typ: "jwt" }, true],
    ["the type of logout tokens", { typ: "logout+jwt" }, true],
    ["the type of access tokens", { typ: "at+jwt" }, false],
    ["a type of null", { typ: null }, false],
    ["a type that is a number", { typ: 1 }, false],
  ])("reads a header with %s", (_, header, taken) => {
    expect(session(good, header)).toEqual(taken ? ["5f0c", "1"] : [undefined, "of another type"]);
  });

  it.each<[string, LuaValue]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "x"],
  ])("refuses claims and headers that are %s", (_, value) => {
    expect(session(value)).toEqual([undefined, "no claims"]);
    expect(lua.call("kit.tokens.logout_token", "session", value, good, expected, now)).toEqual([
      undefined,
      "no claims",
    ]);
  });
});
