import { beforeEach, describe, expect, it } from "vitest";
import { type LuaModules, type LuaValue, loadLua } from "../lua";

const discovery = "https://sso.example.com/.well-known/openid-configuration";
const keys = "https://sso.example.com/certs";
const full = { discovery: { [discovery]: "document" }, jwks: { [keys]: "keys", [`${keys}#used`]: "PEM" } };
const good = { alg: "RS256", kid: "listed" };

let lua: LuaModules;
beforeEach(async () => {
  lua = await loadLua();
  lua.run(`
local function dictionary()
  local dictionary = { values = {} }
  function dictionary:get(key) return self.values[key] end
  function dictionary:incr(key, by, start) self.values[key] = (self.values[key] or start) + by return self.values[key] end
  return dictionary
end
rawset(_G, "caches", { discovery = dictionary(), jwks = dictionary() })
rawset(_G, "documents", { document = { jwks_uri = "${keys}" }, old = { keys = {} }, keys = { keys = { { kid = "listed" }, {} } } })`);
});

const fill = (caches: LuaValue) =>
  lua.run(
    "local caches_ = ... caches.discovery.values = caches_.discovery caches.jwks.values = caches_.jwks",
    caches,
  );
const mayVerify = (header: LuaValue) =>
  lua.run(
    `return require("kit.tokens.known_keys").may_verify(..., "${discovery}", caches, function(text) return documents[text] end)`,
    header,
  );

describe("known_keys.may_verify", () => {
  it.each(["listed", "used"])("lets a token with a key that is %s through, however many", (kid) => {
    fill(full);
    for (let count = 0; count < 20; count++) expect(mayVerify({ ...good, kid })).toEqual([true]);
  });

  it("lets five a second ask about others, and says that a later try may do", () => {
    fill(full);
    const answers = Array.from({ length: 20 }, (_, index) => mayVerify({ ...good, kid: `forged-${index}` }));
    expect(answers.filter(([ok]) => ok)).toHaveLength(5);
    expect(answers.at(-1)).toEqual([false, "of an unknown key, and too many are", true]);
    expect(mayVerify(good)).toEqual([true]);
  });

  it("knows a new key as soon as the keys were asked for", () => {
    fill({ ...full, jwks: { [keys]: "old", "kit-unknown-keys": 5 } });
    expect(mayVerify(good)[0]).toBe(false);
    fill({ ...full, jwks: { [keys]: "keys", "kit-unknown-keys": 5 } });
    expect(mayVerify(good)).toEqual([true]);
  });

  it.each<[string, LuaValue]>([
    ["nothing was asked yet", { discovery: {}, jwks: {} }],
    ["the keys were not", { ...full, jwks: {} }],
    ["they cannot be read", { ...full, jwks: { [keys]: "garbage" } }],
  ])("lets all through while %s: they must be asked for", (_, caches) => {
    fill(caches);
    for (let count = 0; count < 20; count++) expect(mayVerify(good)).toEqual([true]);
  });

  it.each<[string, LuaValue, string]>([
    ["no header", undefined, "no token"],
    ["alg none", { ...good, alg: "none" }, "of another algorithm"],
    ["HS256", { ...good, alg: "HS256" }, "of another algorithm"],
    ["no algorithm", { kid: "listed" }, "of another algorithm"],
    ["an algorithm that starts alike", { ...good, alg: "RS256x" }, "of another algorithm"],
    ["an algorithm that is no text", { ...good, alg: 1 }, "of another algorithm"],
    ["no key", { alg: "RS256" }, "without a key id"],
    ["a key that is no text", { ...good, kid: null }, "without a key id"],
    ["an endless key", { ...good, kid: "x".repeat(256) }, "without a key id"],
  ])("refuses %s for good", (_, header, reason) => {
    fill(full);
    expect(mayVerify(header)).toEqual([false, reason]);
  });
});

describe("token_header.read", () => {
  const read = (token: string) =>
    lua.run(
      `local header = require("kit.tokens.token_header").read(..., function(text) return text:match("^[%w_-]+$") end,
         function(text) return ({ eyJ = { alg = "RS256" }, text = "text" })[text] end)
       return header and header.alg`,
      token,
    );

  it("reads the first part", () => {
    expect(read("eyJ.b.c")).toEqual(["RS256"]);
  });

  it.each([
    ["no parts", "eyJ"],
    ["an empty one", ".b.c"],
    ["no base64", "e=J.b.c"],
    ["no JSON", "abc.b.c"],
    ["no object", "text.b.c"],
  ])("reads none of a token with %s", (_, token) => {
    expect(read(token)).toEqual([undefined]);
  });
});

describe("token_header.is_understood", () => {
  it.each<[string, LuaValue, boolean]>([
    ["without extensions", { alg: "RS256" }, true],
    ["that is none", undefined, true],
    ["with an extension that must be understood", { alg: "RS256", crit: ["b64"] }, false],
    ["with a list of no extensions", { alg: "RS256", crit: [] }, false],
    ["with extensions of null", { alg: "RS256", crit: null }, false],
  ])("says of a header %s", (_, header, understood) => {
    expect(lua.call("kit.tokens.token_header", "is_understood", header)).toEqual([understood]);
  });
});
