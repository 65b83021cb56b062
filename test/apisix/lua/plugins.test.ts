import { describe, expect, it } from "vitest";
import { loadLua, sources } from "./lua";

/** Stands for everything of APISIX and nginx: any field and any result of it is itself. */
const stand = `
local anything = setmetatable({}, {})
getmetatable(anything).__index = function() return anything end
getmetatable(anything).__call = function() return anything end
rawset(_G, "ngx", anything)
for _, name in ipairs({
  "apisix.core", "ngx.base64", "resty.lrucache", "resty.openidc", "resty.redis", "resty.sha256",
}) do
  package.preload[name] = function() return anything end
end`;

const phases = ["check_schema", "rewrite", "access", "header_filter"];
const names = sources.flatMap(({ path }) => /^apisix\/plugins\/(.+)\.lua$/.exec(path)?.[1] ?? []);

describe("plugins", () => {
  it.each(names)("%s is what APISIX takes for a plugin", async (name) => {
    const lua = await loadLua();
    lua.run(stand);
    const plugin = `require("apisix.plugins.${name}")`;
    expect(lua.run(`local p = ${plugin} return p.name, type(p.version), type(p.schema)`)).toEqual([
      name,
      "number",
      "table",
    ]);
    expect(lua.run(`return ${plugin}.schema.type, ${plugin}.schema.additionalProperties`)).toEqual([
      "object",
      false,
    ]);
    const others = `for key, value in pairs(${plugin}) do
      if type(value) == "function" then found[#found + 1] = key end
    end`;
    const found = lua.run(`local found = {} ${others} return unpack(found)`);
    expect(phases).toEqual(expect.arrayContaining(found));
  });

  /** kit-cors answers OPTIONS in the phase rewrite; openid-connect is 2599; limits are 1001 to 1010 in access. */
  it.each([
    ["kit-forward", 4000, Infinity],
    ["kit-cors", 2600, 4100],
    ["kit-bearer", 2599, 4000],
    ["kit-document", 0, 1001],
    ["kit-webfinger", 0, 1001],
    ["kit-backchannel-logout", 0, 1001],
  ])("%s comes where it must among APISIX's own", async (name, after, before) => {
    const lua = await loadLua();
    lua.run(stand);
    const [priority] = lua.run(`return require("apisix.plugins.${name}").priority`);
    expect(priority).toBeGreaterThan(after);
    expect(priority).toBeLessThan(before);
  });
});
