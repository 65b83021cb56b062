import { rmSync } from "node:fs";
import { engineName } from "../../config/environment";
import { forgetUp } from "../current-environment";
import { alone, environmentDirectory } from "../deployment";
import { containers, removeAll } from "../engine";
import type { Output } from "../output";

export interface DownOptions {
  /** Keep volumes, network, secrets and state: the next `up` goes on with them. */
  readonly keepData: boolean;
}

/**
 * Removes an environment by its label, so that it also works with a broken state or environment file.
 * What is not up is no error.
 */
export async function down(file: string, { keepData }: DownOptions, output: Output): Promise<void> {
  const name = engineName(file, { env: process.env });
  const names = await alone(name, async () => {
    const present = (await containers(name)).map((container) => container.name);
    await output.progress.step(`remove environment ${name}`, () => removeAll(name, { keepData }));
    if (!keepData) {
      rmSync(environmentDirectory(name), { recursive: true, force: true });
      forgetUp(file);
    }
    return present;
  });
  output.result(
    { command: "down", environment: name, removed: names, keptData: keepData },
    names.length === 0
      ? `environment ${name} was not up`
      : `removed ${names.join(", ")}${keepData ? "; data is kept" : ""}`,
  );
}
