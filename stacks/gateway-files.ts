import type { Environment } from "../config/environment";
import { snakeCase } from "../config/overrides";
import { ApisixGateway } from "../constructs/apisix/apisix-gateway";
import type { ConfigFile } from "../constructs/container/config-file";
import { Secret } from "../constructs/container/secret";
import { App } from "../constructs/terraform";
import { PlatformStack } from "./platform-stack";

/**
 * The files of an environment's gateway, without a secret in them and without anything running. What stands for a
 * secret: `${{KIT_SECRET_<NAME>}}` in APISIX's files, which it replaces from its environment itself; `@KIT_SECRET_<NAME>@`
 * in httpd's.
 */
export function gatewayFiles(environment: Environment): readonly ConfigFile[] {
  const secrets = { get: (name: string) => new Secret(name, `@${variable(name)}@`) };
  const { platform } = new PlatformStack(new App({ skipValidation: true }), "platform", {
    environment,
    secrets,
    // Written to at synthesis only, which there is none of.
    privateDirectory: "files",
    stateFile: "terraform.tfstate",
  });
  const { gateway } = platform;
  return gateway instanceof ApisixGateway
    ? gateway.files(({ name }) => `\${{${variable(name)}}}`)
    : gateway.files();
}

function variable(secret: string): string {
  return `KIT_SECRET_${snakeCase(secret)}`;
}
