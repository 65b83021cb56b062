import { beforeAll, describe, expect, it } from "vitest";
import { fakes } from "../fakes";
import { type LuaModules, loadLua } from "../lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

/** Since 900 nothing was missed, as this gateway knows. */
const heard = `
redis.entries["kit/realm/nothing missed since"] = { value = "900", expiry = math.huge }
memory:safe_set("r heard realm/", true)`;
const setUp = `${fakes}
local sessions = new_sessions()
local function state(iat, sid) return sessions:state_of({ sid = sid or "s", iat = iat }, clock.now) end
local function add(sid, jti) return sessions:add(sid or "s", jti or "j", 140) end
local function followed(work)
  local result
  follow(new_mirror(), 1, function() result = work() end)
  return result
end`;
const run = (chunk: string, before = heard) => lua.run(`${setUp}\n${before}\n${chunk}`)[0];

describe("revoked_sessions", () => {
  it.each<[string, string, string]>([
    ["goes on when nothing says otherwise", "905", "going on"],
    ["is unknown when it was issued before nothing was missed, or just after", "904", "unknown"],
    ["is unknown when its end can be forgotten", "700", "unknown"],
    ["is unknown without a time of issue", "nil", "unknown"],
    ["is unknown with one that is no number", '"905"', "unknown"],
  ])("a session %s", (_, iat, answer) => {
    expect(run(`return show(state(${iat}))`)).toBe(answer);
    expect(run(`return show(followed(function() return state(${iat}) end))`)).toBe(answer);
  });

  it("is asked for in Redis, and of a complete copy without a word to Redis", () => {
    expect(run("state(950) return table.concat(redis.log, ', ')")).toBe(
      "get kit/realm/s, get kit/realm/nothing missed since",
    );
    expect(run("return followed(function() redis.log = {} return show(state(950), #redis.log) end)")).toBe(
      "going on 0",
    );
  });

  it("has ended when it was added, for as long as is promised", () => {
    const states = `show(state(clock.now - 10), (followed(function() return state(clock.now - 10) end)))`;
    expect(
      run(`local added = add()
        local now = ${states}
        clock.now = clock.now + 304
        local later = ${states}
        clock.now = clock.now + 1
        return show(added, now, later, ${states})`),
    ).toBe("true ended ended ended ended going on going on");
  });

  it("has ended at every gateway that follows, and in no other realm", () => {
    expect(
      run(`add()
        memory = new_memory(100)
        memory:safe_set("r heard realm/", true)
        local there = require("kit.sessions.revoked_sessions").new(new_access(), new_mirror(), "realm/", 300)
        local token = { sid = "s", iat = 950 }
        redis.named = {}
        local answer = {}
        follow(new_mirror(), 1, function() answer[1] = there:state_of(token, clock.now) end)
        follow(new_mirror(), 2, function(beat)
          if beat == 1 then add("t", "k") else answer[2] = there:state_of({ sid = "t", iat = 950 }, clock.now) end
        end)
        local other = require("kit.sessions.revoked_sessions").new(new_access(), new_mirror(), "other/", 300)
        other:state_of(token, 900)
        answer[3] = other:state_of(token, clock.now)
        return table.concat(answer, " ")`),
    ).toBe("ended ended going on");
  });

  it.each<[string, string]>([
    ["Redis has forgotten everything", 'memory:safe_set("r heard realm/", true)'],
    [
      "the gateway was away",
      'redis.entries["kit/realm/nothing missed since"] = { value = "900", expiry = math.huge }',
    ],
  ])("is unknown when %s; of what comes later all is known", (_, before) => {
    const chunk = `local first = state(1000) return show(first, state(1000), state(1005), redis.named[1][3])`;
    expect(run(chunk, before)).toBe("unknown unknown going on kit/realm/nothing missed since");
  });

  it("is not believed of a copy that was made before the gateway had heard anything", () => {
    const since = 'redis.entries["kit/realm/nothing missed since"] = { value = "900", expiry = math.huge }';
    expect(run("return show(followed(function() return state(950) end))", since)).toBe("unknown");
  });

  it("takes no logout token twice", () => {
    expect(run('return show(add("s", "j"), add("t", "j"), add("t", "k"))')).toBe("true false true");
    expect(run('add() clock.now = clock.now + 140 return show(add("t"))')).toBe("true");
  });

  it("has ended here as soon as Redis answers again, when it was added in vain", () => {
    expect(
      run(`state(950)
        redis.answers = false
        local added = show(add())
        local away = show(state(950))
        redis.answers = true
        return show(added, "|", away, "|", state(950), state(950, "other"))`),
    ).toBe("nil refused | nil refused | ended going on");
  });

  it("makes all older ones unknown when it can be kept nowhere", () => {
    expect(
      run(`memory = new_memory(2)
        memory:safe_set("r heard realm/", true)
        memory:safe_set("full", true)
        sessions = new_sessions()
        redis.answers = false
        add()
        redis.answers = true
        return show(state(950))`),
    ).toBe("unknown");
  });

  it("is asked for in Redis when there is no room for a copy", () => {
    expect(
      run(`memory = new_memory(3)
        memory:safe_set("r heard realm/", true)
        sessions = new_sessions()
        for index = 1, 9 do add("s" .. index, "j" .. index) end
        local states = {}
        local why = follow(new_mirror(), 1)
        for index = 1, 9 do states[index] = state(950, "s" .. index) end
        return show(why, table.concat(states, ","), state(950, "other"))`),
    ).toBe(`no room ${Array(9).fill("ended").join(",")} going on`);
  });

  it("is unknown when a Redis that was followed has lost its memory", () => {
    expect(
      run(`local first = followed(function() return state(950) end)
        redis.entries = {}
        return show(first, (followed(function() return state(950) end)), (followed(function() return state(1005) end)))`),
    ).toBe("going on unknown going on");
  });

  it.each(["state(950)", "add()"])(
    "%s does not know without an answer, nor by an error of Redis",
    (chunk) => {
      expect(run(`redis.answers = false return show(${chunk})`)).toBe("nil refused");
      expect(run(`redis.error = "OOM" return show(${chunk})`)).toBe("nil OOM");
    },
  );

  it("keeps sessions by their ids alone for the Java plugin", () => {
    expect(
      run(`require("kit.sessions.revoked_sessions").new(new_access(), new_mirror(), "", 300, true):add("s", "j", 140)
        return show(redis.entries.s.value, redis.entries.s.expiry - clock.now)`),
    ).toBe("true 305");
  });
});
