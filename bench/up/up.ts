import { ExitCode, KitError } from "../../kit/errors";
import { ensureEngine } from "../../setup/engine/engine";
import { ensureCompose } from "../../test/compose";
import { KitProject, killDescendants } from "../../test/e2e/support/kit";
import { environmentPorts } from "../../test/engine";
import type { PartOptions, Report } from "../report/report";
import { measure } from "./measure";
import { upTables, upTargets } from "./up-targets";

/** Names and ports of its own: it may run beside an environment that is up, though that costs both time. */
const PURPOSE = "kit-bench";
const SETTINGS = {
  images: "built",
  directGrants: true,
  ports: environmentPorts(),
};

/** Times of `up`, memory, and what it costs at rest, against Docker Compose and Terraform. */
export async function benchUp({ progress, runs }: PartOptions): Promise<Report> {
  await ensureEngine(progress);
  const compose = await ensureCompose(progress);

  const project = new KitProject(PURPOSE, SETTINGS);
  // Also when it is interrupted. What runs then must not make anew what is removed.
  const leave = () => {
    killDescendants(process.pid);
    project.remove();
  };
  process.on("exit", leave);
  project.cleanUp();

  const { samples, memory, idle, failedSteps } = await measure(project, compose, {
    rounds: runs,
    progress,
  });
  process.off("exit", leave);
  project.remove();

  return {
    targets: upTargets(samples, memory, idle),
    text: `${upTables(samples, memory, idle)}\n\nCompose ${compose.version}`,
    figures: { compose: compose.version, samples, memory, idle, failedSteps },
    ...(failedSteps.length > 0 && {
      error: new KitError(
        "the smoke test failed between the measurements",
        failedSteps.map((what) => ({ what })),
        { exitCode: ExitCode.smoke },
      ),
    }),
  };
}
