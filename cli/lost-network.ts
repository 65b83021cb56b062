import type { EngineState } from "./engine";
import { addressOf, stackResources } from "./stack-resources";
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
  const networks = stackResources(stackFile(platform)).filter(({ type }) => type === "terraform_data");
  return { ...platform, replace: networks.map(addressOf) };
}
