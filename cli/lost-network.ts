import { readFileSync } from "node:fs";
import type { EngineState } from "./engine";
import { stackFile, type TerraformOptions } from "./terraform";

/**
 * A platform whose network the engine has not, though the state may: Terraform makes it anew. It would not notice by
 * itself (see `DockerNetwork`).
 */
export function withLostNetwork(
  platform: TerraformOptions,
  { network }: Pick<EngineState, "network">,
): TerraformOptions {
  if (network) return platform;
  const { resource } = JSON.parse(readFileSync(stackFile(platform), "utf8"));
  const replace = Object.keys(resource.terraform_data).map((id) => `terraform_data.${id}`);
  return { ...platform, replace };
}
