/** Runs work when there is a slot for it. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets `count` pieces of work run at the same time; the others wait, first come, first served. */
export function slotsFor(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
