import { join } from "node:path";
import { loadEnvironment } from "../../config/environment";
import { KitError } from "../../kit/errors";
import { databasesOf } from "../../operations/backup/stores";
import {
  copiedPlatform,
  copyDeployed,
  deployedFolder,
  putBack,
  putIdentityStateBack,
} from "../../operations/deployment/deployed-copy";
import { type Deployment, openDeployment, withEnvironmentLock } from "../../operations/deployment/deployment";
import {
  endUpgrade,
  noteUpgrade,
  type UnfinishedUpgrade,
  unfinishedUpgrade,
} from "../../operations/deployment/unfinished-upgrade";
import {
  type ContainerState,
  engineState,
  nameAgain,
  removeContainers,
  stopAndRemove,
} from "../../operations/engine/engine";
import { untilHealthy } from "../../operations/engine/health";
import { makeNetworks } from "../../operations/engine/make-networks";
import { wantedContainers } from "../../operations/engine/wanted-containers";
import { mailLoss } from "../../operations/losses/mail-loss";
import { examine } from "../../operations/plan/examination";
import { initialize, stackFile, type TerraformOptions } from "../../operations/terraform/terraform";
import { forgetCopy, isMigrated, putDatabaseBack } from "../../operations/upgrade/database-copy";
import { imagesBy } from "../../operations/upgrade/steps";
import { containerNames } from "../../platform/model/addresses";
import { prepareMachine } from "../../setup/machine";
import type { Output } from "../output/output";
import { applyStack } from "./up";

/** What an environment had to give up to be as it was before an upgrade. */
export interface WentBack {
  /** Services that run what they ran before again. */
  readonly services: readonly string[];
  /** Databases that are those of before again, each with the name by which the upgrade's own is kept. */
  readonly databases: readonly { readonly database: string; readonly keptAs: string }[];
  /** What James had got into its memory meanwhile, in words. */
  readonly lost: readonly string[];
}

/** Goes back to what an environment was before an upgrade that was ended half-way. @throws KitError */
export async function upgradeBack(name: string, output: Output): Promise<void> {
  const { name: engineName } = loadEnvironment(name, { env: process.env });
  await withEnvironmentLock(engineName, async () => {
    const deployment = openDeployment(name);
    const unfinished = unfinishedUpgrade(deployment.directory);
    if (!unfinished) {
      throw new KitError("there is nothing to go back to", [
        {
          where: deployment.directory,
          what: "no upgrade was ended half-way",
          fix: "To go back after one that succeeded, take the settings back and run `upgrade`, or `restore` its backup",
        },
      ]);
    }
    const { progress } = output;
    const keycloakProvider = unfinished.former.identity;
    const { terraform, env } = await prepareMachine({ progress, keycloakProvider });
    const directory = join(deployment.directory, "cdktf.out", "stacks", "platform");
    const platform = { binary: terraform.binary, directory, env };
    const back = await goBack(deployment, unfinished, platform, output);
    output.result(
      { command: "upgrade back", environment: engineName, ...back },
      [`environment ${engineName} is as it was before the upgrade`, ...backLines(back)].join("\n"),
    );
  });
}

/**
 * Brings back what ran before an upgrade, with its images, files and Terraform JSON. A database that the upgrade has migrated is the one
 * of before again. Once it has begun nobody else uses the environment until it has come to its end.
 *
 * @param platform the stack as it is meant now
 * @throws KitError when that fails, too: it is run again by `upgrade back`
 */
export async function goBack(
  deployment: Deployment,
  { notes, former }: UnfinishedUpgrade,
  platform: TerraformOptions,
  output: Output,
): Promise<WentBack> {
  const { environment, directory } = deployment;
  const { progress } = output;
  noteUpgrade(directory, { ...notes, goingBack: true });
  const formerFile = stackFile(copiedPlatform(former));
  const references = imagesBy(formerFile);
  for (const [container, image] of Object.entries(notes.images)) {
    const reference = references[container];
    if (reference !== undefined && (await nameAgain(image, reference))) {
      progress.done(reference, "names the image again that it named before");
    }
  }
  const present = await engineState(environment.name);
  const wanted = wantedContainers(formerFile);
  const isFormer = ({ name, configuration, image }: ContainerState) =>
    wanted.some((one) => one.name === name && one.configuration === configuration) &&
    image === (notes.images[name] ?? image);
  const others = present.containers.filter((container) => !isFormer(container));
  const { james } = containerNames(environment.name);
  const { counts: lost } = others.some(({ name }) => name === james)
    ? await mailLoss(
        ...([environment.name, present.containers, "is replaced"] as const),
        environment.platform.storage.mail === "durable",
      )
    : { counts: [] };
  const services = others.map(({ name }) => name.slice(environment.name.length + 1));
  if (others.length > 0) {
    await progress.step(`go back: end ${services.join(", ")} of the upgrade`, () => stopAndRemove(others));
  }
  const [back, identity] = putBack(former, deployment, platform);
  await initialize(back);
  await makeNetworks(environment.name, back, await engineState(environment.name));
  const databases = await putDatabasesBack(deployment, { notes, former }, back, output);
  const found = await examine(deployment, back);
  await removeContainers([...found.orphans.keys()]);
  for (const repair of found.repairs) await repair.run();
  const replace = [...found.broken.keys()];
  await applyStack(deployment, { ...back, replace }, "go back to what ran before", output);
  await untilHealthy(deployment, progress);
  if (identity) {
    await initialize(identity);
    const oneByOne = !environment.platform.services.keycloak.managed;
    await applyStack(deployment, { ...identity, oneByOne }, "go back to the realms of before", output);
  }
  copyDeployed(former, deployedFolder(directory));
  for (const place of copiedDatabases(deployment, notes.copied)) await forgetCopy(place);
  endUpgrade(directory);
  return { services, databases, lost };
}

const copiedDatabases = ({ environment }: Deployment, copied: Readonly<Record<string, string>>) =>
  databasesOf(environment).filter(({ service }) => service in copied);

/** Those that the upgrade has migrated, of services that do not run. */
async function putDatabasesBack(
  deployment: Deployment,
  { notes, former }: UnfinishedUpgrade,
  platform: TerraformOptions,
  output: Output,
): Promise<WentBack["databases"]> {
  const places = copiedDatabases(deployment, notes.copied);
  if (places.length === 0) return [];
  const names = containerNames(deployment.environment.name);
  const stores = wantedContainers(stackFile(platform)).filter(({ name }) => name === names.postgres);
  const targets = stores.map(({ address }) => address);
  await applyStack(deployment, { ...platform, targets }, "go back to the PostgreSQL of before", output);
  const all: { database: string; keptAs: string }[] = [];
  for (const place of places) {
    if (!(await isMigrated(place))) continue;
    if (place.service === "keycloak") putIdentityStateBack(former, deployment);
    const keptAs = await putDatabaseBack(place);
    output.progress.done(
      `database ${place.database}`,
      `is the one from before; the upgrade's is kept as ${keptAs}`,
    );
    all.push({ database: place.database, keptAs });
  }
  return all;
}

/** What people should know of it. */
export function backLines({ services, databases, lost }: WentBack): string[] {
  return [
    ...(services.length > 0 ? [`as before again: ${services.join(", ")}`] : []),
    ...databases.map(
      ({ database, keptAs }) =>
        `database ${database} is the one from before its service was changed; what came into it since is in ${keptAs}, until the next upgrade`,
    ),
    ...(lost.length > 0
      ? ["lost, since James had it in its memory:", ...lost.map((line) => `  ${line}`)]
      : []),
  ];
}
