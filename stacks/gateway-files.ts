import type { Environment } from "../config/environment";
import { snakeCase } from "../config/overrides";
import { standIn } from "../config/secrets";
import { ApisixGateway } from "../constructs/apisix/apisix-gateway";
import type { ConfigFile } from "../constructs/workload/config-file";
import { Secret } from "../constructs/workload/secret";
import { unrunPlatform } from "./environment-platform";

/**
 * The files of an environment's gateway, without a secret in them and without anything running. What stands for a
 * secret: `${{KIT_SECRET_<NAME>}}` in APISIX's files, which it replaces from its environment itself; `@KIT_SECRET_<NAME>@`
 * in httpd's.
 */
export function gatewayFiles(environment: Environment): readonly ConfigFile[] {
  const secrets = { get: (name: string) => new Secret(name, standIn(name, `@${variable(name)}@`)) };
  const { gateway } = unrunPlatform(environment, secrets).platform;
  return gateway instanceof ApisixGateway
    ? gateway.files(({ name }) => `\${{${variable(name)}}}`)
    : gateway.files();
}

function variable(secret: string): string {
  return `KIT_SECRET_${snakeCase(secret)}`;
}
