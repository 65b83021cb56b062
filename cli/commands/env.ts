import { prepareTerraform } from "../../setup/machine";
import { createProgress } from "../../setup/progress";
import type { Output } from "../output";

/** Prints what `cdktf` must be called with on this machine, as shell commands: `eval "$(scripts/kit env)"`. */
export async function env(name: string, { result }: Output): Promise<void> {
  // Standard output is for the shell that reads it.
  const { env } = await prepareTerraform(createProgress({ stream: process.stderr }));
  const variables = { KIT_ENV: name, ...env };
  result(
    { command: "env", variables },
    Object.entries(variables)
      .map(([variable, value]) => `export ${variable}='${value.replaceAll("'", "'\\''")}'`)
      .join("\n"),
  );
}
