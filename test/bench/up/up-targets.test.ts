import { describe, expect, it } from "vitest";
import { upTables, upTargets } from "../../../bench/up/up-targets";

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
const idle = { james: 0.5, engine: 4 };

describe("targets of up", () => {
  it("compares with Compose, development mode, Terraform, and all services' memory with 0.9 GiB", () => {
    expect(upTargets(samples, memory, idle).map(({ value, limit, met }) => [value, limit, met])).toEqual([
      [1.25, 1.25, true],
      [0.5, 0.5, true],
      [2.25, 2, false],
      [1, 0.9, false],
      [4.5, 4, false],
    ]);
  });

  it("shows each run and the memory of each service, and of all, and CPU", () => {
    const text = upTables(samples, memory, idle);
    expect(text).toMatch(/compose up --wait +24\.00 s +25\.00 s +20\.00 s/);
    expect(text).toMatch(/keycloak +512 MiB +256 MiB/);
    expect(text).toMatch(/engine +4\.00 s/);
    expect(text).toMatch(/all +1024 MiB +512 MiB/);
  });
});
