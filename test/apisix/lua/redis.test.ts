import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, type LuaValue, loadLua } from "./lua";

/** A Redis whose `script` says what a command answers, `reused` how often the connection was used; logs all calls. */
const fake = `
local script, reused, log = ..., select(2, ...), {}
local client = {}
local function command(name)
  client[name] = function(_, ...)
    local texts = { name }
    for _, value in ipairs({ ... }) do
      texts[#texts + 1] = type(value) == "table" and "pool=" .. value.pool or tostring(value)
    end
    log[#log + 1] = table.concat(texts, " ")
    if script[name] == nil then return 1 end
    return script[name], not script[name] and name .. " failed" or nil
  end
end
for _, name in ipairs({ "set_timeouts", "connect", "auth", "select", "mget", "set", "setex", "set_keepalive", "close" }) do
  command(name)
end
function client.get_reused_times() return reused, not reused and "closed" or nil end
local redis = { new = function() return client end }
local conf = { host = "redis.example.com", port = 6379, password = "p s#w", database = 0, timeout_ms = 500 }
local function digest(text) return "<" .. #text .. ">" end
local function open() return require("kit.redis_connection").open(redis, conf, digest) end
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
  "connect redis.example.com 6379 pool=kit#redis.example.com#6379#0#<5>",
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
    expect(log[1]).toMatch(/#6379#2#<5>$/);
  });

  it("needs no password", () => {
    const { log } = withRedis(`conf.password = nil ${open}`);
    expect(log.slice(1)).toEqual(["connect redis.example.com 6379 pool=kit#redis.example.com#6379#0#<0>"]);
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
  ])("says so when %s, and keeps no such connection", (_, redis, chunk, error) => {
    const { answer, log } = withRedis(chunk, redis);
    expect(answer).toBe(`false ${error}`);
    if (error !== "connect failed") expect(log.at(-1)).toBe("close");
  });
});

/** A shared dictionary that has every key, or none, and logs what is done to it. */
const memory = (has: boolean) => `local memory = {
  get = function() return ${has} end,
  set = function(_, key) log[#log + 1] = "remember " .. key end,
  delete = function(_, key) log[#log + 1] = "forget " .. key end,
}`;
const sessions = `local sessions = require("kit.revoked_sessions").new(open, "ended:")`;
const stateOf = (token: string, has = true) =>
  `${memory(has)} ${sessions} return show(sessions:state_of(${token}, memory, 1000))`;
const add = `${memory(true)} ${sessions} return show(sessions:add("s 1", 600, memory))`;
const since = "ended:kit: nothing missed since";
const mget = `mget ended:s 1 ${since}`;
const keep = "set_keepalive 60000 64";
const token = '{ sid = "s 1", iat = 905 }';

describe("revoked_sessions", () => {
  it.each<[string, LuaValue, string]>([
    ["has ended when Redis has its key", ["true", "900"], "ended"],
    ["goes on when it was issued since nothing was missed", [false, "900"], "going on"],
    ["is unknown when it was issued before", [false, "901"], "unknown"],
  ])("a session %s", (_, values, answer) => {
    const seen = withRedis(stateOf(token), { script: { mget: values }, reused: 1 });
    expect(seen).toEqual({ answer, log: [...connect, mget, keep] });
  });

  it.each<[string, LuaValue, boolean]>([
    ["Redis has forgotten everything", [false, false], true],
    ["the gateway was away, or could not keep one", [false, "900"], false],
  ])("is unknown when %s, and from then on nothing is missed", (_, values, remembers) => {
    const seen = withRedis(stateOf(token, remembers), { script: { mget: values }, reused: 1 });
    expect(seen).toEqual({
      answer: "unknown",
      log: [...connect, mget, keep, ...connect, `set ${since} 1000`, keep, `remember ${since}`],
    });
  });

  it("is unknown without a time", () => {
    const script = { mget: [false, "0"] };
    expect(withRedis(stateOf('{ sid = "s 1" }'), { script, reused: 1 }).answer).toBe("unknown");
  });

  it("keeps an ended session for the given time", () => {
    const seen = withRedis(add, { reused: 1 });
    expect(seen).toEqual({ answer: "true", log: [...connect, "setex ended:s 1 600 true", keep] });
  });

  it.each([
    [stateOf(token), "connect"],
    [stateOf(token), "auth"],
    [stateOf(token), "mget"],
    [stateOf(token, false), "set"],
    [add, "connect"],
    [add, "setex"],
  ])("does not know without an answer, and gives no such connection back (%#)", (chunk, command) => {
    const script = { mget: [false, "0"], [command]: false };
    const { answer, log } = withRedis(chunk, { script });
    expect(answer).toBe(`nil ${command} failed`);
    expect(log.at(-1)).not.toBe(keep);
    expect(log).not.toContain(`remember ${since}`);
    if (chunk === add) expect(log.at(-1)).toBe(`forget ${since}`);
  });
});
