import type { Secret } from "../constructs/container/secret";
import { App } from "../constructs/terraform";
import { IdentityStack } from "../stacks/identity-stack";
import { PlatformStack } from "../stacks/platform-stack";
import type { Deployment } from "./deployment";

export interface SynthesizeOptions {
  /** @default CDKTF's own, `cdktf.out` */
  readonly outdir?: string;
  /** What the installed Keycloak provider has not. @default nothing */
  readonly lacks?: readonly string[];
}

/**
 * Writes the Terraform JSON of an environment: stack `platform`, and with `identity: provider` stack `identity`.
 *
 * @returns values of the sensitive variables of stack `identity`, which no file holds, by name
 */
export function synthesize(
  deployment: Deployment,
  { outdir, lacks }: SynthesizeOptions = {},
): ReadonlyMap<string, Secret> {
  const app = new App(outdir === undefined ? {} : { outdir });
  const platform = new PlatformStack(app, "platform", deployment);
  const identity =
    deployment.environment.identity === "provider"
      ? new IdentityStack(app, "identity", {
          environment: deployment.environment,
          secrets: deployment.secrets,
          platform,
          stateFile: deployment.identityStateFile,
          ...(lacks && { lacks }),
        })
      : undefined;
  app.synth();
  return identity?.variables ?? new Map();
}

/** Tells a `cdktf` that runs by itself what the installed Keycloak provider has not. */
export const lacksVariable = "KIT_KEYCLOAK_PROVIDER_LACKS";

/** How Terraform is given the values of variables. */
export function variableEnvironment(variables: ReadonlyMap<string, Secret>): Record<string, string> {
  return Object.fromEntries([...variables].map(([name, secret]) => [`TF_VAR_${name}`, secret.reveal()]));
}
