import { rmSync, writeFileSync } from "node:fs";
import { stateResources, untaintedState } from "../../constructs/terraform/terraform-state";
import { containerNames } from "../../platform/model/addresses";
import type { Deployment } from "../deployment/deployment";
import { type ContainerState, containers, type EngineState, engineState, orphans } from "../engine/engine";
import { withLostNetworks } from "../engine/lost-networks";
import { refuseOtherFolder } from "../engine/refuse-other-folder";
import { brokenOnes, finishedSince, type Repair, repairsOf } from "../engine/repairs";
import { type WantedContainer, wantedContainers } from "../engine/wanted-containers";
import { withEnds } from "../losses/interruptions";
import { type MailLoss, mailLoss } from "../losses/mail-loss";
import { type PlannedChange, plannedChanges } from "../terraform/planned-changes";
import { type PlanJson, plan, stackFile, type TerraformOptions } from "../terraform/terraform";

/** What an environment has on the engine, beside what its platform's stack wants there. */
export interface Examination {
  readonly present: EngineState;
  readonly wanted: readonly WantedContainer[];
  /** Containers that are removed before Terraform runs, each with the reason. */
  readonly orphans: ReadonlyMap<ContainerState, string>;
  readonly repairs: readonly Repair[];
  /** Containers that are made anew though they are the wanted ones: the reason, by Terraform's address. */
  readonly broken: ReadonlyMap<string, string>;
}

/** @throws KitError when the environment is up from another folder */
export async function examine(
  { environment, privateDirectory, stateFile }: Deployment,
  platform: TerraformOptions,
): Promise<Examination> {
  const present = await engineState(environment.name);
  refuseOtherFolder(environment.name, privateDirectory, present);
  const wanted = wantedContainers(stackFile(platform));
  const gone = orphans(present, wanted, stateFile);
  const known = present.containers.filter((container) => !gone.has(container));
  const repairs = repairsOf(environment.name, known, wanted, present.networks);
  return {
    present,
    wanted,
    orphans: gone,
    repairs,
    broken: brokenOnes(
      // A repair may make a container healthy.
      known.filter(({ name }) => !repairs.some(({ service }) => name === `${environment.name}-${service}`)),
      wanted,
    ),
  };
}

/** What Terraform would do to the platform, in words, and what mail would be lost by it. */
export interface PlannedPlatform {
  readonly changes: readonly PlannedChange[];
  readonly mail: readonly MailLoss[];
  /** Addresses of what has become healthy since an earlier run gave it up: it is taken for finished, and stays. */
  readonly finished: readonly string[];
}

/**
 * Plans the platform, once it is known what is there: as it will be after the repairs, and changes nothing.
 *
 * @throws KitError with Terraform's own diagnostics
 */
export async function planPlatform(
  deployment: Deployment,
  platform: TerraformOptions,
  examination: Examination,
): Promise<PlannedPlatform> {
  const { environment, stateFile } = deployment;
  const { present, wanted, orphans, broken } = examination;
  const { containers } = present;
  const staying = containers.filter((container) => !orphans.has(container));
  const finished = finishedSince(staying, wanted, stateFile);
  const { replace = [], ...options } = withLostNetworks(platform, present);
  const planned = await planFrom(stateFile, finished, {
    ...options,
    replace: [...replace, ...broken.keys()],
  });
  const changes = withoutRepair(
    examination,
    plannedChanges(planned, stackFile(platform), environment, broken),
    environment.name,
  );
  const ended = changes.filter(
    ({ name, action }) => name === "james" && (action === "replace" || action === "delete"),
  );
  const mail = await Promise.all(
    ended.map(({ action, reasons }) =>
      mailLoss(
        environment.name,
        containers,
        action === "delete" ? "would be removed" : `would be replaced: ${reasons.join("; ")}`,
        environment.platform.storage.mail === "durable",
      ),
    ),
  );
  return { changes: await withEnds(deployment, changes, mail), mail, finished };
}

async function planFrom(
  stateFile: string,
  finished: readonly string[],
  options: TerraformOptions,
): Promise<PlanJson> {
  if (finished.length === 0) return plan(options);
  const state = `${stateFile}.planned`;
  writeFileSync(state, untaintedState(stateFile, finished), { mode: 0o600 });
  try {
    return await plan({ ...options, state });
  } finally {
    rmSync(state);
  }
}

/** Corrects what Terraform plans without knowing of orphans, which are replaced, and of repairs, which spare a change. */
function withoutRepair(
  { orphans, repairs, wanted, present }: Examination,
  changes: readonly PlannedChange[],
  environment: string,
): PlannedChange[] {
  const reasons = new Map([...orphans].map(([{ name }, why]) => [name, why]));
  return changes.flatMap((change): PlannedChange[] => {
    const container = `${environment}-${change.name}`;
    const why = reasons.get(container);
    if (why !== undefined) return [{ ...change, action: "replace", reasons: [why] }];
    const given = present.containers.find(({ name }) => name === container)?.configuration;
    const stays = wanted.some(({ name, configuration }) => name === container && configuration === given);
    return stays && repairs.some(({ service }) => service === change.name) ? [] : [change];
  });
}

/**
 * Mail that a Terraform which runs by itself would lose, as far as can be told without it: by what James was given, and
 * whether the state takes it for finished.
 *
 * @param platformStack the file of the platform's stack
 */
export async function mailOfReplacedJames(
  { environment, stateFile }: Deployment,
  platformStack: string,
): Promise<MailLoss[]> {
  const { james } = containerNames(environment.name);
  const instances = stateResources(stateFile)
    .filter(({ type, mode }) => type === "docker_container" && mode === "managed")
    .flatMap((resource) => resource.instances)
    .filter(({ attributes }) => attributes.name === james);
  // Terraform knows of no James and so removes none; there may not even be an engine to ask.
  if (instances.length === 0) return [];
  const present = await containers(environment.name);
  const running = present.find(({ name }) => name === james);
  const wanted = wantedContainers(platformStack).find(({ name }) => name === james);
  if (!running) return [];
  const tainted = instances.some(({ status }) => status === "tainted");
  if (!tainted && wanted?.configuration === running.configuration) return [];
  const why = tainted ? "an earlier run did not finish it" : "it is given something else";
  const durable = environment.platform.storage.mail === "durable";
  return [await mailLoss(environment.name, present, `would be replaced: ${why}`, durable)];
}
