import { beforeAll, describe, expect, it } from "vitest";
import { fakes } from "../fakes";
import { type LuaModules, loadLua } from "../lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});
const run = (chunk: string) => lua.run(`${fakes}\nlocal mirror = new_mirror()\n${chunk}`)[0];
const kept = `
redis.entries["kit/a"] = { value = "1", expiry = clock.now + 60 }
redis.entries["kit/b"] = { value = "2", expiry = math.huge }
redis.entries["kit/c"] = { value = "3", expiry = clock.now + 60 }
redis.entries["other"] = { value = "4", expiry = math.huge }`;

describe("redis_mirror", () => {
  it("copies everything below its prefix, for as long as Redis keeps it, and is complete then", () => {
    const get = `show(mirror:get("kit/a"), mirror:get("kit/b"), mirror:get("kit/c"), mirror:get("other"))`;
    expect(
      run(`${kept}
        local before, complete = mirror:is_complete()
        follow(mirror, 1, function() complete = mirror:is_complete() end)
        local now = ${get}
        clock.now = clock.now + 60
        return show(before, complete, now, ${get})`),
    ).toBe("nil true 1 2 3 nil nil 2 nil nil");
  });

  it("copies what is named to it later, whoever names it", () => {
    expect(
      run(`follow(mirror, 2, function(beat)
          if beat > 1 then return end
          redis.entries["kit/a"] = { value = "1", expiry = clock.now + 60 }
          redis.named = { { "message", "kit/set", "kit/a" } }
        end)
        return show(mirror:get("kit/a"))`),
    ).toBe("1");
  });

  it("stays complete as long as Redis gives signs of life, and no longer", () => {
    expect(
      run(`local states = {}
        local why = follow(mirror, 9, function(beat)
          states[beat] = show(mirror:is_complete())
          clock.now = clock.now + 1
          if beat == 3 then redis.answers = false end
        end)
        return show(table.concat(states, " "), why, mirror:is_complete())`),
    ).toBe("true true true closed nil");
  });

  it("is not complete when a sign of life came too late", () => {
    expect(
      run(`return show(follow(mirror, 9, function() clock.now = clock.now + 2 end), mirror:is_complete())`),
    ).toBe("not found nil");
  });

  it.each<[string, string]>([
    ["at the start", `${kept} memory = new_memory(3) mirror = new_mirror()`],
    ["later", `memory = new_memory(2) mirror = new_mirror() redis.named = { { "message", "", "kit/z" } }`],
  ])("is not complete when something finds no room %s, and pushes nothing out", (_, chunk) => {
    expect(
      run(`${chunk}
        memory:safe_set("mine", "here")
        local why = follow(mirror, 9, function() redis.entries["kit/z"] = { value = "1", expiry = clock.now + 60 } end)
        return show(why, mirror:is_complete(), memory:get("mine"), memory:get("r is away"))`),
    ).toBe("no room nil here nil");
  });

  it("is not complete any more when who puts something finds no room", () => {
    expect(
      run(`memory = new_memory(2) mirror = new_mirror()
        local put
        local why = follow(mirror, 9, function()
          put = show(mirror:put("kit/x", "1", 60), mirror:put("kit/y", "1", 60))
        end)
        return show(put, why, mirror:is_complete())`),
    ).toBe("true false not found nil");
  });

  it("makes room by what has expired", () => {
    expect(
      run(`memory = new_memory(1) mirror = new_mirror()
        mirror:put("kit/x", "1", 60)
        clock.now = clock.now + 60
        return show(mirror:put("kit/y", "2", 60), mirror:get("kit/y"))`),
    ).toBe("true 2");
  });

  it("has one follower, and another when that one ends", () => {
    expect(
      run(`local first, second = mirror:may_follow(), new_mirror():may_follow()
        follow(mirror, 1)
        local at_once = mirror:may_follow()
        clock.now = clock.now + 1
        return show(first, second, at_once, mirror:may_follow())`),
    ).toBe("true false false true");
  });

  it("is followed by another when its follower is gone without a word", () => {
    expect(run(`mirror:may_follow() clock.now = clock.now + 5 return show(mirror:may_follow())`)).toBe(
      "true",
    );
  });

  it("copies all anew after the connection broke, and keeps what it has meanwhile", () => {
    expect(
      run(`${kept}
        follow(mirror, 1)
        redis.answers = false
        local why = follow(mirror, 9)
        local meanwhile = show(mirror:get("kit/a"), mirror:get("kit/b"))
        redis.answers = true
        redis.entries["kit/d"] = { value = "5", expiry = math.huge }
        follow(mirror, 1)
        return show(why, meanwhile, mirror:get("kit/b"), mirror:get("kit/d"))`),
    ).toBe("refused 1 2 2 5");
  });

  it("forgets what should be there for ever, and is not there any more when Redis has lost its memory", () => {
    expect(
      run(`${kept}
        follow(mirror, 1)
        redis.entries = {}
        follow(mirror, 1)
        return show(mirror:get("kit/a"), mirror:get("kit/b"))`),
    ).toBe("1 nil");
  });
});
