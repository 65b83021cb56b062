import type { PlatformModel } from "../../platform/model/platform-model";
import { engineSize } from "../plan/engine-size";
import type { EngineEnvironment } from "./engine-environments";

/**
 * Whether the engine's machine may be too small for one more environment, as a sentence: what containers may use, not what they do.
 *
 * @returns undefined when it is not, or the environment is there already
 */
export async function memoryShortage(
  name: string,
  { services }: Pick<PlatformModel, "services">,
  environments: readonly EngineEnvironment[],
): Promise<string | undefined> {
  if (environments.some((one) => one.name === name && one.state !== "down")) return undefined;
  const needed = Object.values(services)
    .filter(({ managed }) => managed)
    .reduce((total, { resources: { memoryMb = 0 } }) => total + memoryMb, 0);
  const others = environments.reduce((total, { memoryLimitMb }) => total + memoryLimitMb, 0);
  const { memoryMb } = await engineSize(false);
  if (others + needed <= memoryMb) return undefined;
  return `memory of the engine's machine: ${memoryMb} MiB; its environments may use ${others}, and this one ${needed}: \`list\` tells what they do use`;
}
