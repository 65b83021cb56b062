import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import {
  createProgress,
  formatSeconds,
  silentProgress,
  summarizeTimings,
} from "../../../setup/progress/progress";
import { lineProgress } from "../../../setup/progress/progress-lines";
import { liveProgress } from "../../../setup/progress/progress-live";

function recorder(isTTY = false) {
  let text = "";
  return { isTTY, columns: 40, write: (part: string) => (text += part), text: () => text };
}

const step = { id: 0, title: "build", startedAt: Date.now(), detail: "" };

describe("plain lines", () => {
  it("has one line a step, with its time, in order of its end", async () => {
    const stream = recorder();
    const progress = createProgress({ stream });
    progress.done("engine", "it runs");
    await Promise.all([progress.step("slow", () => sleep(60)), progress.step("quick", () => sleep(5))]);
    expect(stream.text().replace(/\d+\.\d/g, "N")).toBe("✓ engine: it runs\n✓ quick (N s)\n✓ slow (N s)\n");
  });

  it("says on the step's line why it failed, and passes the error on", async () => {
    const stream = recorder();
    const failed = createProgress({ stream }).step("build", () =>
      Promise.reject(new Error("no space\nmore")),
    );
    await expect(failed).rejects.toThrow("no space");
    expect(stream.text()).toMatch(/^✗ build \(0\.\d s\): no space\n$/);
  });

  it("gives a sign of life with the current detail while a step runs, and none after it", async () => {
    const stream = recorder();
    const view = lineProgress(stream, 20);
    const running = { ...step, detail: "compiling" };
    view.started(running);
    await sleep(50);
    view.ended(running, { title: "build", seconds: 1, ok: true });
    const text = stream.text();
    expect(text).toMatch(/^… build \(0\.\d s\): compiling\n/);
    await sleep(50);
    expect(stream.text()).toBe(text);
  });
});

describe("JSON", () => {
  it("is one object a line and nothing else, with a step's number to tell steps apart", async () => {
    const stream = recorder();
    const progress = createProgress({ stream, json: true });
    await Promise.all([
      progress.step("a", async (detail) => detail("line 1")),
      progress.step("b", () => Promise.reject(new Error("bad"))).catch(() => {}),
    ]);
    const events = stream
      .text()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event, step }) => `${event} ${step}`).sort()).toEqual([
      "detail 0",
      "end 0",
      "end 1",
      "start 0",
      "start 1",
    ]);
    expect(events.find(({ event, step }) => event === "end" && step === 1)).toMatchObject({
      ok: false,
      error: "bad",
    });
  });

  it("does not repeat every line of a build", async () => {
    const stream = recorder();
    await createProgress({ stream, json: true }).step("a", async (detail) => {
      for (let i = 0; i < 1000; i++) detail(`line ${i}`);
    });
    expect(stream.text().match(/"detail"/g)?.length).toBeLessThan(5);
  });
});

describe("a terminal", () => {
  it("redraws the running steps in place, each on one line that fits", () => {
    const stream = recorder(true);
    const view = liveProgress(stream);
    view.started({ ...step, detail: "x".repeat(200) });
    view.started({ ...step, id: 1, title: "fetch" });
    view.ended(step, { title: "build", seconds: 1, ok: true });
    view.ended({ ...step, id: 1, title: "fetch" }, { title: "fetch", seconds: 1, ok: true });
    expect(render(stream.text())).toEqual(["✓ build (1.0 s)", "✓ fetch (1.0 s)"]);
    for (const line of stream.text().split("\n"))
      expect(stripVTControlCharacters(line).length).toBeLessThan(40);
  });
});

/** What a terminal shows in the end: understands "n lines up" with "clear to the end". */
function render(text: string): string[] {
  const lines: string[] = [];
  const up = new RegExp(`(${ESC}\\[\\d+A${ESC}\\[0J|\n)`);
  for (const part of text.split(up)) {
    if (up.test(part) && part !== "\n") lines.splice(lines.length - Number.parseInt(part.slice(2), 10));
    else if (part !== "\n" && part !== "") lines.push(stripVTControlCharacters(part));
  }
  return lines;
}

const ESC = "\u001b";

describe("timings", () => {
  it("tells where the time went, longest first, without what took none", async () => {
    expect(
      summarizeTimings([
        { title: "short", seconds: 0.1, ok: true },
        { title: "a", seconds: 2, ok: true },
        { title: "b", seconds: 125.4, ok: true },
      ]),
    ).toEqual(["2 min 05 s  b", "     2.0 s  a"]);
  });

  it("are kept in order of the start, failed steps too, running ones not", async () => {
    const progress = silentProgress();
    const running = progress.step("running", () => sleep(50));
    await progress.step("failed", () => Promise.reject(new Error())).catch(() => {});
    await progress.step("ok", async () => {});
    expect(progress.timings().map(({ title, ok }) => [title, ok])).toEqual([
      ["failed", false],
      ["ok", true],
    ]);
    await running;
    expect(progress.timings()[0]?.title).toBe("running");
  });

  it.each([
    [0.04, "0.0 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min 00 s"],
    [60, "1 min 00 s"],
    [119.7, "2 min 00 s"],
  ])("%d s reads %s", (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});
