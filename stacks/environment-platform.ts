import { type Construct, RootConstruct } from "constructs";
import type { Environment } from "../config/environment";
import {
  acmeAccountSecret,
  authoritySecret,
  bindSecretName,
  certificateSecrets,
  databaseSecretName,
  realmSecrets,
  type SecretStore,
} from "../config/secrets";
import type { Engine, Workload } from "../constructs/workload/workload";
import { defined } from "../kit/defined";
import { builtImages, type ImageSet, registryImages } from "../platform/image-set";
import { MailPlatform, type ResolvedPlatformProps } from "../platform/mail-platform";

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
  const { ldap } = platform.services;
  const { managed: ownRedis, resources: _, ...redis } = platform.services.redis;
  const { usersDn = "", ...directory } = platform.realms[0].directory;
  const bindPassword = secrets.get(bindSecretName(platform));
  return new MailPlatform(scope, "mail", {
    model: platform,
    engine,
    images: imagesOf(environment),
    secrets: {
      // Made only where the kit's own Keycloak asks for it.
      get keycloakAdmin() {
        return secrets.get("keycloakAdmin");
      },
      ldapAdmin: bindPassword,
      redis: secrets.get("redis"),
      // Asked for, and so made, only where somebody has a database.
      get keycloakDatabase() {
        return secrets.get(databaseSecretName("keycloak"));
      },
      get jamesDatabase() {
        return secrets.get(databaseSecretName("james"));
      },
      gatewayCrypto: secrets.get("gatewayCrypto"),
      gatewayUser: secrets.get("gatewayUser"),
    },
    certificateSecrets: certificateSecretsOf(environment, secrets),
    secretsOf: (realm) => realmSecrets(realm, secrets),
    entries: environment.entries,
    ...(!ldap.managed && { directory: { ...directory, usersDn, bindPassword } }),
    ...(!ownRedis && { redis: { ...redis, password: secrets.get("redis") } }),
  });
}

/** What the certificates of an environment are made of. */
function certificateSecretsOf(
  { platform, certificateFiles: files }: Environment,
  secrets: Pick<SecretStore, "get">,
): ResolvedPlatformProps["certificateSecrets"] {
  const used = new Set(certificateSecrets(platform));
  const given = (name: string) => (used.has(name) ? secrets.get(name) : undefined);
  const variables = platform.tls.acme?.dns?.secrets ?? [];
  return {
    ...defined({ authority: given(authoritySecret), acmeExternalAccount: given(acmeAccountSecret) }),
    acmeDns: Object.fromEntries(
      variables.flatMap((name) => (used.has(name) ? [[name, secrets.get(name)]] : [])),
    ),
    files,
  };
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
