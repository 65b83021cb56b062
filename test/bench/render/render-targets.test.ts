import { describe, expect, it } from "vitest";
import { renderTables, renderTargets } from "../../../bench/render/render-targets";

const samples = (thousand: number[], tenThousand: number[]) => [
  { title: "Routes", runs: { 100: [0.1, 0.02, 0.01], 1000: thousand, 10000: tenThousand } },
];
const verdicts = (thousand: number[], tenThousand: number[]) =>
  renderTargets(samples(thousand, tenThousand)).map(({ value, met }) => [Number(value.toFixed(6)), met]);

describe("targets of rendering", () => {
  it("are 10,000 routes in under 2 s, each at most 1.5 times as long as one of 1,000", () => {
    expect(verdicts([0.9, 0.1, 0.1], [1.5, 1.2, 1.5])).toEqual([
      [1.5, true],
      [1.5, true],
    ]);
    expect(verdicts([0.1], [2])).toEqual([
      [2, false],
      [2, false],
    ]);
    // Slow, but on a straight line.
    expect(verdicts([0.3], [2.5])).toEqual([
      [2.5, false],
      [0.833333, true],
    ]);
  });

  it("shows each run", () => {
    expect(renderTables(samples([0.2], [1.25]))).toMatch(/10,000 Routes +1\.25 s/);
  });
});
