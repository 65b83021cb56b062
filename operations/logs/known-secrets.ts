import { join } from "node:path";
import type { Environment } from "../../config/environment";
import { SecretStore } from "../../config/secrets";
import { KitError } from "../../kit/errors";
import { readText } from "../../kit/read-text";
import { deployedFolder } from "../deployment/deployed-copy";
import { environmentDirectory, secretsFile } from "../deployment/deployment";

/**
 * Every value that is secret in an environment, as far as the kit is told: what is stored, what variables give, and what its file
 * says. Of one whose file is not valid the last is not known.
 *
 * @param load throws what is wrong with the environment's file
 * @throws KitError where what is stored cannot be read
 */
export function knownSecrets(name: string, load: () => Environment): [string, string][] {
  const { env } = process;
  const environment = unlessInvalid(load);
  // Until the next `up` what runs has those of the last one.
  const deployed = join(deployedFolder(environmentDirectory(name)), "secrets.json");
  const stores = [secretsFile(name), deployed].map((file) => new SecretStore(file, { env }));
  const variables = Object.entries(env).filter(([variable]) => variable.startsWith("KIT_SECRET_"));
  return [
    ...stores.flatMap((store) =>
      store.names().map((secret): [string, string] => [secret, store.stored(secret).reveal()]),
    ),
    ...variables.flatMap(([variable, value = ""]): [string, string][] =>
      variable.endsWith("_FILE") ? contentOf(variable, value) : [[variable, value]],
    ),
    ...Object.entries(environment?.secrets ?? {}).flatMap(([secret, value]): [string, string][] =>
      value === undefined ? [] : [[secret, value]],
    ),
    ...(environment?.certificateFiles ?? []).map(({ key }): [string, string] => [key.name, key.reveal()]),
  ];
}

function contentOf(variable: string, file: string): [string, string][] {
  const content = unlessInvalid(() => readText(file, variable));
  // Without it nobody was given it.
  return content === undefined ? [] : [[variable, content.replace(/\r?\n$/, "")]];
}

function unlessInvalid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KitError) return undefined;
    throw error;
  }
}
