import type { Construct } from "constructs";
import type { Environment } from "../config/environment";
import type { SecretStore } from "../config/secrets";
import { DockerEngine } from "../constructs/engine/docker/docker-engine";
import { derived, holdsLabel } from "../constructs/engine/labels";
import { LocalBackend, TerraformStack } from "../constructs/terraform";
import { stateResources } from "../constructs/terraform/terraform-state";
import type { MailPlatform } from "../platform/mail-platform";
import { isDurable } from "../platform/model/resolve-storage";
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
      keepsData: isDurable(environment.platform),
    });
    this.platform = environmentPlatform(this, { environment, secrets, engine });
    const left = engine.keepsData ? dataLeft(props.stateFile, engine) : [];
    if (left.length > 0) {
      this.addOverride(
        "removed",
        left.map((from) => ({ from, lifecycle: { destroy: false } })),
      );
    }
  }
}

/** Addresses of volumes with data that no service has any more: Terraform, from 1.7 on, forgets them, and they stay. */
function dataLeft(stateFile: string, engine: DockerEngine): string[] {
  const wanted = engine.volumes().map(({ friendlyUniqueId }) => friendlyUniqueId);
  return stateResources(stateFile)
    .filter(
      ({ type, mode, name }) => type === "docker_volume" && mode === "managed" && !wanted.includes(name),
    )
    .filter(({ instances }) => instances.some(({ attributes }) => !isDerived(attributes.labels)))
    .map(({ type, name }) => `${type}.${name}`);
}

const isDerived = (labels: unknown) =>
  Array.isArray(labels) && labels.some(({ label, value }) => label === holdsLabel && value === derived);
