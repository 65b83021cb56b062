import { jamesLines, toldOf } from "../../constructs/james/known-releases";
import { KitError } from "../../kit/errors";
import { changedSettings } from "../../operations/deployment/deployed-settings";
import { type Deployment, withDeployment } from "../../operations/deployment/deployment";
import { refuseClientsInTheWay } from "../../operations/keycloak/clients-in-the-way";
import { passwordClientLines, passwordClients } from "../../operations/keycloak/password-clients";
import { type AnyLoss, realmsLost, refuseLoss } from "../../operations/losses/refuse-loss";
import { reimportedRealms } from "../../operations/losses/reimported-realms";
import { engineSize } from "../../operations/plan/engine-size";
import {
  type Examination,
  examine,
  type PlannedPlatform,
  planPlatform,
} from "../../operations/plan/examination";
import { identityChanges } from "../../operations/plan/identity-changes";
import type { PlannedChange } from "../../operations/terraform/planned-changes";
import {
  forgetPlan,
  initialize,
  stackFile,
  plan as terraformPlan,
} from "../../operations/terraform/terraform";
import { refuseUnreadableData } from "../../operations/upgrade/refuse-unreadable-data";
import { externalServiceLines, toldExternal } from "../../platform/model/external-services";
import { capacityLines, engineShortfalls, shortfalls, toldCapacity } from "../../platform/model/shortfalls";
import type { Output } from "../output/output";
import { prepare, type Stacks } from "./up";

export interface PlanOptions {
  /** What may be lost: realms, by name, and `mail`. @default none */
  readonly allowLoss?: readonly string[];
}

/** Shows what `up` would change. @throws KitError where it would be refused for what people would lose */
export async function plan(name: string, { allowLoss = [] }: PlanOptions, output: Output): Promise<void> {
  await withDeployment(name, async (deployment) => {
    const { environment } = deployment;
    refuseUnreadableData(deployment);
    const { stacks, found, changes, losses } = await planDeployment(deployment, output, { allowLoss });
    const [, identity] = stacks;
    let refusal: KitError | undefined;
    try {
      await refuseLoss(deployment, losses, allowLoss);
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      refusal = error;
    }
    // After a refusal Terraform is not asked: it would refuse too, in words that explain less.
    const realmChanges =
      identity && !refusal
        ? await terraformPlan(identity)
            .then((planned) => identityChanges(deployment, planned, stackFile(identity)))
            .finally(() => forgetPlan(identity))
        : [];
    const repairs = found.repairs.map(({ service, what }) => ({ name: service, what }));
    const all = [...changes, ...realmChanges];
    const settings = changedSettings(deployment);
    const directAccessGrants = passwordClients(deployment);
    const { storage, services } = environment.platform;
    const { release } = services.james;
    const tooSmall = [
      ...shortfalls(environment.platform),
      ...engineShortfalls(environment.platform, await engineSize(found.present.containers.length === 0)),
    ];
    output.result(
      {
        ...{ command: "plan", environment: environment.name, changes: all, repairs, settings },
        ...{
          directAccessGrants,
          storage,
          james: { release, told: toldOf(release) },
          ...toldExternal(environment.platform),
          ...toldCapacity(environment.platform, tooSmall),
        },
      },
      [
        ...settings.map((setting) => `since the last up ${setting}`),
        ...planLines(all, repairs),
        `storage      accounts and sessions ${storage.identity}, mail ${storage.mail}`,
        ...jamesLines(release),
        ...passwordClientLines(directAccessGrants),
        ...externalServiceLines(environment.platform),
        ...capacityLines(environment.platform, tooSmall),
      ].join("\n"),
    );
    if (refusal) throw refusal;
  });
}

/** What a deployment would change, and what people would lose by it. Nothing is changed but the machine. */
export async function planDeployment(
  deployment: Deployment,
  output: Output,
  options: { readonly allowLoss?: readonly string[] } = {},
): Promise<
  PlannedPlatform & {
    readonly stacks: Stacks;
    readonly found: Examination;
    readonly losses: readonly AnyLoss[];
  }
> {
  const stacks = await prepare(deployment, output, options);
  const [platform] = stacks;
  await refuseClientsInTheWay(deployment);
  const found = await examine(deployment, platform);
  await Promise.all(stacks.map(initialize));
  const realms = await realmsLost(deployment);
  const planned = await output.progress.step("plan", () =>
    planPlatform(deployment, platform, found).finally(() => forgetPlan(platform)),
  );
  const reimported = reimportedRealms(deployment, planned.changes, realms);
  return { ...planned, stacks, found, losses: [...realms, ...reimported, ...planned.mail] };
}

function planLines(
  changes: readonly PlannedChange[],
  repairs: readonly { name: string; what: string }[],
): string[] {
  const rows = [
    ...repairs.map(({ name, what }) => row("repair", name, [`it ${what}`])),
    // An image goes with its service, whose reason names it.
    ...changes
      .filter(({ address }) => !address.startsWith("docker_image."))
      .flatMap(({ action, name, reasons, ends = [] }) => [
        row(action, name, reasons),
        ...ends.map((end) => `${" ".repeat(9)}${end}`),
      ]),
  ];
  if (rows.length > 0) return rows;
  return [changes.length === 0 ? "nothing to change" : "images, of no service that changes"];
}

function row(action: string, name: string, reasons: readonly string[]): string {
  return `${action.padEnd(8)} ${name}${reasons.length > 0 ? ` because ${reasons.join("; ")}` : ""}`;
}
