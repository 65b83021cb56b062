import { openDeployment } from "../deployment";
import type { Output } from "../output";
import { initialize, plan as terraformPlan } from "../terraform";
import { prepare } from "./up";

/** Shows what `up` would change. */
export async function plan(name: string, output: Output): Promise<void> {
  const deployment = openDeployment(name);
  const stacks = await prepare(deployment, output);
  await Promise.all(stacks.map(initialize));
  const changes = await output.progress.step("plan", async () =>
    (await Promise.all(stacks.map(terraformPlan))).flat(),
  );
  output.result(
    { command: "plan", environment: deployment.environment.name, changes },
    changes.length === 0
      ? "nothing to change"
      : changes.map(({ action, address }) => `${action.padEnd(8)} ${address}`).join("\n"),
  );
}
