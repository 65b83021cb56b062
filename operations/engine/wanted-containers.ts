import { configurationLabel } from "../../constructs/engine/labels";
import { addressOf, stackResources } from "../terraform/stack-resources";

/** A container as a stack wants it. */
export interface WantedContainer {
  /** How Terraform calls it. */
  readonly address: string;
  readonly name: string;
  /** Hash of all that it is given. */
  readonly configuration?: string;
  /** Names by which it is to be known on each of its networks. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
}

type Values = {
  name: string;
  labels?: { label: string; value: string }[];
  networks_advanced?: { name: string; aliases?: string[] }[];
};

/** @param stackFile the platform's */
export function wantedContainers(stackFile: string): WantedContainer[] {
  return stackResources(stackFile)
    .filter(({ type }) => type === "docker_container")
    .map((resource) => {
      const { name, labels = [], networks_advanced = [] } = resource.values as Values;
      const configuration = labels.find(({ label }) => label === configurationLabel)?.value;
      return {
        address: addressOf(resource),
        name,
        ...(configuration !== undefined && { configuration }),
        networks: Object.fromEntries(
          networks_advanced.map(({ name: network, aliases = [] }) => [network, aliases]),
        ),
      };
    });
}
