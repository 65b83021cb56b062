import { addressOf, networkNames, stackResources } from "../terraform/stack-resources";
import { stackFile, type TerraformOptions } from "../terraform/terraform";
import type { EngineState } from "./engine";

/**
 * The platform as it is; where the engine lacks one of its networks, with the order to make them anew: Terraform does not
 * notice by itself that one is gone (see `DockerNetworks`).
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
