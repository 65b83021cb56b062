import { beforeAll, describe, expect, it } from "vitest";
import { type LuaModules, loadLua } from "./lua";

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

/** Threads in turn; `wait` ends with the first that does. What sleeps for longer comes later. */
const within = (run: string) =>
  lua.run(`
    local threads, killed = {}, 0
    local thread = {}
    function thread.spawn(work, ...)
      local started = { work = coroutine.create(work), arguments = { ... } }
      threads[#threads + 1] = started
      return started
    end
    function thread.wait()
      for _ = 1, 100 do
        for _, one in ipairs(threads) do
          local answer = { coroutine.resume(one.work, unpack(one.arguments)) }
          if coroutine.status(one.work) == "dead" then return unpack(answer) end
        end
      end
    end
    function thread.kill() killed = killed + 1 end
    local function sleep(turns) for _ = 1, turns do coroutine.yield() end end
    local answer, err = require("kit.deadline").within(3, function() ${run} end, thread, sleep)
    return tostring(answer), tostring(err), killed`);

describe("deadline.within", () => {
  it("gives what comes in time, and leaves nothing running", () => {
    expect(within('sleep(2) return "yes", "also"')).toEqual(["yes", "also", 2]);
  });

  it("gives an error for what does not", () => {
    expect(within('sleep(9) return "late"')).toEqual(["nil", "no answer within 3 s", 2]);
  });

  it("passes on failures", () => {
    expect(within('return nil, "refused"')).toEqual(["nil", "refused", 2]);
    expect(within('error("bug", 0)')).toEqual(["nil", "bug", 2]);
  });
});
