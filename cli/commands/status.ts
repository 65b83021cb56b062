import { engineName, loadEnvironment } from "../../config/environment";
import { ExitCode, KitError } from "../../kit/errors";
import { type BackupRecord, overdue, readRecord } from "../../operations/backup/schedule/backup-record";
import { environmentDirectory } from "../../operations/deployment/deployment";
import { refuseUnfinishedRestore } from "../../operations/deployment/unfinished-restore";
import { refuseGoingBack } from "../../operations/deployment/unfinished-upgrade";
import { type FullDisk, fullDisks } from "../../operations/engine/disks";
import { containers, isHealthy } from "../../operations/engine/engine";
import { externalServiceLines, toldExternal } from "../../platform/model/external-services";
import type { PlatformModel } from "../../platform/model/platform-model";
import type { Output } from "../output/output";

/** Shows the containers of an environment. @throws KitError when it is not all up and healthy, or a disk is full */
export async function status(file: string, output: Output): Promise<void> {
  const name = engineName(file, { env: process.env });
  const states = await containers(name);
  // A mistyped name has no containers either: then this throws.
  if (states.length === 0) loadEnvironment(file, { env: process.env });
  const rows = states.map(({ name, status, health = "", restarts, ports, image }) =>
    [
      name.padEnd(24),
      status.padEnd(10),
      health.padEnd(10),
      `restarts ${restarts}`.padEnd(12),
      image.replace(/^sha256:(.{12}).*/, "$1"),
      ...ports,
    ].join(" "),
  );
  const full = await fullDisks(states);
  const platform = platformOf(file);
  const record = readRecord(environmentDirectory(name));
  output.result(
    {
      ...{ command: "status", environment: name, containers: states },
      ...(full.length > 0 && { fullDisks: full }),
      ...(platform && toldExternal(platform)),
      ...(record.last && { lastBackup: record.last }),
      ...(record.schedule && { backupOverdue: overdue(record) !== undefined }),
    },
    [
      ...(rows.length > 0 ? rows : [`environment ${name} is not up`]),
      ...full.map((disk) => `${disk.container}: ${fullness(disk)}. ${makeRoom}`),
      ...(platform ? externalServiceLines(platform) : []),
      ...backupLines(record),
    ].join("\n"),
  );
  refuseUnfinishedRestore(name, environmentDirectory(name));
  refuseGoingBack(name, environmentDirectory(name));
  const healthy = states.filter(isHealthy);
  if (states.length === 0 || healthy.length < states.length || full.length > 0) {
    const sick = states.filter((state) => !healthy.includes(state));
    throw new KitError(
      `environment ${name} is not healthy`,
      states.length === 0
        ? [{ what: "the engine has no container of it" }]
        : [
            ...sick.map(({ name, status, health = "without a health check" }) => ({
              where: name,
              what: `the container is ${status}, ${health}`,
            })),
            ...full.map((disk) => ({ where: disk.container, what: fullness(disk), fix: makeRoom })),
          ],
      { exitCode: ExitCode.deployment, reported: true },
    );
  }
}

const fullness = ({ path, leftMb, ofMb }: FullDisk) =>
  `the disk of ${path} is full, ${leftMb} of ${ofMb} MiB are left`;

const makeRoom = "Make room where the engine keeps volumes (`docker system df`): then all goes on by itself";

function backupLines(record: BackupRecord): string[] {
  const late = overdue(record);
  return [
    ...(record.last ? [`last backup ${record.last.createdAt}  ${record.last.path}`] : []),
    ...(late ? [`backup: ${late.what}; ${late.allowed}. ${late.fix}`] : []),
  ];
}

/** Of a file that may be broken: what runs is shown all the same. */
function platformOf(file: string): PlatformModel | undefined {
  try {
    return loadEnvironment(file, { env: process.env }).platform;
  } catch (error) {
    if (error instanceof KitError) return undefined;
    throw error;
  }
}
