import { App } from "../constructs/terraform";
import { PlatformStack } from "../stacks/platform-stack";
import type { Deployment } from "./deployment";

/**
 * Writes the Terraform JSON of an environment.
 *
 * @param outdir @default CDKTF's own, `cdktf.out`
 */
export function synthesize(deployment: Deployment, outdir?: string): void {
  const app = new App(outdir === undefined ? {} : { outdir });
  new PlatformStack(app, "platform", deployment);
  app.synth();
}
