import { setTimeout } from "node:timers/promises";
import type { Progress } from "../../setup/progress/progress";
import type { Deployment } from "../deployment/deployment";
import { removeContainers } from "../engine/engine";
import { refuse } from "../losses/refuse-loss";
import { finish, type TerraformOptions } from "../terraform/terraform";
import { type Examination, examine, type PlannedPlatform, planPlatform } from "./examination";

/** Does to containers what Terraform does not. @returns what is left to Terraform */
export async function mend(
  deployment: Deployment,
  platform: TerraformOptions,
  {
    found: { orphans, repairs },
    planned,
    allowLoss,
  }: { found: Examination; planned: PlannedPlatform; allowLoss: readonly string[] },
  progress: Progress,
): Promise<PlannedPlatform> {
  if (orphans.size + repairs.length + planned.finished.length === 0) return planned;
  await removeContainers([...orphans.keys()]);
  for (const [orphan, why] of orphans) progress.done(orphan.name, `removed, since ${why}`);
  for (const { service, what, cure, run } of repairs) {
    await run();
    progress.done(service, `it ${what} ${cure}`);
  }
  for (const address of planned.finished) await finish(platform, address);
  const left = await planPlatform(deployment, platform, await afterRepair(deployment, platform));
  // Containers that the repairs did not make healthy are replaced: what they hold is lost.
  await refuse(deployment, left.mail, allowLoss);
  return left;
}

/** Seconds that a repaired service gets to pass a health check. */
const RECOVERY = 30;

async function afterRepair(deployment: Deployment, platform: TerraformOptions): Promise<Examination> {
  const end = performance.now() + RECOVERY * 1000;
  for (;;) {
    const found = await examine(deployment, platform);
    if (found.broken.size === 0 || performance.now() > end) return found;
    await setTimeout(500);
  }
}
