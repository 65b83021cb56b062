import { table } from "../report/table";
import { median } from "../report/target";
import type { LoadSample } from "./load";

/** What was asked, in every round. */
export interface LoadSamples {
  readonly title: string;
  readonly samples: readonly LoadSample[];
}

/** What could not be asked here. */
export interface LeftOut {
  readonly title: string;
  readonly why: string;
}

export interface LoadFigures extends LoadSamples {
  /** Over the rounds. */
  readonly median: LoadSample;
  /** Each median by that of the upstream without a gateway. */
  readonly ratio: LoadSample;
}

export function loadFigures(direct: LoadSamples, gateways: readonly LoadSamples[]): LoadFigures[] {
  const base = medians(direct.samples);
  return [direct, ...gateways].map(({ title, samples }) => {
    const own = medians(samples);
    return { title, samples, median: own, ratio: each((field) => own[field] / base[field]) };
  });
}

function medians(samples: readonly LoadSample[]): LoadSample {
  return each((field) => median(samples.map((sample) => sample[field])));
}

function each(value: (field: keyof LoadSample) => number): LoadSample {
  return { requestsPerSecond: value("requestsPerSecond"), p50: value("p50"), p99: value("p99") };
}

export function loadTable(figures: readonly LoadFigures[], leftOut: readonly LeftOut[]): string {
  const times = (ratio: number) => `× ${ratio.toFixed(2)}`;
  return [
    table([
      [
        "medians, and by those without a gateway",
        "requests/s",
        "",
        "p50",
        "",
        "p99",
        "",
        "each run, requests/s",
      ],
      ...figures.map(({ title, samples, median, ratio }) => [
        title,
        median.requestsPerSecond.toFixed(0),
        times(ratio.requestsPerSecond),
        `${median.p50.toFixed(2)} ms`,
        times(ratio.p50),
        `${median.p99.toFixed(2)} ms`,
        times(ratio.p99),
        samples.map(({ requestsPerSecond }) => requestsPerSecond.toFixed(0)).join(" "),
      ]),
    ]),
    ...leftOut.map(({ title, why }) => `${title}: left out: ${why}`),
  ].join("\n");
}
