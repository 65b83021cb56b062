import { describe, expect, test } from "vitest";
import { luaFunctionProblem, luaProblem } from "../../../constructs/apisix/values/lua-code";

describe("Lua as OpenResty's LuaJIT reads it", () => {
  test.each([
    "local a = 1LL + 2ULL + 0x1p4 + 3i",
    "goto on ; local goto_ = 1 ::on::",
    ";;; local a = {1; 2,} ;",
    "local s = '\\z   \\x41\\065' .. [==[ ]] ]==]",
    "#!/usr/bin/resty\nreturn 1",
    "local größe = 1",
    "for i = 1, 2 do if i == 1 then break end print(i) end",
    "",
  ])("%j is taken", (code) => {
    expect(luaProblem(code)).toBeUndefined();
  });

  test.each([
    ["return function( end", "not Lua: line 1: "],
    ["local a = 1\nlocal b = = 2", "not Lua: line 2: "],
    ["local a = 7 // 2", "not Lua: "],
    ["local a <const> = 1", "not Lua: "],
    ["local s = '\\q'", "not Lua: line 1: invalid escape sequence"],
    ["goto nowhere", "not Lua: "],
    ["if a then else", "not Lua: "],
    ["a = ;", "not Lua: "],
  ])("%j is not", (code, problem) => {
    expect(luaProblem(code)).toContain(problem);
  });

  test("more levels than can be read are no problem that is told", () => {
    expect(luaProblem(`return ${"(".repeat(100_000)}`)).toBeUndefined();
  });
});

describe("a chunk that must return a function", () => {
  test.each([
    "return function(conf, ctx) end",
    "local function run() end return run",
    "return make()",
    "if a then return function() end end",
    `return require("x").run`,
  ])("%j may", (code) => {
    expect(luaFunctionProblem(code)).toBeUndefined();
  });

  test.each(["", "local function run() end", "return", "return 1", "return {}", "return 'a'", "run()"])(
    "%j does not",
    (code) => {
      expect(luaFunctionProblem(code)).toBe("a Lua chunk that returns no function");
    },
  );

  test("one that does not parse", () => {
    expect(luaFunctionProblem("function(conf, ctx) end")).toContain("not Lua: line 1: ");
  });
});
