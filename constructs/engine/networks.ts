import { KitError } from "../../kit/errors";
import type { Workload } from "../workload/workload";

/** A network that a workload is on, and what it is called there. */
export interface NetworkMembership {
  readonly name: string;
  readonly aliases: readonly string[];
}

/**
 * Which networks an environment has: each workload has one of its own, and those that connect to it are on it too, so that
 * nobody else can (docs/decisions/0014-a-network-for-each-service.md). One of a workload that publishes no port and connects
 * to nothing outside leads nowhere else; its name ends in `.internal`, so that a container which is on another kind of
 * network is made anew.
 */
export class Networks {
  readonly #workloads: Workload[] = [];

  /** @throws KitError for a name that is taken */
  add(workload: Workload): void {
    const owner = this.#workloads.find(({ name }) => name === workload.name);
    if (owner) {
      const { path } = workload.node;
      throw new KitError(`${path} cannot run`, [
        {
          where: path,
          what: `its engine has a workload of this name, ${owner.node.path}`,
          got: workload.name,
          fix: "Name it otherwise; a second platform needs an engine and a stack of its own",
        },
      ]);
    }
    this.#workloads.push(workload);
  }

  /** A workload's networks, its own first. Its aliases are known there alone, to those that need it. */
  of(workload: Workload): NetworkMembership[] {
    const peers = this.#workloads.filter((other) => other !== workload && connects(workload, other));
    return [
      { name: this.#nameOf(workload), aliases: workload.aliases },
      ...peers.map((peer) => ({ name: this.#nameOf(peer), aliases: [] })),
    ];
  }

  names(): string[] {
    return this.#workloads.map((workload) => this.#nameOf(workload)).sort();
  }

  #nameOf(workload: Workload): string {
    const known = new Set(this.#workloads.flatMap(({ aliases }) => aliases.map(lowerCase)));
    const isInternal =
      !workload.isPublished && workload.connectsTo().every((host) => known.has(lowerCase(host)));
    return `${workload.name}${isInternal ? internalSuffix : ""}`;
  }
}

const internalSuffix = ".internal";

export const isInternal = (network: string) => network.endsWith(internalSuffix);

function connects(workload: Workload, other: Workload): boolean {
  const aliases = other.aliases.map(lowerCase);
  return workload.connectsTo().some((host) => aliases.includes(lowerCase(host)));
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
