import { join } from "node:path";
import { prepareTerraform } from "../../setup/machine";
import { createProgress } from "../../setup/progress";
import { openDeployment } from "../deployment";
import type { Output } from "../output";
import { lacksVariable, synthesize, variableEnvironment } from "../synthesize";

/**
 * Prints what `cdktf` must be called with on this machine, as shell commands: `eval "$(scripts/kit env)"`. With
 * `identity: provider` the realm's secrets are among it.
 */
export async function env(name: string, { result }: Output): Promise<void> {
  // Standard output is for the shell that reads it.
  const progress = createProgress({ stream: process.stderr });
  const deployment = openDeployment(name);
  const needsKeycloak = deployment.environment.identity === "provider";
  const { env, keycloakProvider } = await prepareTerraform(progress, { keycloakProvider: needsKeycloak });
  const { lacks = [] } = keycloakProvider ?? {};
  const variables = {
    KIT_ENV: name,
    ...env,
    ...(needsKeycloak && { [lacksVariable]: lacks.join(",") }),
    ...variableEnvironment(
      synthesize(deployment, { outdir: join(deployment.directory, "cdktf.out"), lacks }).variables,
    ),
  };
  result(
    { command: "env", variables },
    Object.entries(variables)
      .map(([variable, value]) => `export ${variable}='${value.replaceAll("'", "'\\''")}'`)
      .join("\n"),
  );
}
