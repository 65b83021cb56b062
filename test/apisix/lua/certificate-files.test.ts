import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, loadLua } from "./lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

describe("certificate_files.named", () => {
  const hosts = [["mail.example.org"], ["*.example.org", "example.org"], ["login.example.org"]];
  const chosen = (host?: string) =>
    lua.run(
      `local list, host = ...
       for index, hosts in ipairs(list) do list[index] = { hosts = hosts, index = index } end
       return require("kit.certificate_files").named(list, host).index`,
      hosts,
      host,
    );

  it.each([
    ["a host that one names", "mail.example.org", 1],
    ["the name before a wildcard that comes first", "login.example.org", 3],
    ["a wildcard", "other.example.org", 2],
    ["the name beside a wildcard", "example.org", 2],
    ["what a wildcard is not good for", "a.b.example.org", 1],
    ["another host", "example.com", 1],
    ["no host", undefined, 1],
  ])("%s", (_, host, index) => {
    expect(chosen(host)).toEqual([index]);
  });
});

/** `files`: by path; what is false cannot be read. `pair` gives the parsed texts, or an error. */
const world = `
local files, now = ...
local certificate_files = require("kit.certificate_files")
local world = { files = files, now = now, parsed = 0, reads = 0 }
local function read(path)
  world.reads = world.reads + 1
  if world.before_read then world.before_read(path) end
  local text = world.files[path]
  if not text then return nil, path .. ": No such file" end
  return text
end
local function parse(text)
  world.parsed = world.parsed + 1
  if text:find("bad") then return nil, "no PEM" end
  return "parsed " .. text
end
local store = certificate_files.new(read, parse, parse, function() return world.now end)
local certificate = { chain = "chain", key = "key" }
function world.pair()
  local pair, err = store:pair(certificate)
  return pair and pair.chain .. ", " .. pair.key or err
end
`;
const story = (chunk: string) => lua.run(`${world} ${chunk}`, { chain: "A", key: "a" }, 100);

describe("certificate_files:pair", () => {
  it("is read once in a while, and parsed when it is another", () => {
    expect(
      story(`local first = world.pair()
        world.now = 104
        world.files = { chain = "B", key = "b" }
        local second, reads = world.pair(), world.reads
        world.now = 105.5
        local third, parsed = world.pair(), world.parsed
        world.now = 111
        return first, second, reads, third, parsed, world.pair(), world.parsed`),
    ).toEqual([
      ...["parsed A, parsed a", "parsed A, parsed a", 3],
      ...["parsed B, parsed b", 4, "parsed B, parsed b", 4],
    ]);
  });

  it("may come later: until then there is an error", () => {
    expect(
      story(`world.files = {}
        local before = world.pair()
        world.files = { chain = "A", key = "a" }
        return before, world.pair()`),
    ).toEqual(["chain: No such file", "parsed A, parsed a"]);
  });

  it("is never of two pairs", () => {
    expect(
      story(`function world.before_read(path)
          if path == "key" then world.files = { chain = "B", key = "b" } end
        end
        local torn = world.pair()
        world.before_read = nil
        return torn, world.pair()`),
    ).toEqual(["chain was just replaced", "parsed B, parsed b"]);
  });

  it.each([
    ["unreadable", `{ chain = "B" }`, "key: No such file"],
    ["no certificate", `{ chain = "bad", key = "b" }`, "chain: no PEM"],
    ["no key", `{ chain = "B", key = "bad" }`, "key: no PEM"],
  ])("stays what it was where the next one is %s, which is told, and is tried again", (_, next, told) => {
    expect(
      story(`world.pair()
        world.now, world.files = 106, ${next}
        local pair, err = store:pair(certificate)
        world.now, world.files = 112, { chain = "C", key = "c" }
        return pair.chain, err, world.pair()`),
    ).toEqual(["parsed A", told, "parsed C, parsed c"]);
  });
});

describe("APISIX's router of certificates", () => {
  const apisix = `
    local files = ...
    local shown = {}
    rawset(_G, "ngx", { now = function() return 1 end })
    rawset(_G, "io", { open = function(path)
      local text = files[path]
      if not text then return nil, path .. ": No such file" end
      return { read = function() return text end, close = function() end }
    end })
    local server_name = "Mail.example.org"
    package.preload["ngx.ssl"] = function()
      return {
        server_name = function() return server_name end,
        parse_pem_cert = function(text) return text end,
        parse_pem_priv_key = function(text) return text end,
        clear_certs = function() shown = {} return true end,
        set_cert = function(chain) shown.chain = chain return true end,
        set_priv_key = function(key)
          if key ~= shown.chain:lower() then return nil, "key values mismatch" end
          shown.key = key
          return true
        end,
      }
    end
    local list = {
      { hosts = { "login.example.org" }, chain = "login.pem", key = "login.key" },
      { hosts = { "mail.example.org" }, chain = "mail.pem", key = "mail.key" },
    }
    package.preload["apisix.core"] = function()
      return {
        config = { local_conf = function() return { plugin_attr = { ["kit-certificates"] = { list = list } } } end },
        table = { try_read_attr = function(value, ...)
          for _, key in ipairs({ ... }) do value = value[key] end
          return value
        end },
      }
    end
    local router = require("apisix.ssl.router.certificate_files")
    router.init_worker()`;
  const pairs = { "login.pem": "LOGIN", "login.key": "login", "mail.pem": "MAIL", "mail.key": "mail" };
  const run = async (chunk: string, files: Record<string, string> = pairs) =>
    (await loadLua()).run(`${apisix} ${chunk}`, files);

  it("shows a client the certificate of the host that it names: APISIX 3.2, in one phase", async () => {
    expect(await run(`return router.match_and_set({}), shown.chain, shown.key`)).toEqual([
      true,
      "MAIL",
      "mail",
    ]);
  });

  it("shows it in a later phase than it is found in: APISIX 3.18", async () => {
    expect(
      await run(`local ctx = {}
        local found = router.match_and_set(ctx, true, "login.example.org")
        local before = shown.chain
        -- What APISIX asks of it for every request.
        local asked = ctx.matched_ssl.value.client or ctx.matched_ssl.value.ssl_protocols
        return found, before, asked, router.set(ctx.matched_ssl), shown.chain`),
    ).toEqual([true, undefined, undefined, true, "LOGIN"]);
  });

  it.each([
    ["without files", {}, /mail.pem: No such file/],
    ["by another certificate's key", { ...pairs, "mail.key": "login" }, /mail.pem: key values mismatch/],
  ])("shows nothing %s, and says why", async (_, files, told) => {
    const [ok, err] = await run(`return router.match_and_set({})`, files);
    expect(ok).toBe(false);
    expect(err).toMatch(told);
  });
});
