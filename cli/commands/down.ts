import { rmSync } from "node:fs";
import { engineName, loadEnvironment } from "../../config/environment";
import { KitError } from "../../kit/errors";
import { forgetUp } from "../../operations/deployment/current-environment";
import {
  environmentDirectory,
  identityStateFile,
  openDeployment,
  privateDirectory,
  withEnvironmentLock,
} from "../../operations/deployment/deployment";
import { keepsData } from "../../operations/deployment/kept-data";
import { type EngineState, engineState, removeAll } from "../../operations/engine/engine";
import { refuseOtherFolder } from "../../operations/engine/refuse-other-folder";
import { removeClients } from "../../operations/keycloak/remove-clients";
import {
  countedData,
  type LastingData,
  lastingData,
  lastingDataLine,
} from "../../operations/losses/lasting-data";
import { mailLoss } from "../../operations/losses/mail-loss";
import { mailWord, refuseMail } from "../../operations/losses/refuse-loss";
import { consentToDeletion } from "../output/consent";
import { kitCommand } from "../output/kit-command";
import type { Output } from "../output/output";

export interface DownOptions {
  /** Keep volumes, network, secrets and state, of an environment in memory too: the next `up` goes on with them. */
  readonly keepData: boolean;
  /**
   * Remove what people have in a durable environment, too: its name, or true, and then it is asked for.
   *
   * @default that is kept
   */
  readonly deleteData?: string | true;
  /** `mail`: James's memory is nothing that can be kept. @default none */
  readonly allowLoss?: readonly string[];
  /** For programs: nobody is asked anything. @default false */
  readonly json?: boolean;
}

/**
 * Removes an environment by its label, so that it also works with a broken state or environment file. Of a durable one what
 * people have stays, with the secrets and the state that belong to it. What is not up is no error.
 *
 * @throws KitError when it is up from another folder; when data is to be kept and there is mail, which cannot be; when data is to
 * be removed and nobody has said so
 */
export async function down(file: string, options: DownOptions, output: Output): Promise<void> {
  const { keepData, deleteData, allowLoss = [] } = options;
  const name = engineName(file, { env: process.env });
  const { names, mail, clients, kept } = await withEnvironmentLock(name, async () => {
    const present = await engineState(name);
    refuseOtherFolder(name, privateDirectory(name), present);
    const keeps = keepData || (deleteData === undefined && keepsData(file, name));
    if (deleteData !== undefined) await mayDelete(file, name, present, options);
    const mail = await mailLoss(name, present.containers, "would be removed", keeps);
    if (keeps && !allowLoss.includes(mailWord) && isProtected(file))
      refuseMail(mail, keepData ? "down --keep-data" : "down");
    const kept = keeps ? await lastingData(present) : [];
    const clients = keeps
      ? undefined
      : await removeClients({ identityStateFile: identityStateFile(name) }, () => openDeployment(file));
    await output.progress.step(`remove environment ${name}`, () =>
      removeAll(name, present, keepData ? "all" : kept.map(({ volume }) => volume)),
    );
    if (!keeps) {
      forgetUp(file);
      rmSync(environmentDirectory(name), { recursive: true, force: true });
    }
    return {
      names: present.containers.map((container) => container.name),
      mail,
      clients,
      kept: keeps && kept,
    };
  });
  output.result(
    {
      ...{ command: "down", environment: name, removed: names, keptData: kept !== false, lost: mail.counts },
      ...(kept && { kept }),
      ...(clients && { clients }),
    },
    [
      names.length === 0 ? `environment ${name} was not up` : `removed ${names.join(", ")}`,
      ...(mail.counts.length > 0 ? ["and what people had in James:", ...mail.counts] : []),
      ...(kept ? keptLines(file, name, kept) : []),
      ...(clients?.removed ?? []).map((client) => `removed ${client}`),
      ...(clients?.reason === undefined ? [] : [`left behind, since ${clients.reason}:`, ...clients.left]),
    ].join("\n"),
  );
}

/** @throws KitError unless somebody has said that what people have may go */
async function mayDelete(
  file: string,
  name: string,
  present: EngineState,
  { keepData, deleteData, json = false }: DownOptions,
): Promise<void> {
  if (keepData) {
    throw new KitError("data is to be kept and to be removed", [
      { where: "--keep-data, --delete-data", what: "one excludes the other" },
    ]);
  }
  const said = deleteData === true ? undefined : deleteData;
  // In memory, or of an environment that protects nothing, is nothing that somebody would miss; a wrong name is one all the same.
  if (said === undefined && !(keepsData(file, name) && isProtected(file))) return;
  const lines = await countedData(name, present, () => openDeployment(file));
  const interactive = !json && process.stdin.isTTY === true;
  const command = kitCommand(file, "down --delete-data");
  await consentToDeletion({ environment: name, lines, command, interactive }, said);
}

function keptLines(file: string, name: string, kept: readonly LastingData[]): string[] {
  return [
    "kept, for the next up:",
    ...kept.map((one) => `  ${lastingDataLine(one)}`),
    `  secrets and state (${environmentDirectory(name)})`,
    `to remove that too, for good: ${kitCommand(file, `down --delete-data ${name}`)}`,
  ];
}

/** What cannot be read is taken for protected. */
function isProtected(file: string): boolean {
  try {
    return loadEnvironment(file, { env: process.env }).deletionProtection;
  } catch {
    return true;
  }
}
