import { openDeployment } from "../deployment";
import type { Output } from "../output";
import { initialize, plan as terraformPlan } from "../terraform";
import { prepare } from "./up";

/** Shows what `up` would change. */
export async function plan(name: string, output: Output): Promise<void> {
  const deployment = openDeployment(name);
  const terraform = await prepare(deployment, output);
  await initialize(terraform);
  const changes = await output.progress.step("plan", () => terraformPlan(terraform));
  output.result(
    { command: "plan", environment: deployment.environment.name, changes },
    changes.length === 0
      ? "nothing to change"
      : changes.map(({ action, address }) => `${action.padEnd(8)} ${address}`).join("\n"),
  );
}
