import type { Construct } from "constructs";
import type { Environment } from "../config/environment";
import type { SecretStore } from "../config/secrets";
import { DockerEngine } from "../constructs/engine/docker/docker-engine";
import { LocalBackend, TerraformStack } from "../constructs/terraform";
import type { MailPlatform } from "../platform/mail-platform";
import { environmentPlatform } from "./environment-platform";

export interface PlatformStackProps {
  readonly environment: Environment;
  readonly secrets: Pick<SecretStore, "get">;
  /** Where files with secrets are kept. */
  readonly privateDirectory: string;
  /** Where Terraform keeps its state. */
  readonly stateFile: string;
}

/** An environment as a Terraform stack over the Docker API. */
export class PlatformStack extends TerraformStack {
  readonly platform: MailPlatform;

  constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id);
    const { environment, secrets } = props;
    new LocalBackend(this, { path: props.stateFile });
    const engine = new DockerEngine(this, "docker", {
      name: environment.name,
      privateDirectory: props.privateDirectory,
      fingerprintKey: secrets.get("fingerprint"),
      bindAddress: environment.bind,
      startTimeoutSeconds: environment.startTimeoutSeconds,
    });
    this.platform = environmentPlatform(this, { environment, secrets, engine });
  }
}
