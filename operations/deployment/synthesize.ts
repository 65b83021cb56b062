import { join } from "node:path";
import { App } from "../../constructs/terraform";
import type { Secret } from "../../constructs/workload/secret";
import { requireDiskSpace } from "../../setup/host/disk-space";
import { IdentityStack } from "../../stacks/identity-stack";
import { PlatformStack } from "../../stacks/platform-stack";
import type { Deployment } from "./deployment";

export interface SynthesizeOptions {
  /** @default CDKTF's own, `cdktf.out` */
  readonly outdir?: string;
  /** What the installed Keycloak provider has not. @default nothing */
  readonly lacks?: readonly string[];
  /** Realms that Terraform may remove or replace, though the environment protects them. @default none */
  readonly allowLoss?: readonly string[];
}

export interface Synthesized {
  /** Values of the sensitive variables of stack `identity`, which no file holds, by name. */
  readonly variables: ReadonlyMap<string, Secret>;
  /** The Terraform JSON of each stack, in the order in which they are applied. */
  readonly stackFiles: readonly string[];
}

/** Bytes of the secrets, the files that hold them, the Terraform JSON and the state; measured: 1e6. */
const SPACE = 2e7;

/**
 * Writes the Terraform JSON of an environment: stack `platform`, and where Keycloak's provider makes something stack `identity`.
 *
 * @throws KitError for what cannot be built; and before anything is written, when there is no disk space for it
 */
export function synthesize(
  deployment: Deployment,
  { outdir, lacks, allowLoss }: SynthesizeOptions = {},
): Synthesized {
  const { environment, secrets } = deployment;
  requireDiskSpace(deployment.directory, SPACE, `deploy environment ${environment.name}`);
  const app = new App(outdir === undefined ? {} : { outdir });
  const platform = new PlatformStack(app, "platform", deployment);
  const identity =
    environment.platform.identity === "provider"
      ? new IdentityStack(app, "identity", {
          environment,
          secrets,
          platform,
          stateFile: deployment.identityStateFile,
          ...(lacks && { lacks }),
          ...(allowLoss && { allowLoss }),
        })
      : undefined;
  app.synth();
  return {
    variables: identity?.variables ?? new Map(),
    stackFiles: [platform, ...(identity ? [identity] : [])].map(({ node }) =>
      join(app.outdir, "stacks", node.id, "cdk.tf.json"),
    ),
  };
}

/** Tells a `cdktf` that runs by itself what the installed Keycloak provider has not. */
export const lacksVariable = "KIT_KEYCLOAK_PROVIDER_LACKS";

/** How Terraform is given the values of variables. */
export function variableEnvironment(variables: ReadonlyMap<string, Secret>): Record<string, string> {
  return Object.fromEntries([...variables].map(([name, secret]) => [`TF_VAR_${name}`, secret.reveal()]));
}
