import { openDeployment } from "../deployment";
import { engineState } from "../engine";
import { withLostNetwork } from "../lost-network";
import type { Output } from "../output";
import { passwordClientLines, passwordClients } from "../password-clients";
import { refuseLoss } from "../refuse-loss";
import { refuseOtherFolder } from "../refuse-other-folder";
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
  const { environment, privateDirectory } = deployment;
  const present = await engineState(environment.name);
  refuseOtherFolder(environment.name, privateDirectory, present);
  await refuseLoss(deployment, stacks.map(stackFile), allowLoss);
  await Promise.all(stacks.map(initialize));
  const planned = [withLostNetwork(platform, present), ...identity];
  const changes = await output.progress.step("plan", async () =>
    (await Promise.all(planned.map(terraformPlan))).flat(),
  );
  const directAccessGrants = passwordClients(deployment);
  output.result(
    { command: "plan", environment: environment.name, changes, directAccessGrants },
    [
      ...(changes.length === 0
        ? ["nothing to change"]
        : changes.map(({ action, address }) => `${action.padEnd(8)} ${address}`)),
      ...passwordClientLines(directAccessGrants),
    ].join("\n"),
  );
}
