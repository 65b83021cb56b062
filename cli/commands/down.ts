import { rmSync } from "node:fs";
import { engineName } from "../../config/environment";
import { forgetUp } from "../current-environment";
import { alone, environmentDirectory, privateDirectory } from "../deployment";
import { engineState, removeAll } from "../engine";
import type { Output } from "../output";
import { refuseOtherFolder } from "../refuse-other-folder";

export interface DownOptions {
  /** Keep volumes, network, secrets and state: the next `up` goes on with them. */
  readonly keepData: boolean;
}

/**
 * Removes an environment by its label, so that it also works with a broken state or environment file.
 * What is not up is no error.
 *
 * @throws KitError when it is up from another folder
 */
export async function down(file: string, { keepData }: DownOptions, output: Output): Promise<void> {
  const name = engineName(file, { env: process.env });
  const names = await alone(name, async () => {
    const present = await engineState(name);
    refuseOtherFolder(name, privateDirectory(name), present);
    await output.progress.step(`remove environment ${name}`, () => removeAll(name, present, { keepData }));
    if (!keepData) {
      rmSync(environmentDirectory(name), { recursive: true, force: true });
      forgetUp(file);
    }
    return present.containers.map((container) => container.name);
  });
  output.result(
    { command: "down", environment: name, removed: names, keptData: keepData },
    names.length === 0
      ? `environment ${name} was not up`
      : `removed ${names.join(", ")}${keepData ? "; data is kept" : ""}`,
  );
}
