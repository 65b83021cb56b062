import { setTimeout } from "node:timers/promises";
import type { LogLine } from "./log-line";

/** One log of several, and the next of its lines. */
class Source {
  head: LogLine | undefined;
  isOver = false;
  readonly #lines: AsyncIterator<LogLine>;
  #coming: Promise<void> | undefined;
  #since = 0;

  constructor(lines: AsyncIterable<LogLine>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Resolves when there is a next line, or none any more. */
  next(): Promise<void> {
    if (!this.#coming) {
      this.#since = performance.now();
      this.#coming = this.#lines.next().then(({ value, done }) => {
        this.#coming = undefined;
        if (done) this.isOver = true;
        else this.head = value;
      });
    }
    return this.#coming;
  }

  /** Milliseconds since somebody waits for it. */
  get silentFor(): number {
    return performance.now() - this.#since;
  }
}

/**
 * The lines of several logs, each in the order of time, in that order. Of each only one line is in memory.
 *
 * Who reads no further must end the logs.
 *
 * @param patience milliseconds for which one that is silent is waited for, so that nothing of it comes too late. @default until it ends
 */
export async function* merged(
  logs: readonly AsyncIterable<LogLine>[],
  patience = Number.POSITIVE_INFINITY,
): AsyncGenerator<LogLine> {
  const sources = logs.map((log) => new Source(log));
  for (;;) {
    const silent = sources.filter(({ head, isOver }) => !head && !isOver);
    const coming = silent.map((source) => source.next());
    const [oldest] = sources
      .filter(({ head }) => head)
      .sort((a, b) => ((a.head as LogLine).time < (b.head as LogLine).time ? -1 : 1));
    const wait = Math.max(0, ...silent.map(({ silentFor }) => patience - silentFor));
    if (silent.length > 0 && (!oldest || wait > 0)) {
      await (oldest && Number.isFinite(wait) ? atMost(wait, coming) : Promise.race(coming));
    } else if (oldest) {
      yield oldest.head as LogLine;
      oldest.head = undefined;
    } else return;
  }
}

async function atMost(milliseconds: number, coming: readonly Promise<void>[]): Promise<void> {
  const timer = new AbortController();
  await Promise.race([
    ...coming,
    setTimeout(milliseconds, undefined, { signal: timer.signal }).catch(() => {}),
  ]);
  timer.abort();
}
