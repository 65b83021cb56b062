import type { Progress } from "../../setup/progress/progress";

/** Does a step, and says how many seconds it took. */
export async function secondsOf(
  progress: Progress,
  title: string,
  work: () => Promise<void>,
): Promise<number> {
  const started = performance.now();
  await progress.step(title, work);
  return (performance.now() - started) / 1000;
}
