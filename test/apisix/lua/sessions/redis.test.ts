import { beforeAll, describe, expect, it } from "vitest";
import { fakes } from "../fakes";
import { type LuaModules, type LuaValue, loadLua } from "../lua";

/** A client whose `script` says what a command answers, `reused` how often the connection was used; logs all calls. */
const fake = `
local script, reused, log = ..., select(2, ...), {}
local client = {}
local function command(name)
  client[name] = function(_, ...)
    local texts = { name }
    for _, value in ipairs({ ... }) do
      texts[#texts + 1] = type(value) == "table" and "pool=" .. value.pool or tostring(value)
      if type(value) == "table" and value.ssl then
        texts[#texts + 1] = "verified " .. tostring(value.ssl_verify) .. " of " .. value.server_name
      end
    end
    log[#log + 1] = table.concat(texts, " ")
    if script[name] == nil then return 1 end
    return script[name], not script[name] and name .. " failed" or nil
  end
end
for _, name in ipairs({ "set_timeouts", "connect", "auth", "select", "close" }) do
  command(name)
end
function client.get_reused_times() return reused, not reused and "closed" or nil end
local redis = { new = function() return client end }
local conf = { host = "redis.example.com", port = 6379, password = "p s#w", database = 0, timeout_ms = 500 }
local function digest(text) return "<" .. #text .. ">" end
local function open() return require("kit.sessions.redis_connection").open(redis, conf, digest) end
local function show(...)
  local values = { ... }
  for index = 1, select("#", ...) do values[index] = tostring(values[index]) end
  return table.concat(values, " "), table.concat(log, "\\n")
end
`;

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

interface Redis {
  /** What commands answer; others answer 1. */
  readonly script?: { readonly [command: string]: LuaValue };
  /** @default 0 */
  readonly reused?: number | undefined;
}

/** What a chunk gives, and the commands that it sent. */
function withRedis(chunk: string, redis: Redis = {}) {
  const reused = "reused" in redis ? redis.reused : 0;
  const [answer, log] = lua.run(`${fake}\n${chunk}`, redis.script ?? {}, reused);
  return { answer, log: String(log).split("\n") };
}

const open = "local client, err = open() return show(client ~= nil, err)";
const connect = [
  "set_timeouts 500 500 500",
  "connect redis.example.com 6379 pool=kit#redis.example.com#6379#0#<6>",
];

describe("redis_connection.open", () => {
  it("logs in on a new connection", () => {
    expect(withRedis(open)).toEqual({ answer: "true nil", log: [...connect, "auth p s#w"] });
  });

  it("does not on one out of the pool", () => {
    expect(withRedis(open, { reused: 3 })).toEqual({ answer: "true nil", log: connect });
  });

  it("selects another database, in a pool of its own", () => {
    const { log } = withRedis(`conf.database = 2 ${open}`);
    expect(log.slice(-2)).toEqual(["auth p s#w", "select 2"]);
    expect(log[1]).toMatch(/#6379#2#<6>$/);
  });

  it("needs no password", () => {
    const { log } = withRedis(`conf.password = nil ${open}`);
    expect(log.slice(1)).toEqual(["connect redis.example.com 6379 pool=kit#redis.example.com#6379#0#<1>"]);
  });

  it("logs in as another user than Redis's default one, in a pool of its own", () => {
    const { log } = withRedis(`conf.username = "kit" ${open}`);
    expect(log.slice(1)).toEqual([
      "connect redis.example.com 6379 pool=kit#redis.example.com#6379#0#<9>",
      "auth kit p s#w",
    ]);
  });

  it("by TLS with a certificate of its host alone, in a pool of its own", () => {
    const { log } = withRedis(`conf.tls = true ${open}`);
    expect(log[1]).toBe(
      "connect redis.example.com 6379 pool=kit tls#redis.example.com#6379#0#<6> verified true of redis.example.com",
    );
  });

  it.each<[string, Redis, string, string]>([
    ["Redis is away", { script: { connect: false } }, open, "connect failed"],
    ["the password is wrong", { script: { auth: false } }, open, "auth failed"],
    [
      "there is no such database",
      { script: { select: false } },
      `conf.database = 9 ${open}`,
      "select failed",
    ],
    ["the connection was closed", { reused: undefined }, open, "closed"],
    [
      "a TLS connection was closed",
      { reused: undefined },
      `conf.tls = true ${open}`,
      "closed: its certificate is perhaps of another authority, or another host's",
    ],
  ])("says so when %s, and keeps no such connection", (_, redis, chunk, error) => {
    const { answer, log } = withRedis(chunk, redis);
    expect(answer).toBe(`false ${error}`);
    if (error !== "connect failed") expect(log.at(-1)).toBe("close");
  });
});

/** In turn: what is done to Redis, and what a question gives. */
const asked = (chunk: string) =>
  lua.run(`${fakes}
    local access = new_access()
    local function ask() return show(access:ask(function(client) return client:mget("a") end) and "answer") end
    ${chunk}`)[0];

describe("redis_access.ask", () => {
  it("keeps connections that answered, and no others", () => {
    expect(asked("ask() return show(redis.kept, redis.closed)")).toBe("1 nil");
    expect(asked('redis.error = "LOADING" ask() return show(redis.kept, redis.closed)')).toBe("nil 1");
  });

  it("waits for a moment only while Redis is away", () => {
    const away = "redis.answers = false ask() ask() redis.answers = true ask() ask()";
    expect(asked(`${away} return table.concat(waits, " ")`)).toBe("1 0.05 0.05 1");
  });

  it("knows that an error is an answer", () => {
    expect(asked('redis.error = "OOM" ask() ask() return table.concat(waits, " ")')).toBe("1 1");
  });
});
