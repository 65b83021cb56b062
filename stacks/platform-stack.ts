import type { Construct } from "constructs";
import type { Environment } from "../config/environment";
import { type EnvironmentRealm, realmsOf } from "../config/realms";
import { clientSecretName, type SecretStore } from "../config/secrets";
import { DockerEngine } from "../constructs/engine/docker/docker-engine";
import type { MailClient } from "../constructs/keycloak/mail-realm";
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

/** What a realm's people, clients and secrets are to a platform. */
function realmProps(
  { name, template, clients, people, secretPrefix }: EnvironmentRealm,
  secrets: Pick<SecretStore, "get">,
) {
  const { requirePkce, ...oidc } = clients.oidc;
  return {
    realmTemplate: template,
    realmName: name,
    people: people.map(({ mail, firstName, lastName }) => ({
      mail,
      password: secrets.get(mail),
      ...(firstName !== undefined && { firstName }),
      ...(lastName !== undefined && { lastName }),
    })),
    oidcClient: { ...oidc, ...(requirePkce !== undefined && { requirePkce }) },
    thunderbirdClient: clients.thunderbird,
    otherClients: clients.others.map(
      ({ name, kind, redirectUris, webOrigins, directAccessGrants, description }): MailClient => ({
        ...{ name, kind, redirectUris, directAccessGrants },
        ...(webOrigins && { webOrigins }),
        ...(description !== undefined && { description }),
        ...(kind === "confidential" && { secret: secrets.get(clientSecretName(name, secretPrefix)) }),
      }),
    ),
    secrets: {
      jamesClient: secrets.get(`${secretPrefix}jamesClient`),
      thunderbirdClient: secrets.get(`${secretPrefix}thunderbirdClient`),
    },
  };
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
    const [first, ...further] = realmsOf(environment);
    const own = realmProps(first, secrets);
    this.platform = new MailPlatform(this, "mail", {
      ...own,
      engine,
      images: imagesOf(environment),
      domain: environment.domain,
      secrets: {
        ...own.secrets,
        keycloakAdmin: secrets.get("keycloakAdmin"),
        ldapAdmin: secrets.get("ldapAdmin"),
        redis: secrets.get("redis"),
        gatewayCrypto: secrets.get("gatewayCrypto"),
        gatewayUser: secrets.get("gatewayUser"),
      },
      entries: environment.entries,
      realms: further.map((realm) => ({
        ...realmProps(realm, secrets),
        domain: realm.domain,
        hosts: realm.hosts,
        ports: realm.ports,
      })),
      importRealm: environment.identity === "import",
      directGrants: environment.directGrants,
      gateway: environment.gateway,
      revocation: environment.revocation,
      introspectionIntervalSeconds: environment.introspection.intervalSeconds,
      passwords: environment.passwords,
      limits: environment.limits,
      hosts: environment.hosts,
      ports: environment.ports,
      resources: environment.resources,
    });
  }
}
