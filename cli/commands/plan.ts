import { openDeployment } from "../deployment";
import { engineState } from "../engine";
import { withLostNetwork } from "../lost-network";
import type { Output } from "../output";
import { refuseLoss } from "../refuse-loss";
import { initialize, stackFile, plan as terraformPlan } from "../terraform";
import { prepare } from "./up";

export interface PlanOptions {
  /** Realms of which something may be lost. @default none */
  readonly allowLoss?: readonly string[];
}

/** Shows what `up` would change. @throws KitError where it would be refused for what people would lose */
export async function plan(name: string, { allowLoss = [] }: PlanOptions, output: Output): Promise<void> {
  const deployment = openDeployment(name);
  const stacks = await prepare(deployment, output, { allowLoss });
  const [platform, ...identity] = stacks;
  await refuseLoss(deployment, stacks.map(stackFile), allowLoss);
  const [present] = await Promise.all([engineState(deployment.environment.name), ...stacks.map(initialize)]);
  const planned = [withLostNetwork(platform, present), ...identity];
  const changes = await output.progress.step("plan", async () =>
    (await Promise.all(planned.map(terraformPlan))).flat(),
  );
  output.result(
    { command: "plan", environment: deployment.environment.name, changes },
    changes.length === 0
      ? "nothing to change"
      : changes.map(({ action, address }) => `${action.padEnd(8)} ${address}`).join("\n"),
  );
}
