import { readFileSync } from "node:fs";
import type { EngineState } from "./engine";
import { stackFile, type TerraformOptions } from "./terraform";

/**
 * A platform whose network the engine has not, though the state may: Terraform makes it anew. It would not notice by
 * itself (see `DockerNetwork`).
 */
export function withLostNetwork(
  platform: TerraformOptions,
  { networks }: Pick<EngineState, "networks">,
): TerraformOptions {
  if (networks.length > 0) return platform;
  const { resource } = JSON.parse(readFileSync(stackFile(platform), "utf8"));
  const replace = Object.keys(resource.terraform_data).map((id) => `terraform_data.${id}`);
  return { ...platform, replace };
}
