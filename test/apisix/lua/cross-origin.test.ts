import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { corsHeaders } from "../../../constructs/gateway/cors";
import { packageRoot } from "../../../kit/package-root";
import { type LuaValue, loadLua } from "./lua";

const allow = "Access-Control-Allow-";
const conf = {
  origins: ["https://webmail.example.org", "http://localhost:3000"],
  methods: "GET, OPTIONS",
  allow_headers: "Authorization",
  expose_headers: "Retry-After",
  max_age: 60,
};

/** The origin that is allowed, and the headers of the answer. */
async function told(
  origin: LuaValue,
  { method = "GET", ...change }: { method?: string; origins?: string[] } = {},
) {
  const lua = await loadLua();
  const [one, ...flat] = lua.run(
    `local config, origin, method = ...
    local one, headers = require("kit.cross_origin").headers(config, origin, method)
    local flat = {}
    for name, value in pairs(headers) do flat[#flat + 1] = name .. ": " .. value end
    table.sort(flat)
    return one, unpack(flat)`,
    { ...conf, ...change },
    origin,
    method,
  );
  return [one, ...flat];
}

describe("cross_origin", () => {
  it("names the page's own origin, when it is one of those that are allowed", async () => {
    for (const origin of conf.origins) {
      const headers = [`${allow}Origin: ${origin}`, "Access-Control-Expose-Headers: Retry-After"];
      expect(await told(origin)).toEqual([origin, ...headers]);
      expect(await told(origin, { method: "OPTIONS" })).toEqual([
        origin,
        `${allow}Headers: Authorization`,
        `${allow}Methods: GET, OPTIONS`,
        headers[0],
        headers[1],
        "Access-Control-Max-Age: 60",
      ]);
    }
  });

  it.each<[string, LuaValue]>([
    ["none", undefined],
    ["another", "https://evil.example"],
    ["an opaque one", "null"],
    ["one that starts so", "http://localhost:30000"],
    ["both in one", conf.origins.join(", ")],
    ["two", conf.origins],
    ["a star", "*"],
  ])("tells nothing to %s", async (_, origin) => {
    for (const method of ["GET", "OPTIONS"]) expect(await told(origin, { method })).toEqual([undefined]);
  });

  it("names no origin where all are allowed, and none is needed", async () => {
    for (const origin of [undefined, "https://evil.example"]) {
      expect((await told(origin, { origins: ["*"] })).slice(0, 2)).toEqual(["*", `${allow}Origin: *`]);
    }
  });
});

it("kit-cors.lua keeps upstreams from setting the same headers as httpd does", () => {
  const plugin = join(packageRoot, "constructs/apisix/lua/apisix/plugins/kit-cors.lua");
  const names = readFileSync(plugin, "utf8").match(/"Access-Control-[A-Za-z-]+"/g) ?? [];
  expect(names.map((name) => JSON.parse(name))).toEqual([...corsHeaders]);
});
