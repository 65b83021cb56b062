import { mebibytes, seconds, table } from "./table";

export interface Target {
  readonly title: string;
  /** What the kit needs: median seconds, or bytes. */
  readonly kit: number;
  /** What it is compared with: median seconds; absent where the limit is absolute. */
  readonly baseline?: number;
  /** A ratio, seconds, or GiB. */
  readonly value: number;
  readonly limit: number;
  readonly unit: "ratio" | "s" | "GiB";
  readonly met: boolean;
}

const GIB = 1024 ** 3;

/** Seconds against other seconds: medians, at most so many times. */
export function ratio(
  title: string,
  kit: readonly number[],
  baseline: readonly number[],
  limit: number,
): Target {
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

/** The median must be under a number of seconds. */
export function duration(title: string, kit: readonly number[], limit: number): Target {
  const value = median(kit);
  return { title, kit: value, value, limit, unit: "s", met: value < limit };
}

/** Bytes must be under a number of GiB. */
export function size(title: string, bytes: number, limit: number): Target {
  const value = bytes / GIB;
  return { title, kit: bytes, value, limit, unit: "GiB", met: value < limit };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

export function targetTable(list: readonly Target[]): string {
  return table([
    ["target (medians)", "kit", "baseline", "value", "limit"],
    ...list.map(({ title, kit, baseline, value, limit, unit, met }) => {
      const shown = unit === "GiB" ? mebibytes : seconds;
      const measure = (number: number) => `${number.toFixed(2)}${unit === "ratio" ? "" : ` ${unit}`}`;
      return [
        title,
        shown(kit),
        baseline === undefined ? "" : shown(baseline),
        measure(value),
        measure(limit),
        met ? "met" : "MISSED",
      ];
    }),
  ]);
}
