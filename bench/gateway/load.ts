import type { ConnectionOptions } from "node:tls";
import { type Dispatcher, Pool } from "undici";
import { ExitCode, KitError } from "../../kit/errors";

/** What a run of the load measured. */
export interface LoadSample {
  readonly requestsPerSecond: number;
  /** Milliseconds from a request to the end of its answer: of half of the requests, and of 99 %, no longer. */
  readonly p50: number;
  readonly p99: number;
}

export interface LoadOptions {
  /** What is asked, for people. */
  readonly title: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Each sends its next request when it has the answer, and is replaced when the server closes it. */
  readonly connections: number;
  readonly seconds: number;
  /** Whether a connection is for many requests, or for one. @default true */
  readonly keepConnections?: boolean;
  /** For https. @default what Node.js trusts */
  readonly tls?: ConnectionOptions;
}

/**
 * Asks as fast as answers come.
 *
 * @throws KitError when an answer was not 200, or did not come: what refuses is fast, and no result
 */
export async function load({
  title,
  url,
  headers,
  connections,
  seconds,
  keepConnections = true,
  tls,
}: LoadOptions): Promise<LoadSample> {
  const { origin, pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  const reset = !keepConnections;
  const milliseconds: number[] = [];
  const failures = new Map<string, number>();
  const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1);
  const pool = new Pool(origin, { connections, ...(tls && { connect: tls as object }) });
  const started = performance.now();
  const end = started + seconds * 1000;
  const askUntilEnd = async () => {
    for (let now = started; now < end; now = performance.now()) {
      const status = await ask(pool, { path, method: "GET", headers, reset }).catch(
        (error: Error) => error.message,
      );
      milliseconds.push(performance.now() - now);
      if (status !== 200) fail(`${status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, askUntilEnd));
  const elapsed = (performance.now() - started) / 1000;
  await pool.close();
  if (failures.size > 0) {
    throw new KitError(
      "not every request of the load was answered 200",
      [{ where: title, what: `of ${milliseconds.length} requests`, got: Object.fromEntries(failures) }],
      { exitCode: ExitCode.deployment },
    );
  }
  return { requestsPerSecond: milliseconds.length / elapsed, ...percentiles(milliseconds) };
}

/** The status of an answer that has come whole. The least that undici does: `request` takes twice the time. */
function ask(pool: Pool, options: Dispatcher.DispatchOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    pool.dispatch(options, {
      // By this method undici knows a handler of this kind.
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseEnd: () => resolve(status),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

/** By nearest rank. */
export function percentiles(values: readonly number[]): { p50: number; p99: number } {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
