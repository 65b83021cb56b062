import { engineEnvironments } from "../../operations/copy/engine-environments";
import { judge, removeEnvironment } from "../../operations/copy/prune";
import type { Output } from "../output/output";

export interface PruneOptions {
  /** Milliseconds. @default none goes for its age */
  readonly olderThan?: number;
  /** @default whatever labels they have */
  readonly label?: Readonly<Record<string, string>>;
  /** Say what would be removed, and remove nothing. @default false */
  readonly dryRun?: boolean;
}

/** Removes environments that were made to be removed, once their lease or their time is over; never what people have. */
export async function prune(options: PruneOptions, { progress, result }: Output): Promise<void> {
  const { olderThan, label, dryRun = false } = options;
  const wish = { ...(olderThan !== undefined && { olderThan }), ...(label && { labels: label }) };
  const removed: { name: string; why: string }[] = [];
  const kept: { name: string; why: string }[] = [];
  for (const one of await engineEnvironments()) {
    const judgement = judge(one, wish);
    if (!judgement) continue;
    const { name } = one;
    const stays = !judgement.goes
      ? judgement.why
      : dryRun
        ? undefined
        : await progress.step(`remove environment ${name}`, () => removeEnvironment(one, wish));
    if (stays === undefined) removed.push({ name, why: judgement.why });
    else kept.push({ name, why: stays });
  }
  const lines = (word: string, environments: typeof removed) =>
    environments.map(({ name, why }) => `${word} ${name}: ${why}`);
  result(
    { command: "prune", dryRun, removed, kept },
    [...lines(dryRun ? "would remove" : "removed", removed), ...lines("kept", kept)].join("\n") ||
      "nothing to remove",
  );
}
