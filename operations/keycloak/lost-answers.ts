/**
 * Asks over HTTP by the global `fetch`, each time with a time-out, without an answer getting lost:
 *
 * - Node 20's own `fetch` never settles when the other side takes a connection and closes it at once, as Docker does for
 *   a published port on which nothing listens yet; that of the package undici, which takes its place here, does.
 * - The timer of `AbortSignal.timeout` does not keep Node running, so a lost answer would end the process before it.
 */
export async function withoutLostAnswers<T>(work: () => Promise<T>): Promise<T> {
  const { install } = await import("undici");
  install();
  const running = setInterval(() => {}, 60_000);
  try {
    return await work();
  } finally {
    clearInterval(running);
  }
}
