import { ExitCode, KitError, type Problem, reasonOf } from "../../kit/errors";
import { createBackup } from "../../operations/backup/create-backup";
import { openStore } from "../../operations/backup/store/open-store";
import { databasesOf } from "../../operations/backup/stores";
import {
  copiedPlatform,
  type DeployedCopy,
  deployedCopy,
  deployedFolder,
} from "../../operations/deployment/deployed-copy";
import { changedSettings } from "../../operations/deployment/deployed-settings";
import { type Deployment, withDeployment } from "../../operations/deployment/deployment";
import {
  beginUpgrade,
  endUpgrade,
  noteUpgrade,
  type UnfinishedUpgrade,
  unfinishedUpgrade,
} from "../../operations/deployment/unfinished-upgrade";
import { containers, stopAndRemove } from "../../operations/engine/engine";
import { mailWord, refuseLoss } from "../../operations/losses/refuse-loss";
import { identityChanges } from "../../operations/plan/identity-changes";
import type { PlannedChange } from "../../operations/terraform/planned-changes";
import {
  forgetPlan,
  stackFile,
  type TerraformOptions,
  plan as terraformPlan,
} from "../../operations/terraform/terraform";
import { copyDatabase, forgetCopy } from "../../operations/upgrade/database-copy";
import { type UpgradeStep, upgradeSteps } from "../../operations/upgrade/steps";
import { upgradeProblems } from "../../operations/upgrade/upgrade-problems";
import { formatSeconds } from "../../setup/progress/progress";
import { kitCommand } from "../output/kit-command";
import type { Output } from "../output/output";
import type { BackupCreateOptions } from "./backup";
import { planDeployment } from "./plan";
import { smokeTest } from "./smoke";
import { applyStack, bringUp, prepare } from "./up";
import { backLines, goBack, type WentBack } from "./upgrade-back";

export interface UpgradePlanOptions {
  /** `mail`: what James has in its memory may be lost. @default nothing */
  readonly allowLoss?: readonly string[];
}

export interface UpgradeOptions extends UpgradePlanOptions, BackupCreateOptions {
  /** Whether a backup is made before. */
  readonly backup: boolean;
}

/** Shows what an upgrade would change, service by service, and what it demands. @throws KitError where it would be refused */
export async function upgradePlan(
  name: string,
  { allowLoss = [] }: UpgradePlanOptions,
  output: Output,
): Promise<void> {
  refuseRealms(allowLoss);
  await withDeployment(name, async (deployment) => {
    const { environment } = deployment;
    const { stacks, found, changes, finished, losses } = await planDeployment(deployment, output);
    const [platform, identity] = stacks;
    const { former, isUnfinished } = formerOf(deployment);
    const steps = stepsOf(deployment, changes, platform, former);
    const lost = await refusal(() => refuseLoss(deployment, losses, allowLoss, "upgrade"));
    const problems = [
      ...upgradeProblems({ deployment, found, finished, former, isUnfinished, steps }),
      ...(lost?.problems ?? []),
    ];
    const realmChanges =
      identity && problems.length === 0
        ? await terraformPlan(identity)
            .then((planned) => identityChanges(deployment, planned, stackFile(identity)))
            .finally(() => forgetPlan(identity))
        : [];
    const rest = [...besides(changes, steps), ...realmChanges];
    const settings = changedSettings(deployment);
    const { folder, recipients } = environment.backup;
    output.result(
      {
        ...{ command: "upgrade plan", environment: environment.name, steps, changes: rest, settings },
        ...{ backup: { folder, recipients: recipients.length }, unfinished: isUnfinished },
      },
      [
        ...settings.map((setting) => `since the last up ${setting}`),
        ...(isUnfinished
          ? ["an upgrade was ended half-way: `upgrade` goes on, `upgrade back` goes back"]
          : []),
        ...steps.flatMap(stepLines),
        ...rest.map(({ action, name, reasons }) => `besides: ${action} ${name}${because(reasons)}`),
        ...(steps.length + rest.length === 0 ? ["nothing to change"] : []),
        recipients.length === 0
          ? "backup: nobody is named who can read it (--recipient, backup.recipients)"
          : `backup: to ${folder}, before anything is changed`,
      ].join("\n"),
    );
    if (problems.length > 0)
      throw new KitError(`environment ${environment.name} cannot be upgraded`, problems);
  });
}

/**
 * Changes an environment to what its settings and this release of the kit make of it: after a backup, one service after the other, and
 * with a smoke test at the end. Where that fails it goes back to what ran before. One that was ended half-way goes on when it is run again.
 *
 * @throws KitError before anything is changed; or (`ExitCode.wentBack`) once it is as it was before
 */
export async function upgrade(name: string, options: UpgradeOptions, output: Output): Promise<void> {
  const started = performance.now();
  const { allowLoss = [] } = options;
  refuseRealms(allowLoss);
  await withDeployment(name, async (deployment) => {
    const { environment, directory } = deployment;
    const { progress } = output;
    const before = unfinishedUpgrade(directory);
    if (before) progress.note(`the upgrade that was begun at ${before.notes.startedAt} goes on`);
    const stacks = await prepare(deployment, output);
    const [platform] = stacks;
    let unfinished: UnfinishedUpgrade | undefined;
    let steps: UpgradeStep[] = [];
    let changed = 0;
    try {
      changed = await bringUp(deployment, name, stacks, allowLoss, output, {
        command: "upgrade",
        begin: async (found, { changes, finished }) => {
          const { former, isUnfinished } = formerOf(deployment);
          steps = stepsOf(deployment, changes, platform, former);
          const problems = upgradeProblems({ deployment, found, finished, former, isUnfinished, steps });
          if (problems.length > 0 || !former) {
            throw new KitError(`environment ${environment.name} cannot be upgraded`, problems);
          }
          const isNothing = changes.length === 0 && stacks.length === 1;
          unfinished =
            before ?? (isNothing ? undefined : await begin(name, deployment, former, options, output));
        },
        change: async () => {
          let count = 0;
          for (const step of steps) {
            if (unfinished) unfinished = await copyBefore(deployment, unfinished, step);
            const title = `change ${step.service}${step.from === step.to ? "" : ` to ${step.to}`}`;
            count += await applyStack(deployment, { ...platform, targets: [step.address] }, title, output);
          }
          return count;
        },
      });
      await smokeTest(deployment, output);
    } catch (error) {
      if (!unfinished) throw error;
      throw await failed(name, error, { deployment, unfinished, platform }, output);
    } finally {
      forgetPlan(platform);
    }
    if (unfinished) await forgetCopies(deployment, unfinished);
    const seconds = (performance.now() - started) / 1000;
    const backup = unfinished?.notes.backup;
    output.result(
      {
        ...{ command: "upgrade", environment: environment.name, changed, steps },
        ...{ ...(backup !== undefined && { backup }), seconds: Number(seconds.toFixed(3)) },
      },
      [
        `environment ${environment.name} is upgraded, ${changed} changed, ${formatSeconds(seconds)}`,
        ...steps.map(
          ({ service, from = "?", to = "?" }) => `${service} ${from === to ? to : `${from} → ${to}`}`,
        ),
        ...(backup === undefined ? [] : [`a backup from before is ${backup}`]),
      ].join("\n"),
    );
  });
}

/** What an upgrade would go back to: what was deployed before one that was ended half-way, else what is deployed. */
function formerOf({ directory }: Deployment): { former: DeployedCopy | undefined; isUnfinished: boolean } {
  const unfinished = unfinishedUpgrade(directory);
  if (unfinished) return { former: unfinished.former, isUnfinished: true };
  return { former: deployedCopy(deployedFolder(directory)), isUnfinished: false };
}

function stepsOf(
  deployment: Deployment,
  changes: readonly PlannedChange[],
  platform: TerraformOptions,
  former: DeployedCopy | undefined,
): UpgradeStep[] {
  const is = stackFile(platform);
  const was = former && stackFile(copiedPlatform(former));
  return upgradeSteps(deployment, changes, { is, ...(was !== undefined && { was }) }, former);
}

/** What is changed with no step of its own; an image goes with its service. */
const besides = (changes: readonly PlannedChange[], steps: readonly UpgradeStep[]) =>
  changes.filter(
    ({ address }) => !address.startsWith("docker_image.") && !steps.some((step) => step.address === address),
  );

/** Makes the backup, and notes what to go back to. */
async function begin(
  name: string,
  deployment: Deployment,
  former: DeployedCopy,
  { backup, folder, recipient }: UpgradeOptions,
  output: Output,
): Promise<UnfinishedUpgrade> {
  const { environment, directory } = deployment;
  const recipients = recipient ?? environment.backup.recipients;
  if (backup && recipients.length === 0) {
    throw new KitError("an upgrade makes a backup first, and nobody is named who can read it", [
      {
        where: "backup.recipients",
        what: "none is given",
        fix: "Name one (--recipient age1…); or do without: --no-backup",
      },
    ]);
  }
  const made = backup
    ? await createBackup(
        name,
        deployment,
        {
          store: await openStore(folder ?? environment.backup.folder, () => environment.backup.s3),
          recipients,
          deployed: former,
        },
        output.progress,
      )
    : undefined;
  const states = await containers(environment.name);
  return beginUpgrade(directory, former, {
    startedAt: new Date().toISOString(),
    ...(made && { backup: made.path }),
    images: Object.fromEntries(states.map(({ name, image }) => [name, image])),
    copied: {},
    goingBack: false,
  });
}

/** Copies the database of a service whose image is another, which does not run from then on. */
async function copyBefore(
  { environment, directory }: Deployment,
  unfinished: UnfinishedUpgrade,
  { service, database, name }: UpgradeStep,
): Promise<UnfinishedUpgrade> {
  const place = databasesOf(environment).find((one) => one.service === service);
  if (database === undefined || !place || service in unfinished.notes.copied) return unfinished;
  const running = await containers(environment.name);
  await stopAndRemove(running.filter((one) => one.name === `${environment.name}-${name}`));
  await copyDatabase(place);
  const copied = { ...unfinished.notes.copied, [service]: database };
  return { ...unfinished, notes: noteUpgrade(directory, { ...unfinished.notes, copied }) };
}

async function forgetCopies(deployment: Deployment, { notes }: UnfinishedUpgrade): Promise<void> {
  for (const place of databasesOf(deployment.environment)) {
    if (place.service in notes.copied) await forgetCopy(place, { failed: true });
  }
  endUpgrade(deployment.directory);
}

/** Goes back. @returns what to tell */
async function failed(
  name: string,
  error: unknown,
  {
    deployment,
    unfinished,
    platform,
  }: { deployment: Deployment; unfinished: UnfinishedUpgrade; platform: TerraformOptions },
  output: Output,
): Promise<KitError> {
  const { environment } = deployment;
  const { backup } = unfinished.notes;
  const [summary, problems] = problemsOf(error);
  output.progress.note(`the upgrade failed and goes back: ${summary}`);
  let back: WentBack;
  try {
    back = await goBack(deployment, unfinished, platform, output);
  } catch (second) {
    const [why, more] = problemsOf(second);
    return new KitError(
      `the upgrade failed, and so did going back: ${why}`,
      [
        ...problems,
        ...more,
        {
          where: `environment ${environment.name}`,
          what: "a part of it is as before, a part not, and nobody may use it",
          fix: `Go back again: ${kitCommand(name, "upgrade back")}${backup === undefined ? "" : `; what people had is in ${backup}, too`}`,
        },
      ],
      { exitCode: ExitCode.deployment, cause: second },
    );
  }
  output.result(
    {
      ...{ command: "upgrade", environment: environment.name, wentBack: back },
      ...(backup !== undefined && { backup }),
    },
    backLines(back).join("\n"),
  );
  return new KitError(
    `the upgrade failed, and environment ${environment.name} is as it was before: ${summary}`,
    [
      ...problems,
      {
        where: `environment ${environment.name}`,
        what: "its settings still say what failed: `up` and `upgrade` would try it again",
        fix: "Take them back, or correct them",
      },
    ],
    { exitCode: ExitCode.wentBack, cause: error },
  );
}

function problemsOf(error: unknown): [string, readonly Problem[]] {
  if (error instanceof KitError) return [error.summary, error.problems];
  return [reasonOf(error), []];
}

async function refusal(work: () => Promise<void>): Promise<KitError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof KitError) return error;
    throw error;
  }
}

/** Realms that are given up cannot be brought back. @throws KitError */
function refuseRealms(allowLoss: readonly string[]): void {
  const realms = allowLoss.filter((word) => word !== mailWord);
  if (realms.length === 0) return;
  throw new KitError(
    "an upgrade gives up no realm",
    realms.map((word) => ({
      where: `--allow-loss ${word}`,
      what: "nothing could bring it back",
      allowed: [mailWord],
      fix: "Let `up` do it, before or afterwards",
    })),
  );
}

function stepLines(
  { service, action, from = "?", to = "?", reasons, ends = [], database, demands }: UpgradeStep,
  index: number,
): string[] {
  const indent = " ".repeat(4);
  return [
    `${`${index + 1}.`.padEnd(4)}${action} ${service}, ${from === to ? to : `${from} → ${to}`}${because(reasons)}`,
    ...ends.map((end) => `${indent}${end}`),
    ...(database === undefined
      ? []
      : [`${indent}its database is copied before, in PostgreSQL, while it is away`]),
    ...demands.map(
      ({ what, outcome, fix }) =>
        `${indent}${outcome === "refused" ? "refused: " : ""}${what}${fix === undefined ? "" : `. ${fix}`}`,
    ),
  ];
}

const because = (reasons: readonly string[]) => (reasons.length > 0 ? ` because ${reasons.join("; ")}` : "");
