import type { Progress } from "../../setup/progress/progress";

/** How many seconds something takes. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Does a step, and says how many seconds it took. */
export async function secondsOf(
  progress: Progress,
  title: string,
  work: () => Promise<void>,
): Promise<number> {
  return timed(() => progress.step(title, work));
}
