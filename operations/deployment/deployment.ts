import { join } from "node:path";
import { type Environment, loadEnvironment } from "../../config/environment";
import { givenSecrets, SecretStore } from "../../config/secrets";
import { makeFolder, withFiles } from "../../kit/file-system";
import { withLock } from "../../setup/host/lock";
import { home } from "./current-environment";
import { refuseUnfinishedRestore } from "./unfinished-restore";
import { refuseGoingBack } from "./unfinished-upgrade";

/** One environment with the places where the kit keeps what it knows of it, all below `.kit/`, which git ignores. */
export interface Deployment {
  readonly environment: Environment;
  readonly secrets: SecretStore;
  /** `.kit/<name>`, 0700: secrets, state, synthesis output. */
  readonly directory: string;
  /** Files with secrets that containers are given. */
  readonly privateDirectory: string;
  readonly stateFile: string;
  /** State of the stack of Keycloak's provider, which makes realms, or clients in existing ones. */
  readonly identityStateFile: string;
}

/**
 * Runs what changes or uses an environment, while no other command of the kit does: it would take what the other one is just
 * making for the remains of a killed run.
 *
 * @throws KitError (`ExitCode.busy`)
 */
export async function withEnvironmentLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  withFiles(() => makeFolder(home()));
  return withLock(join(home(), `${name}.lock`), work, { wait: false });
}

/**
 * Opens an environment while no other command changes it, or what the kit knows of it.
 *
 * @throws KitError for everything wrong in the environment file; when another command is at work (`ExitCode.busy`); when a restore
 * was not finished, or an upgrade was going back
 */
export async function withDeployment<T>(
  name: string,
  work: (deployment: Deployment) => Promise<T>,
): Promise<T> {
  const { name: engineName } = loadEnvironment(name, { env: process.env });
  return withEnvironmentLock(engineName, () => {
    const directory = environmentDirectory(engineName);
    refuseUnfinishedRestore(engineName, directory);
    refuseGoingBack(engineName, directory);
    return work(openDeployment(name));
  });
}

/** Where the kit keeps what it knows of an environment. */
export function environmentDirectory(name: string): string {
  return join(home(), name);
}

/** Where files with secrets are kept that the containers of an environment are given. */
export function privateDirectory(name: string): string {
  return join(environmentDirectory(name), "files");
}

/** Where its secrets are kept, by name, as JSON. */
export function secretsFile(name: string): string {
  return join(environmentDirectory(name), "secrets.json");
}

/** Where the provider of Keycloak keeps the state of an environment. */
export function identityStateFile(name: string): string {
  return join(environmentDirectory(name), "identity.tfstate");
}

/** @throws KitError for everything wrong in the environment file */
export function openDeployment(name: string): Deployment {
  const environment = loadEnvironment(name, { env: process.env });
  const directory = environmentDirectory(environment.name);
  withFiles(() => makeFolder(directory, 0o700));
  return {
    environment,
    secrets: new SecretStore(secretsFile(environment.name), {
      fixed: environment.secrets,
      env: process.env,
      others: givenSecrets(environment.platform),
    }),
    directory,
    privateDirectory: privateDirectory(environment.name),
    stateFile: join(directory, "terraform.tfstate"),
    identityStateFile: identityStateFile(environment.name),
  };
}
