import { describe, expect, it } from "vitest";
import { duration, median, ratio, size, targetTable } from "../../../bench/report/target";

describe("targets", () => {
  it("takes medians, of an even number too", () => {
    expect([median([30, 20, 90]), median([4, 5]), median([7])]).toEqual([30, 4.5, 7]);
  });

  it("compares medians with each limit: at most for ratios, under for what is absolute", () => {
    const list = [
      ratio("a", [30, 20, 90], [24, 25, 20], 1.25),
      ratio("b", [4, 5], [2, 2], 2),
      duration("c", [3, 1, 1.5], 1.6),
      duration("d", [2], 2),
      size("e", 2 ** 29, 0.9),
      size("f", 2 ** 30, 1),
    ];
    expect(list.map(({ value, met }) => [value, met])).toEqual([
      [1.25, true],
      [2.25, false],
      [1.5, true],
      [2, false],
      [0.5, true],
      [1, false],
    ]);
  });

  it("shows what was measured, and whether it is met", () => {
    const text = targetTable([
      ratio("up", [30], [24], 1.25),
      ratio("request", [0.0016], [0.002], 1.1),
      duration("render", [2.5], 2),
      size("memory", 2 ** 29, 0.9),
    ]);
    expect(text).toMatch(/up +30\.00 s +24\.00 s +1\.25 +1\.25 +met/);
    expect(text).toMatch(/request +1\.60 ms +2\.00 ms +0\.80 +1\.10 +met/);
    expect(text).toMatch(/render +2\.50 s +2\.50 s +2\.00 s +MISSED/);
    expect(text).toMatch(/memory +512 MiB +0\.50 GiB +0\.90 GiB +met/);
  });
});
