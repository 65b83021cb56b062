import { describe, expect, it } from "vitest";
import { median, table, targets } from "../../bench/targets";

const samples = {
  kitUp: [30, 20, 90],
  composeUp: [24, 25, 20],
  developmentUp: [50, 61, 60],
  kitAgain: [4, 5],
  terraformAgain: [2, 2],
};
const memory = [
  { service: "james", rss: 2 ** 29, pss: 2 ** 28 },
  { service: "keycloak", rss: 2 ** 29, pss: 2 ** 28 },
];

describe("targets", () => {
  it("takes medians, of an even number too", () => {
    expect([median([30, 20, 90]), median([4, 5]), median([7])]).toEqual([30, 4.5, 7]);
  });

  it("compares medians with each limit: at most for ratios, under for memory", () => {
    expect(targets(samples, memory).map(({ value, limit, met }) => [value, limit, met])).toEqual([
      [1.25, 1.25, true],
      [0.5, 0.5, true],
      [2.25, 2, false],
      [1, 0.9, false],
    ]);
  });

  it("shows them, each run and the memory of each service", () => {
    const text = table(targets(samples, memory), samples, memory);
    expect(text).toMatch(/compose up --wait +30\.00 s +24\.00 s +1\.25 +1\.25 {2}met/);
    expect(text).toMatch(/terraform apply +4\.50 s +2\.00 s +2\.25 +2\.00 {2}MISSED/);
    expect(text).toMatch(/keycloak +512 MiB +256 MiB/);
  });
});
