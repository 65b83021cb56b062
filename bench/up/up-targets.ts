import { mebibytes, seconds, table } from "../report/table";
import { duration, ratio, size, type Target } from "../report/target";
import type { CpuSeconds } from "./idle";
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

export function upTargets(samples: Samples, memory: readonly Memory[], idle: CpuSeconds): Target[] {
  return [
    ratio("up from nothing / compose up --wait", samples.kitUp, samples.composeUp, 1.25),
    ratio(
      "up from nothing / compose, Keycloak in development mode",
      samples.kitUp,
      samples.developmentUp,
      0.5,
    ),
    ratio("up, nothing to change / terraform apply", samples.kitAgain, samples.terraformAgain, 2),
    size("resident memory of all services after the smoke test (RSS)", total(memory, "rss"), 0.9),
    duration("CPU of a minute in which nobody uses it, services and engine", [sum(Object.values(idle))], 4),
  ];
}

/** What the targets are made of. */
export function upTables(samples: Samples, memory: readonly Memory[], idle: CpuSeconds): string {
  const runs: [string, readonly number[]][] = [
    ["up from nothing", samples.kitUp],
    ["compose up --wait", samples.composeUp],
    ["compose, Keycloak in development mode", samples.developmentUp],
    ["up, nothing to change", samples.kitAgain],
    ["terraform apply, nothing to change", samples.terraformAgain],
  ];
  return [
    table([["each run"], ...runs.map(([title, values]) => [title, ...values.map(seconds)])]),
    "",
    table([
      ["memory, summed over processes", "RSS", "PSS"],
      ...memory.map(({ service, rss, pss }) => [service, mebibytes(rss), mebibytes(pss)]),
      ["all", mebibytes(total(memory, "rss")), mebibytes(total(memory, "pss"))],
    ]),
    "",
    table([
      ["CPU of a minute of rest"],
      ...Object.entries(idle).map(([name, value]) => [name, seconds(value)]),
    ]),
  ].join("\n");
}

function total(memory: readonly Memory[], field: "rss" | "pss"): number {
  return sum(memory.map((entry) => entry[field]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
