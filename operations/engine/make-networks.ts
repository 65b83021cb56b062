import { ExitCode, KitError } from "../../kit/errors";
import { RunError } from "../../kit/run";
import { addressOf, networkNames, stackResources } from "../terraform/stack-resources";
import { runPrograms, stackFile, type TerraformOptions } from "../terraform/terraform";
import { type EngineState, removeNetworks } from "./engine";

/** What engines say that have no addresses left for a network. */
const isFull = /non-overlapping IPv4 address pool|address pools have been fully subnetted/;

/**
 * Makes the networks of a platform that the engine lacks, before anything else is changed: it has room for some thirty, and
 * Terraform, which takes what is there, would find out half-way. All of them or none.
 *
 * @throws KitError when the engine does not make them
 */
export async function makeNetworks(
  environment: string,
  platform: TerraformOptions,
  { networks, ownNetworks }: Pick<EngineState, "networks" | "ownNetworks">,
): Promise<void> {
  const resources = stackResources(stackFile(platform));
  const missing = networkNames(resources).filter((name) => !ownNetworks.some((own) => own.name === name));
  if (missing.length === 0) return;
  try {
    for (const one of resources.filter(({ type }) => type === "terraform_data")) {
      await runPrograms(platform, addressOf(one));
    }
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    await removeNetworks(environment, missing);
    const present = networks.filter((name) => !["host", "none"].includes(name));
    const full = isFull.test(error.tail.join("\n"));
    throw new KitError(
      full
        ? "the Docker engine has no room for more networks"
        : "the Docker engine does not make the networks",
      [
        {
          where: `environment ${environment}`,
          what: `it needs ${missing.length} more, and the engine has ${present.length}; it says`,
          ...(full && {
            fix: "Remove those that nobody uses (docker network prune), or give the engine more by default-address-pools in its daemon.json",
          }),
          lines: [...new Set(error.tail)],
        },
      ],
      { exitCode: ExitCode.machine, cause: error },
    );
  }
}
