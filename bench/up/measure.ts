import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExitCode } from "../../kit/errors";
import { run } from "../../kit/run";
import type { Progress } from "../../setup/progress/progress";
import { type Compose, composeUp } from "../../test/compose";
import type { KitProject } from "../../test/e2e/support/kit";
import { withKeycloakInDevelopmentMode } from "./development-mode";
import { type CpuSeconds, idleCpu } from "./idle";
import { type Memory, residentMemory } from "./memory";
import { secondsOf } from "./seconds-of";
import { succeeded } from "./succeeded";
import type { Samples } from "./up-targets";

/** No further round is begun that would probably end later than so many seconds after the first began. */
const BUDGET = 460;

/** Seconds of rest after something was removed: the engine writes and unmounts for a while. */
export const REST = 2;

export interface Measurements {
  readonly samples: Samples;
  readonly memory: readonly Memory[];
  /** Of a minute in which nobody used the platform. */
  readonly idle: CpuSeconds;
  /** Steps of the smoke test that failed. */
  readonly failedSteps: readonly string[];
}

/**
 * Measures in rounds, each with one run of the kit and of what it is compared with: so what else happens on the
 * machine hits both.
 *
 * @throws KitError, RunError when something did not run
 */
export async function measure(
  project: KitProject,
  compose: Compose,
  options: { rounds: number; progress: Progress },
): Promise<Measurements> {
  const { rounds, progress } = options;
  const samples: Samples = { kitUp: [], composeUp: [], developmentUp: [], kitAgain: [], terraformAgain: [] };
  let memory: readonly Memory[] = [];
  let idle: CpuSeconds = {};
  let failedSteps: readonly string[] = [];

  const kit = async (...args: string[]) => succeeded(await project.run(args), args);
  const platform = join(project.kitDirectory, "cdktf.out/stacks/platform");

  const { variables, reference, development } = await progress.step(
    "prepare images and provider",
    async () => {
      await kit("plan");
      const { variables } = (await kit("env")).result;
      await kit("down");
      const folder = join(project.directory, "compose");
      await kit("compose", "--out", folder);
      const reference = join(folder, "compose.yaml");
      return {
        variables: variables as Record<string, string>,
        reference,
        development: withKeycloakInDevelopmentMode(reference),
      };
    },
  );

  const timed = async (into: number[], title: string, work: () => Promise<void>) => {
    into.push(await secondsOf(progress, title, work));
  };
  const composed = async (into: number[], title: string, file: string) => {
    await timed(into, title, () => composeUp(compose, file));
    project.cleanUp();
    await sleep(REST * 1000);
  };
  const again = {
    kit: () =>
      timed(samples.kitAgain, "kit: up, nothing to change", async () => {
        const { result } = await kit("up", "--no-smoke");
        if (result.changed !== 0) throw new Error(`a second up changed ${result.changed} resources`);
      }),
    terraform: () =>
      timed(samples.terraformAgain, "terraform apply, nothing to change", async () => {
        const { stdout } = await run(
          variables.TERRAFORM_BINARY_NAME ?? "terraform",
          ["apply", "-auto-approve", "-input=false", "-no-color"],
          { cwd: platform, env: variables },
        );
        if (!stdout.includes("0 added, 0 changed, 0 destroyed")) throw new Error(stdout);
      }),
  };

  const started = performance.now();
  let longest = 0;
  for (let round = 1; round <= rounds; round++) {
    const begun = performance.now();
    if (begun - started + longest > BUDGET * 1000) {
      progress.note(`Time is up: ${round - 1} rounds instead of ${rounds}.`);
      break;
    }
    const of = `(round ${round} of ${rounds})`;
    await timed(
      samples.kitUp,
      `kit: up from nothing ${of}`,
      async () => void (await kit("up", "--no-smoke")),
    );
    // Services go on working for a while after they have become healthy: each goes first in turn.
    await (round % 2 ? again.terraform() : again.kit());
    await (round % 2 ? again.kit() : again.terraform());
    if (round === 1) {
      memory = await progress.step("smoke test, then memory", async () => {
        const smoke = await project.run(["smoke"]);
        failedSteps = smoke.events.flatMap(({ smoke: step }) => failure(step as SmokeStep | undefined));
        // What the test did has had its effect on the services, also where a step failed.
        if (smoke.exitCode !== ExitCode.smoke) succeeded(smoke, ["smoke"]);
        return residentMemory(project.containerIds());
      });
      idle = await progress.step("a minute of rest", () => idleCpu(project.containerIds()));
    }
    await kit("down");
    await sleep(REST * 1000);
    await composed(samples.composeUp, `compose up --wait ${of}`, reference);
    await composed(
      samples.developmentUp,
      `compose up --wait, Keycloak in development mode ${of}`,
      development,
    );
    longest = Math.max(longest, performance.now() - begun);
  }
  return { samples, memory, idle, failedSteps };
}

interface SmokeStep {
  readonly title: string;
  readonly ok: boolean;
  readonly error?: string;
}

function failure(step: SmokeStep | undefined): string[] {
  return step?.ok === false ? [[step.title, step.error].filter(Boolean).join(": ")] : [];
}
