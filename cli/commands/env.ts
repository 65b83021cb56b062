import { join } from "node:path";
import { currentCopy } from "../../operations/deployment/current-environment";
import { withDeployment } from "../../operations/deployment/deployment";
import { lacksVariable, synthesize, variableEnvironment } from "../../operations/deployment/synthesize";
import { prepareTerraform } from "../../setup/machine";
import type { Output } from "../output/output";

/**
 * Prints what `cdktf` must be called with on this machine, as shell commands: `eval "$(scripts/kit env)"`. With
 * `identity: provider` the realm's secrets are among it.
 */
export async function env(name: string, { progress, result }: Output): Promise<void> {
  const variables: Record<string, string | undefined> = await withDeployment(name, async (deployment) => {
    const needsKeycloak = deployment.environment.platform.identity === "provider";
    const { env, keycloakProvider } = await prepareTerraform(progress, { keycloakProvider: needsKeycloak });
    const { lacks = [] } = keycloakProvider ?? {};
    const outdir = join(deployment.directory, "cdktf.out");
    return {
      KIT_ENV: name,
      ...(currentCopy() && { KIT_NAME: deployment.environment.name }),
      ...env,
      ...(needsKeycloak && { [lacksVariable]: lacks.join(",") }),
      ...variableEnvironment(synthesize(deployment, { outdir, lacks }).variables),
    };
  });
  const unset = Object.keys(variables).filter((variable) => variables[variable] === undefined);
  result(
    { command: "env", variables, unset },
    Object.entries(variables)
      .map(([variable, value]) =>
        value === undefined ? `unset ${variable}` : `export ${variable}='${value.replaceAll("'", "'\\''")}'`,
      )
      .join("\n"),
  );
}
