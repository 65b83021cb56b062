import { type Construct, RootConstruct } from "constructs";
import type { Environment } from "../config/environment";
import { bindSecretName, realmSecrets, type SecretStore } from "../config/secrets";
import type { Engine, Workload } from "../constructs/workload/workload";
import { builtImages, type ImageSet, registryImages } from "../platform/image-set";
import { MailPlatform } from "../platform/mail-platform";

/** The images that an environment runs. */
export function imagesOf({
  images,
  imageReferences,
}: Pick<Environment, "images" | "imageReferences">): ImageSet {
  return images === "built" ? builtImages() : registryImages(imageReferences);
}

export interface EnvironmentPlatformProps {
  readonly environment: Environment;
  readonly secrets: Pick<SecretStore, "get">;
  /** What runs it. */
  readonly engine: Engine;
}

/** The platform of an environment. @throws KitError for what cannot be built */
export function environmentPlatform(
  scope: Construct,
  { environment, secrets, engine }: EnvironmentPlatformProps,
): MailPlatform {
  const { platform } = environment;
  const { ldap, redis } = platform.services;
  const { usersDn = "", ...directory } = platform.realms[0].directory;
  const bindPassword = secrets.get(bindSecretName(platform));
  return new MailPlatform(scope, "mail", {
    model: platform,
    engine,
    images: imagesOf(environment),
    secrets: {
      keycloakAdmin: secrets.get("keycloakAdmin"),
      ldapAdmin: bindPassword,
      redis: secrets.get("redis"),
      gatewayCrypto: secrets.get("gatewayCrypto"),
      gatewayUser: secrets.get("gatewayUser"),
    },
    secretsOf: (realm) => realmSecrets(realm, secrets),
    entries: environment.entries,
    ...(!ldap.managed && { directory: { ...directory, usersDn, bindPassword } }),
    ...(!redis.managed && {
      redis: { host: redis.host, port: redis.port, password: secrets.get("redis") },
    }),
  });
}

/** The platform of an environment and its workloads, with nothing that runs them: nothing is written. */
export function unrunPlatform(
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): { readonly platform: MailPlatform; readonly workloads: readonly Workload[] } {
  const workloads: Workload[] = [];
  const engine: Engine = { add: (workload) => workloads.push(workload) };
  return { platform: environmentPlatform(new RootConstruct(), { environment, secrets, engine }), workloads };
}
