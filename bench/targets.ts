import type { Memory } from "./memory";

/** Seconds that each run took. */
export interface Samples {
  /** `up --no-smoke` from nothing running. */
  readonly kitUp: number[];
  /** `docker compose up --wait` of the same. */
  readonly composeUp: number[];
  /** The same with Keycloak in the reference example's own development mode. */
  readonly developmentUp: number[];
  /** `up --no-smoke` with nothing to change. */
  readonly kitAgain: number[];
  /** `terraform apply` with nothing to change. */
  readonly terraformAgain: number[];
}

export interface Target {
  readonly title: string;
  /** What the kit needs: median seconds, or bytes. */
  readonly kit: number;
  /** What it is compared with: median seconds; absent where the limit is absolute. */
  readonly baseline?: number;
  /** A ratio, or GiB. */
  readonly value: number;
  readonly limit: number;
  readonly unit: "ratio" | "GiB";
  readonly met: boolean;
}

const GIB = 1024 ** 3;

export function targets(samples: Samples, memory: readonly Memory[]): Target[] {
  const rss = memory.reduce((total, { rss }) => total + rss, 0);
  return [
    ratio("up from nothing / compose up --wait", samples.kitUp, samples.composeUp, 1.25),
    ratio(
      "up from nothing / compose, Keycloak in development mode",
      samples.kitUp,
      samples.developmentUp,
      0.5,
    ),
    ratio("up, nothing to change / terraform apply", samples.kitAgain, samples.terraformAgain, 2),
    {
      title: "resident memory of all services after the smoke test (RSS)",
      kit: rss,
      value: rss / GIB,
      limit: 0.9,
      unit: "GiB",
      met: rss / GIB < 0.9,
    },
  ];
}

function ratio(title: string, kit: readonly number[], baseline: readonly number[], limit: number): Target {
  const value = median(kit) / median(baseline);
  return {
    title,
    kit: median(kit),
    baseline: median(baseline),
    value,
    limit,
    unit: "ratio",
    met: value <= limit,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** The targets, then what they are made of. */
export function table(list: readonly Target[], samples: Samples, memory: readonly Memory[]): string {
  const width = Math.max(...list.map(({ title }) => title.length));
  const row = (title: string, ...cells: string[]) =>
    [title.padEnd(width), ...cells.map((cell) => cell.padStart(10))].join(" ").trimEnd();
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
  const total = (field: "rss" | "pss") => memory.reduce((sum, entry) => sum + entry[field], 0);
  const runs: [string, readonly number[]][] = [
    ["up from nothing", samples.kitUp],
    ["compose up --wait", samples.composeUp],
    ["compose, Keycloak in development mode", samples.developmentUp],
    ["up, nothing to change", samples.kitAgain],
    ["terraform apply, nothing to change", samples.terraformAgain],
  ];
  return [
    row("target (medians)", "kit", "baseline", "value", "limit"),
    ...list.map(({ title, kit, baseline, value, limit, unit, met }) => {
      const shown = unit === "GiB" ? mebibytes : seconds;
      const measure = (number: number) => `${number.toFixed(2)}${unit === "GiB" ? " GiB" : ""}`;
      const verdict = met ? "met" : "MISSED";
      return `${row(title, shown(kit), baseline === undefined ? "" : shown(baseline), measure(value), measure(limit))}  ${verdict}`;
    }),
    "",
    row("each run"),
    ...runs.map(([title, values]) => row(title, ...values.map(seconds))),
    "",
    row("memory, summed over processes", "RSS", "PSS"),
    ...memory.map(({ service, rss, pss }) => row(service, mebibytes(rss), mebibytes(pss))),
    row("all", mebibytes(total("rss")), mebibytes(total("pss"))),
  ].join("\n");
}
