import { ExitCode, KitError } from "../../config/errors";
import { type Deployment, openDeployment } from "../deployment";
import type { Output } from "../output";
import { smokeTarget } from "../smoke-target";

/** Uses the platform as its clients do. @throws KitError when a step fails */
export async function smoke(name: string, output: Output): Promise<void> {
  await smokeTest(openDeployment(name), output);
}

/** The smoke test of a deployment, one line a step. */
export async function smokeTest(deployment: Deployment, output: Output): Promise<void> {
  // Its clients take half a second to load, which no other command needs.
  const { formatReport, formatStep, runSmoke } = await import("../../smoke/index.js");
  const report = await runSmoke(smokeTarget(deployment), {
    onStep: (step) => output.result({ smoke: step }, formatStep(step)),
  });
  output.result({ command: "smoke", ok: report.ok, milliseconds: report.ms }, formatReport(report));
  if (!report.ok) {
    throw new KitError("the smoke test failed", [], { exitCode: ExitCode.smoke });
  }
}
