import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, loadLua } from "../lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const run = (chunk: string) =>
  lua.run(`local entries, ttls = {}, {}
    local cache = {
      get = function(_, key) return entries[key] end,
      set = function(_, key, value, ttl) entries[key], ttls[#ttls + 1] = value, ttl end,
    }
    local tokens = require("kit.tokens.verified_tokens").new(cache, function(realm, token) return realm .. "#" .. token end)
    local function find(realm, token, now) return tostring(tokens:find(realm, token, now)) end
    ${chunk}`);

describe("verified_tokens", () => {
  it("are known until they expire, whatever the cache keeps", () => {
    expect(
      run(
        `tokens:keep("a", "t", "bob", 1060, 1000) return ttls[1], find("a", "t", 1059), find("a", "t", 1060)`,
      ),
    ).toEqual([60, "bob", "nil"]);
  });

  it("are known for one realm only, and by every character", () => {
    expect(
      run(
        `tokens:keep("a", "t", "bob", 1060, 1000) return find("b", "t", 1000), find("a", "T", 1000), find("a", "", 1000)`,
      ),
    ).toEqual(["nil", "nil", "nil"]);
  });

  it("are verified anew each hour", () => {
    expect(
      run(
        `tokens:keep("a", "t", "bob", 1e9, 1000) return ttls[1], find("a", "t", 4599), find("a", "t", 4600)`,
      ),
    ).toEqual([3600, "bob", "nil"]);
  });
});
