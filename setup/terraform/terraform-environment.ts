import { KitError } from "../../kit/errors";

/**
 * Variables that users set for every Terraform, and that change neither what it does nor where it keeps it: logs, where
 * providers come from, credentials of registries.
 */
const usersVariables =
  /^TF_(LOG|LOG_.+|CLI_CONFIG_FILE|TOKEN_.+|PLUGIN_CACHE_.+|REGISTRY_.+|PROVIDER_DOWNLOAD_.+|APPEND_USER_AGENT)$/;

const foreignVariables = (env: NodeJS.ProcessEnv) =>
  Object.keys(env).filter((name) => /^TF_/.test(name) && !usersVariables.test(name));

/**
 * To be added to the environment of the kit's Terraform: what a shell says of the user's own work, as TF_WORKSPACE,
 * TF_DATA_DIR, TF_CLI_ARGS and TF_VAR_…, would give it another state, other folders, other arguments.
 *
 * @param env the one that it would inherit. @default the kit's own
 */
export function terraformEnvironment(env = process.env): Record<string, string | undefined> {
  return {
    // Neither a look-up of newer releases nor a report to their makers.
    CHECKPOINT_DISABLE: "1",
    ...Object.fromEntries(foreignVariables(env).map((name) => [name, undefined])),
  };
}

/**
 * For a Terraform that the kit does not start itself.
 *
 * @throws KitError when it would work on another state than the kit's
 */
export function refuseOtherState(env: NodeJS.ProcessEnv): void {
  const set = foreignVariables(env).filter(
    (name) => /^TF_(WORKSPACE|DATA_DIR|CLI_ARGS.*)$/.test(name) && env[name],
  );
  if (set.length === 0) return;
  throw new KitError(
    "Terraform would not work on the environment's own state",
    set.map((name) => ({
      where: name,
      what: "it is set for other work",
      got: env[name],
      fix: 'Unset it: eval "$(scripts/kit env)" does',
    })),
  );
}
