import { environmentLabel } from "../../constructs/engine/labels";
import { run } from "../../kit/run";

/** How often a service may end while it starts, before it is taken for one that never will. */
export const crashLimit = 3;

/**
 * Runs `work` while it watches whether a container of the environment ends over and over, so that waiting for it can end early.
 *
 * @param work is given a signal that is raised then
 * @returns what `work` does, and the names of such containers, once there are any
 */
export async function watchingCrashes<T>(
  environment: string,
  work: (signal: AbortSignal, crashing: ReadonlySet<string>) => Promise<T>,
): Promise<T> {
  const crash = new AbortController();
  const end = new AbortController();
  const deaths = new Map<string, number>();
  const crashing = new Set<string>();
  const filters = ["type=container", "event=die", `label=${environmentLabel}=${environment}`];
  const watch = run(
    "docker",
    [
      "events",
      ...filters.flatMap((filter) => ["--filter", filter]),
      "--format",
      "{{.Actor.Attributes.name}}",
    ],
    {
      signal: end.signal,
      onLine: (name) => {
        deaths.set(name, (deaths.get(name) ?? 0) + 1);
        if ((deaths.get(name) as number) <= crashLimit) return;
        crashing.add(name);
        crash.abort();
      },
    },
  ).catch(() => {});
  try {
    return await work(crash.signal, crashing);
  } finally {
    end.abort();
    await watch;
  }
}
