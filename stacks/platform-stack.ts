import type { Construct } from "constructs";
import type { Environment } from "../config/environment";
import { realmSecrets, type SecretStore } from "../config/secrets";
import { DockerEngine } from "../constructs/engine/docker/docker-engine";
import { LocalBackend, TerraformStack } from "../constructs/terraform";
import type { Engine } from "../constructs/workload/workload";
import { builtImages, type ImageSet, registryImages } from "../platform/image-set";
import { MailPlatform } from "../platform/mail-platform";

export interface PlatformStackProps {
  readonly environment: Environment;
  readonly secrets: Pick<SecretStore, "get">;
  /** Where files with secrets are kept. */
  readonly privateDirectory: string;
  /** Where Terraform keeps its state. */
  readonly stateFile: string;
  /** What runs the platform, in this stack's scope. @default a DockerEngine */
  readonly engine?: (stack: PlatformStack) => Engine;
}

/** The images that an environment runs. */
export function imagesOf({
  images,
  imageReferences,
}: Pick<Environment, "images" | "imageReferences">): ImageSet {
  return images === "built" ? builtImages() : registryImages(imageReferences);
}

/** An environment as a Terraform stack over the Docker API. */
export class PlatformStack extends TerraformStack {
  readonly platform: MailPlatform;

  constructor(scope: Construct, id: string, props: PlatformStackProps) {
    super(scope, id);
    const { environment, secrets } = props;
    new LocalBackend(this, { path: props.stateFile });
    const engine =
      props.engine?.(this) ??
      new DockerEngine(this, "docker", {
        name: environment.name,
        privateDirectory: props.privateDirectory,
        fingerprintKey: secrets.get("fingerprint"),
        bindAddress: environment.bind,
        startTimeoutSeconds: environment.startTimeoutSeconds,
      });
    this.platform = new MailPlatform(this, "mail", {
      model: environment.platform,
      engine,
      images: imagesOf(environment),
      secrets: {
        keycloakAdmin: secrets.get("keycloakAdmin"),
        ldapAdmin: secrets.get("ldapAdmin"),
        redis: secrets.get("redis"),
        gatewayCrypto: secrets.get("gatewayCrypto"),
        gatewayUser: secrets.get("gatewayUser"),
      },
      secretsOf: (realm) => realmSecrets(realm, secrets),
      entries: environment.entries,
    });
  }
}
