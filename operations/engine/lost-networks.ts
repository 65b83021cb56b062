import { addressOf, networkNames, stackResources } from "../terraform/stack-resources";
import { stackFile, type TerraformOptions } from "../terraform/terraform";
import type { EngineState } from "./engine";

/**
 * A platform of whose networks the engine lacks one, though the state may have it: Terraform makes what is not there. It
 * would not notice by itself (see `DockerNetworks`).
 */
export function withLostNetworks(
  platform: TerraformOptions,
  { ownNetworks }: Pick<EngineState, "ownNetworks">,
): TerraformOptions {
  const resources = stackResources(stackFile(platform));
  const present = new Set(ownNetworks.map(({ name }) => name));
  if (networkNames(resources).every((name) => present.has(name))) return platform;
  return { ...platform, replace: resources.filter(({ type }) => type === "terraform_data").map(addressOf) };
}
