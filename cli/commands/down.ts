import { rmSync } from "node:fs";
import { engineName, loadEnvironment } from "../../config/environment";
import { forgetUp } from "../../operations/deployment/current-environment";
import {
  environmentDirectory,
  privateDirectory,
  withEnvironmentLock,
} from "../../operations/deployment/deployment";
import { engineState, removeAll } from "../../operations/engine/engine";
import { refuseOtherFolder } from "../../operations/engine/refuse-other-folder";
import { mailLoss } from "../../operations/losses/mail-loss";
import { mailWord, refuseMail } from "../../operations/losses/refuse-loss";
import type { Output } from "../output/output";

export interface DownOptions {
  /** Keep volumes, network, secrets and state: the next `up` goes on with them. */
  readonly keepData: boolean;
  /** `mail`: James's memory is nothing that can be kept. @default none */
  readonly allowLoss?: readonly string[];
}

/**
 * Removes an environment by its label, so that it also works with a broken state or environment file.
 * What is not up is no error.
 *
 * @throws KitError when it is up from another folder; when data is to be kept and there is mail, which cannot be
 */
export async function down(
  file: string,
  { keepData, allowLoss = [] }: DownOptions,
  output: Output,
): Promise<void> {
  const name = engineName(file, { env: process.env });
  const { names, mail } = await withEnvironmentLock(name, async () => {
    const present = await engineState(name);
    refuseOtherFolder(name, privateDirectory(name), present);
    const mail = await mailLoss(name, present.containers, "would be removed");
    if (keepData && !allowLoss.includes(mailWord) && isProtected(file)) refuseMail(mail);
    await output.progress.step(`remove environment ${name}`, () => removeAll(name, present, { keepData }));
    if (!keepData) {
      rmSync(environmentDirectory(name), { recursive: true, force: true });
      forgetUp(file);
    }
    return { names: present.containers.map((container) => container.name), mail };
  });
  output.result(
    { command: "down", environment: name, removed: names, keptData: keepData, lost: mail.counts },
    names.length === 0
      ? `environment ${name} was not up`
      : [
          `removed ${names.join(", ")}${keepData ? "; volumes, secrets and state are kept" : ""}`,
          ...(mail.counts.length > 0 ? ["and what James had in its memory:", ...mail.counts] : []),
        ].join("\n"),
  );
}

/** What cannot be read is taken for protected. */
function isProtected(file: string): boolean {
  try {
    return loadEnvironment(file, { env: process.env }).deletionProtection;
  } catch {
    return true;
  }
}
