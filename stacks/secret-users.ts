import { isDeepStrictEqual } from "node:util";
import type { Environment } from "../config/environment";
import { standIn } from "../config/secrets";
import { configurationHash } from "../constructs/engine/configuration-hash";
import { Secret } from "../constructs/workload/secret";
import { unrunPlatform } from "./environment-platform";

export interface SecretUsers {
  /** Services whose containers are made anew. */
  readonly services: readonly string[];
  /** Whether the realm gets it through Keycloak's API. */
  readonly realm: boolean;
}

/**
 * Who gets a secret when it changes. It is found out by building the platform with another value, so that it is what `up`
 * does.
 */
export function usersOfSecret(environment: Environment, name: string): SecretUsers {
  const values = new Map<string, string>();
  const build = (changed: boolean) => {
    const secrets = {
      get(secret: string) {
        const other = changed && secret === name;
        const text = `stands for secret ${secret}${other ? " changed" : ""}`;
        const value = values.get(text) ?? standIn(secret, text);
        values.set(text, value);
        return new Secret(secret, value, other ? 2 : 1);
      },
    };
    const { platform, workloads } = unrunPlatform(environment, secrets);
    const key = secrets.get("fingerprint");
    return {
      configurations: workloads.map((workload) => ({
        service: workload.name,
        hash: configurationHash(workload, key),
      })),
      realms: platform.realms.map(({ representation }) => representation?.()),
    };
  };
  const [before, after] = [build(false), build(true)];
  return {
    services: before.configurations
      .filter(({ hash }, index) => hash !== after.configurations[index]?.hash)
      .map(({ service }) => service),
    realm: environment.platform.identity === "provider" && !isDeepStrictEqual(before.realms, after.realms),
  };
}
