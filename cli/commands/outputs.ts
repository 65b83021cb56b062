import { resolve } from "node:path";
import { loadEnvironment } from "../../config/environment";
import { type Outputs, outputsOf, outputVariables } from "../../config/outputs";
import { KitError } from "../../kit/errors";
import { openDeployment, secretsFile } from "../../operations/deployment/deployment";
import type { Output } from "../output/output";

export interface OutputsOptions {
  /** For `.env` files and shells. */
  readonly dotenv?: boolean;
  /** For the file of `$GITHUB_OUTPUT` or `$GITHUB_ENV`. */
  readonly github?: boolean;
  /** For a report `dotenv` of a job of GitLab. */
  readonly gitlab?: boolean;
  /** Tell the values of secrets, too. @default false */
  readonly secrets?: boolean;
}

/**
 * Tells where an environment is found, and what its secrets are called; without anything running, and without secrets unless
 * asked.
 *
 * @throws KitError when two forms are asked for, or secrets in the file of a pipeline
 */
export function outputs(name: string, options: OutputsOptions, output: Output): void {
  const { dotenv, github, gitlab, secrets } = options;
  const forms = Object.entries({ "--dotenv": dotenv, "--github": github, "--gitlab": gitlab }).flatMap(
    ([option, wanted]) => (wanted ? [option] : []),
  );
  if (forms.length > 1) {
    throw new KitError("one form at a time", [
      { where: forms.join(", "), what: "one excludes the others", fix: "Call `outputs` once for each" },
    ]);
  }
  if (secrets && (github || gitlab)) {
    throw new KitError("no secret goes where a pipeline shows it", [
      {
        where: `--secrets, ${forms[0]}`,
        what: "values of outputs are in logs and in artifacts",
        fix: "Read SECRETS_FILE in the job, or ask `secrets show NAME`",
      },
    ]);
  }
  const environment = loadEnvironment(name, { env: process.env });
  const file = resolve(secretsFile(environment.name));
  const told: Outputs = {
    ...outputsOf(environment, file),
    ...(secrets && { secrets: storedSecrets(name) }),
  };
  output.result(
    { command: "outputs", outputs: told },
    outputVariables(told)
      .map(([variable, value]) => `${variable}=${dotenv ? dotenvValue(value) : value}`)
      .join("\n"),
  );
}

function storedSecrets(name: string): Record<string, string> {
  const { secrets } = openDeployment(name);
  const known = secrets.names().filter((secret) => secret !== "fingerprint");
  return Object.fromEntries(known.map((secret) => [secret, secrets.stored(secret).reveal()]));
}

/** As shells and readers of `.env` files understand alike. */
function dotenvValue(value: string): string {
  return /^[\w@%+:,./-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
