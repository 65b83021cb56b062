import { seconds, table } from "../report/table";
import { duration, ratio, type Target } from "../report/target";

/** How many routes are rendered. */
export const routeCounts = [100, 1000, 10_000] as const;

export type RouteCount = (typeof routeCounts)[number];

/** Seconds that each run took, by number of routes. */
export interface RenderSamples {
  /** What was rendered. */
  readonly title: string;
  readonly runs: Readonly<Record<RouteCount, number[]>>;
}

/**
 * 10,000 routes in under 2 s, and on a straight line: a route among 10,000 takes at most 1.5 times what it takes among
 * 1,000. Among 100 what is done once (schemas compiled) weighs more than the routes, so they are only shown.
 */
export function renderTargets(samples: readonly RenderSamples[]): Target[] {
  return samples.flatMap(({ title, runs }) => [
    duration(`10,000 ${title}`, runs[10_000], 2),
    ratio(
      `10,000 ${title} / ten times 1,000`,
      runs[10_000],
      runs[1000].map((run) => run * 10),
      1.5,
    ),
  ]);
}

export function renderTables(samples: readonly RenderSamples[]): string {
  return table([
    ["each run; the first compiles schemas"],
    ...samples.flatMap(({ title, runs }) =>
      routeCounts.map((count) => [`${count.toLocaleString("en")} ${title}`, ...runs[count].map(seconds)]),
    ),
  ]);
}
