import { describe, expect, it, vi } from "vitest";
import { createPlan, type PlanRunOptions, type StepResult } from "../../../smoke/steps/plan";

const explain: PlanRunOptions["explain"] = async ([service]) => ({ service, log: ["WARN why"] });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const options = (id: string) => ({ id, title: `step ${id}`, services: ["james"] as ["james"] });
const without = (result: StepResult) => ({ ...result, ms: 0 });

describe("plan", () => {
  it("gives the value of a step to those that need it", async () => {
    const plan = createPlan();
    const two = plan.step(options("two"), async () => 2);
    const seen = vi.fn();
    plan.step({ ...options("next"), needs: { two } }, async ({ two }, say) => {
      seen(two);
      say("seen");
    });
    const results = await plan.run({ explain });
    expect(seen).toHaveBeenCalledWith(2);
    expect(results.map(without)).toEqual([
      { id: "two", title: "step two", ok: true, ms: 0 },
      { id: "next", title: "step next", ok: true, ms: 0, detail: "seen" },
    ]);
  });

  it("does not run what needs a failed step, even indirectly; the rest runs", async () => {
    const plan = createPlan();
    const work = vi.fn(async () => {});
    const bad = plan.step(options("bad"), async () => {
      throw new Error("broken", { cause: new Error("deeper") });
    });
    const needs = plan.step({ ...options("needs"), needs: { bad } }, work);
    plan.step({ ...options("far"), needs: { needs } }, work);
    const free = vi.fn(async () => {});
    plan.step({ ...options("free"), after: [bad] }, free);

    const results = await plan.run({ explain });
    expect(results.map(without)).toEqual([
      {
        id: "bad",
        title: "step bad",
        ok: false,
        ms: 0,
        error: "broken: deeper",
        service: "james",
        log: ["WARN why"],
      },
      { id: "needs", title: "step needs", ok: false, ms: 0, skipped: 'not run: needs "step bad"' },
      { id: "far", title: "step far", ok: false, ms: 0, skipped: 'not run: needs "step needs"' },
      { id: "free", title: "step free", ok: true, ms: 0 },
    ]);
    expect(work).not.toHaveBeenCalled();
    expect(free).toHaveBeenCalledOnce();
  });

  it("leaves out what needs a step that is left out, for the same reason and without failing", async () => {
    const plan = createPlan();
    const out = plan.step({ ...options("out"), skip: "switched off" }, async () => 1);
    plan.step({ ...options("next"), needs: { out } }, async () => {});
    const results = await plan.run({ explain });
    expect(results.map(({ ok, skipped }) => [ok, skipped])).toEqual([
      [true, "switched off"],
      [true, "switched off"],
    ]);
  });

  it("runs independent steps at the same time, up to the limit, and reports them in order", async () => {
    const plan = createPlan();
    let running = 0;
    let most = 0;
    for (const [id, ms] of [
      ["a", 60],
      ["b", 5],
      ["c", 5],
      ["d", 5],
    ] as const) {
      plan.step(options(id), async () => {
        most = Math.max(most, ++running);
        await sleep(ms);
        running--;
      });
    }
    const reported: string[] = [];
    await plan.run({ explain, concurrency: 2, onStep: ({ id }) => reported.push(id) });
    expect(most).toBe(2);
    expect(reported).toEqual(["a", "b", "c", "d"]);
  });

  it("starts a step only after those it comes after have ended", async () => {
    const plan = createPlan();
    const events: string[] = [];
    const slow = plan.step(options("slow"), async () => {
      await sleep(20);
      events.push("slow ended");
      throw new Error("never mind");
    });
    plan.step({ ...options("last"), after: [slow] }, async () => void events.push("last started"));
    await plan.run({ explain });
    expect(events).toEqual(["slow ended", "last started"]);
  });

  it("fails a step that does not end", async () => {
    const plan = createPlan();
    plan.step(options("stuck"), () => new Promise(() => {}));
    const [result] = await plan.run({ explain, stepTimeout: 30 });
    expect(result).toMatchObject({ ok: false, error: "did not end within 0.03 s" });
  });
});
