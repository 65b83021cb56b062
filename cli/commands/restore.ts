import { loadEnvironment } from "../../config/environment";
import { readIdentities } from "../../operations/backup/archive/read-archive";
import { checkRestore, missingPeople } from "../../operations/backup/restore/check-restore";
import {
  type VerifiedBackup,
  verifyBackup,
  withSecretsOf,
  writeKept,
} from "../../operations/backup/restore/kept-files";
import { loadStores } from "../../operations/backup/restore/load-stores";
import { recordFile } from "../../operations/backup/schedule/backup-record";
import { openBackup } from "../../operations/backup/store/open-store";
import {
  type Deployment,
  environmentDirectory,
  openDeployment,
  privateDirectory,
  withEnvironmentLock,
} from "../../operations/deployment/deployment";
import {
  beginRestore,
  emptyFolder,
  endRestore,
  isRestoreUnfinished,
} from "../../operations/deployment/unfinished-restore";
import {
  type EngineState,
  engineState,
  removeContainers,
  removeVolumes,
} from "../../operations/engine/engine";
import { makeNetworks } from "../../operations/engine/make-networks";
import { preflight, wantedNames } from "../../operations/engine/preflight";
import { refuseOtherFolder } from "../../operations/engine/refuse-other-folder";
import { refuseUnreachable } from "../../operations/engine/refuse-unreachable";
import { wantedContainers } from "../../operations/engine/wanted-containers";
import { countedData } from "../../operations/losses/lasting-data";
import { forgetPlan, initialize, stackFile } from "../../operations/terraform/terraform";
import { containerNames } from "../../platform/model/addresses";
import { consentToDeletion } from "../output/consent";
import { kitCommand } from "../output/kit-command";
import type { Output } from "../output/output";
import { smokeTest } from "./smoke";
import { applyStack, bringUp, prepare } from "./up";

export interface RestoreOptions {
  /** File with an identity of age of one of the backup's recipients. */
  readonly identity: string;
  /** In place of what people have in the environment: its name, or true, and then it is asked for. @default there must be nothing */
  readonly deleteData?: string | true;
  /** Whether the smoke test runs at the end. */
  readonly smoke: boolean;
  /** For programs: nobody is asked anything. @default false */
  readonly json?: boolean;
}

/**
 * Brings an environment up with what is in a backup. Only the stores run until all of it is there; one that was ended before is run
 * again. Names and ports are those of the environment file.
 *
 * @throws KitError when the backup is not whole, is for others or does not fit, or when the environment has data that nobody has
 * let go, all before anything is changed
 */
export async function restore(
  name: string,
  file: string,
  options: RestoreOptions,
  output: Output,
): Promise<void> {
  const { progress } = output;
  const environment = loadEnvironment(name, { env: process.env });
  const identities = readIdentities(options.identity);
  const stored = await openBackup(file, () => environment.backup.s3);
  const backup = await progress.step(`verify ${file}`, (detail) => verifyBackup(stored, identities, detail));
  withSecretsOf(backup, environment.secrets, (secrets) => checkRestore(file, backup, environment, secrets));
  await withEnvironmentLock(environment.name, async () => {
    const present = await engineState(environment.name);
    refuseOtherFolder(environment.name, privateDirectory(environment.name), present);
    await mayReplace(name, environment.name, present, options);
    await refuseUnreachable(environment);
    const deployment = await withStores(name, present, backup, output);
    await progress.step(`restore ${backup.about.environment} of ${backup.about.createdAt}`, (detail) =>
      loadStores(stored, identities, deployment, detail),
    );
    endRestore(deployment.directory);
    progress.note("what people have is there again: where this is ended from here on, `up` goes on");
    const stacks = await prepare(deployment, output);
    const changed = await bringUp(deployment, name, stacks, [], output).finally(() => forgetPlan(stacks[0]));
    if (options.smoke) await smokeTest(deployment, output);
    const missing = missingPeople(backup.about, deployment.environment);
    output.result(
      {
        ...{ command: "restore", environment: environment.name, file, changed },
        ...{ createdAt: backup.about.createdAt, counts: backup.contents.counts, missingPeople: missing },
      },
      [
        `environment ${environment.name} is up with what ${backup.about.environment} had at ${backup.about.createdAt}`,
        ...backup.about.leftOut.map((what) => `not in the backup: ${what}`),
        ...(missing.length > 0
          ? [
              `people of the backup whom the environment file does not name, and who cannot log in: ${missing.join(", ")}`,
            ]
          : []),
      ].join("\n"),
    );
  });
}

/** @throws KitError unless nothing is there, a restore was not finished, or somebody has said that what people have may go */
async function mayReplace(
  file: string,
  name: string,
  present: EngineState,
  { deleteData, json = false }: RestoreOptions,
): Promise<void> {
  const said = deleteData === true ? undefined : deleteData;
  const isEmpty = present.containers.length + present.ownVolumes.length === 0;
  if (said === undefined && (isEmpty || isRestoreUnfinished(environmentDirectory(name)))) return;
  const lines = await countedData(name, present, () => openDeployment(file));
  const command = kitCommand(file, "restore … --delete-data");
  const interactive = !json && process.stdin.isTTY === true;
  await consentToDeletion({ environment: name, lines, command, interactive }, said);
}

/** Removes what was there, and starts the stores alone, empty, with the secrets of the backup. */
async function withStores(
  name: string,
  present: EngineState,
  backup: VerifiedBackup,
  output: Output,
): Promise<Deployment> {
  const before = openDeployment(name);
  const { environment, directory } = before;
  // What the machine lacks is told, and images are built, before anything goes.
  const [machine] = await prepare(before, output);
  await preflight(environment, wantedNames(stackFile(machine)), present);
  beginRestore(directory);
  // Its networks stay: the engine has few, and others might take them meanwhile.
  await output.progress.step(`remove what environment ${environment.name} had`, async () => {
    await removeContainers(present.containers);
    await removeVolumes(present.ownVolumes);
  });
  emptyFolder(directory, [recordFile]);
  writeKept(environment.name, backup);
  const deployment = openDeployment(name);
  const [platform] = await prepare(deployment, output);
  await initialize(platform);
  await makeNetworks(environment.name, platform, await engineState(environment.name));
  const names = containerNames(environment.name);
  // Where the others come by TLS, the stores wait for their certificates.
  const stores = [names.redis, names.postgres, names.certificates];
  const targets = wantedContainers(stackFile(platform))
    .filter((container) => stores.includes(container.name))
    .map(({ address }) => address);
  await applyStack(deployment, { ...platform, targets }, "start the stores, empty", output);
  return deployment;
}
