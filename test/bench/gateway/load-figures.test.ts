import { describe, expect, it } from "vitest";
import { percentiles } from "../../../bench/gateway/load";
import { loadFigures, loadTable } from "../../../bench/gateway/load-figures";

const sample = (requestsPerSecond: number, p50: number, p99: number) => ({ requestsPerSecond, p50, p99 });
const direct = { title: "direct", samples: [sample(9000, 1, 3), sample(10_000, 0.8, 2), sample(1000, 5, 9)] };
const httpd = { title: "httpd", samples: [sample(3000, 2, 6), sample(100, 40, 90), sample(4500, 3, 4.5)] };
const figures = loadFigures(direct, [httpd]);

describe("figures of the load", () => {
  it("takes percentiles by nearest rank, of unsorted times", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(hundred)).toEqual({ p50: 50, p99: 99 });
    expect(percentiles([0.25])).toEqual({ p50: 0.25, p99: 0.25 });
    expect(percentiles([10, 9, 100])).toEqual({ p50: 10, p99: 100 });
  });

  it("takes each median over the rounds, and its ratio to that of the upstream alone", () => {
    expect(figures[1]).toMatchObject({ title: "httpd", median: sample(3000, 3, 6) });
    expect(figures[1]?.ratio).toEqual(sample(1 / 3, 3, 2));
    expect(figures[0]?.ratio).toEqual(sample(1, 1, 1));
  });

  it("shows them, each round, and why something is left out", () => {
    const text = loadTable(figures, [{ title: "APISIX", why: "there is none" }]);
    expect(text).toMatch(/httpd +3000 +× 0\.33 +3\.00 ms +× 3\.00 +6\.00 ms +× 2\.00 +3000 100 4500/);
    expect(text).toMatch(/APISIX.*there is none/);
  });
});
