import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ExitCode, KitError } from "../../kit/errors";
import { makeFolder, withFiles } from "../../kit/file-system";
import { packageRoot } from "../../kit/package-root";
import { RunError, run } from "../../kit/run";
import { encrypterFor } from "../../operations/backup/archive/write-archive";
import { refuseWhatCannotBe } from "../../operations/backup/create-backup";
import { remember } from "../../operations/backup/schedule/backup-record";
import {
  systemdUnits,
  type UnitFile,
  unitName,
  variablesFile,
} from "../../operations/backup/schedule/systemd-units";
import { openStore } from "../../operations/backup/store/open-store";
import { home } from "../../operations/deployment/current-environment";
import { type Deployment, openDeployment, withDeployment } from "../../operations/deployment/deployment";
import { findOnPath } from "../../setup/host/find-on-path";
import type { Output } from "../output/output";
import type { BackupCreateOptions } from "./backup";

export interface BackupScheduleOptions extends BackupCreateOptions {
  /** `03:00`, of the machine. */
  readonly daily?: string;
  /** How many of the newest are kept. @default all */
  readonly keep?: number;
  /** Whether systemd is given it, too. @default false */
  readonly install?: boolean;
  /** Whether systemd has it no longer. @default false */
  readonly remove?: boolean;
}

const unitsFolder = "/etc/systemd/system";

/**
 * Prints the units by which systemd makes a backup each day, and removes old ones; or installs or removes them.
 *
 * @throws KitError where no backup could be made, or systemd does not run
 */
export async function backupSchedule(
  name: string,
  options: BackupScheduleOptions,
  output: Output,
): Promise<void> {
  const { daily, install = false, remove = false } = options;
  if (remove) return removeUnits(name, output);
  if (daily === undefined) {
    throw new KitError("nobody has said when", [
      { where: "backup schedule", what: "--daily is not given", allowed: "--daily 03:00" },
    ]);
  }
  await withDeployment(name, async (deployment) => {
    const { environment, directory } = deployment;
    const { folder = environment.backup.folder } = options;
    refuseWhatCannotBe(deployment);
    await encrypterFor(options.recipient ?? environment.backup.recipients);
    await openStore(folder, () => environment.backup.s3);
    const isFolder = !folder.startsWith("s3://");
    const files = unitsOf(name, deployment, daily, options, isFolder ? [resolve(folder)] : []);
    const unit = unitName(environment.name);
    if (install) {
      if (isFolder) withFiles(() => makeFolder(folder, 0o700));
      await installUnits(unit, files);
      remember(directory, { schedule: { daily, unit, since: new Date().toISOString() } });
    }
    const variables = variablesFile(environment.name);
    output.result(
      { command: "backup schedule", environment: environment.name, installed: install, files, variables },
      install
        ? [
            `${unit}.timer makes a backup each day at ${daily}`,
            `now: systemctl start ${unit}; how it went: journalctl --unit ${unit}`,
            ...(isFolder ? [] : [`the AWS_… variables that it needs: ${variables}, 0600`]),
          ].join("\n")
        : files.map(({ name, content }) => `# ${join(unitsFolder, name)}\n${content}`).join("\n"),
    );
  });
}

function unitsOf(
  name: string,
  { environment, directory }: Deployment,
  daily: string,
  { folder, recipient = [], keep }: BackupScheduleOptions,
  folders: readonly string[],
): UnitFile[] {
  const kit = [process.execPath, join(packageRoot, "dist/cli/main.js"), "--env", name, "backup"];
  const where = folder === undefined ? [] : ["--folder", folder];
  const docker = findOnPath("docker");
  const standard = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return systemdUnits({
    ...{ environment: environment.name, daily, directory: process.cwd() },
    commands: [
      [...kit, "create", ...where, ...recipient.flatMap((one) => ["--recipient", one])],
      ...(keep === undefined ? [] : [[...kit, "prune", ...where, "--keep", String(keep)]]),
    ],
    writes: [home(), ...folders],
    path: [...new Set([dirname(process.execPath), ...(docker ? [dirname(docker)] : []), ...standard])],
    user: ownerOf(directory),
  });
}

/** By number, which systemd takes, too; undefined: root. */
function ownerOf(directory: string): string | undefined {
  const { uid } = statSync(directory);
  return uid === 0 ? undefined : String(uid);
}

async function installUnits(unit: string, files: readonly UnitFile[]): Promise<void> {
  refuseWithoutSystemd();
  withFiles(() => {
    for (const { name, content } of files) writeFileSync(join(unitsFolder, name), content, { mode: 0o644 });
  });
  await systemctl("daemon-reload");
  await systemctl("enable", "--now", `${unit}.timer`);
}

async function removeUnits(name: string, output: Output): Promise<void> {
  const { environment, directory } = openDeployment(name);
  const unit = unitName(environment.name);
  const files = [`${unit}.service`, `${unit}.timer`]
    .map((file) => join(unitsFolder, file))
    .filter(existsSync);
  if (files.length > 0) {
    refuseWithoutSystemd();
    await systemctl("disable", "--now", `${unit}.timer`);
    withFiles(() => {
      for (const file of files) rmSync(file);
    });
    await systemctl("daemon-reload");
  }
  remember(directory, { schedule: undefined });
  output.result(
    { command: "backup schedule", environment: environment.name, installed: false, removed: files },
    files.length > 0 ? files.map((file) => `removed ${file}`).join("\n") : "no backup is scheduled",
  );
}

/** @see https://www.freedesktop.org/software/systemd/man/latest/sd_booted.html */
function refuseWithoutSystemd(): void {
  if (existsSync("/run/systemd/system")) return;
  throw new KitError(
    "systemd does not run on this machine",
    [
      {
        where: "backup schedule",
        what: "nobody would start what is installed",
        fix: "Without --install the units are printed, for another machine; cron may call `backup create`",
      },
    ],
    { exitCode: ExitCode.machine },
  );
}

async function systemctl(...args: readonly string[]): Promise<void> {
  try {
    await run("systemctl", args);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KitError(
      "systemd does not take it",
      [{ where: error.command, what: error.reason, lines: error.tail }],
      { exitCode: ExitCode.machine, cause: error },
    );
  }
}
