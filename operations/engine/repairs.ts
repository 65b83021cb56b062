import { stateResources } from "../../constructs/terraform/terraform-state";
import { crashLimit } from "./crash-watch";
import { type ContainerState, connectNetwork, startContainer, unpauseContainer } from "./engine";
import type { WantedContainer } from "./wanted-containers";

/** What is done to a container that does not do its work, and that Terraform would leave as it is. */
export interface Repair {
  readonly service: string;
  /** What it is, as a sentence without subject. */
  readonly what: string;
  /** What becomes of it: the rest of that sentence. */
  readonly cure: string;
  readonly run: () => Promise<void>;
}

/** @param networks that the engine has */
export function repairsOf(
  environment: string,
  containers: readonly ContainerState[],
  wanted: readonly WantedContainer[],
  networks: readonly string[],
): Repair[] {
  return containers.flatMap((container): Repair[] => {
    const { id, name, status } = container;
    const service = name.slice(environment.length + 1);
    const want = wanted.find((one) => one.name === name);
    // A container that is to be replaced needs no networks; a paused one is woken all the same, to be asked what it holds.
    const stays = want !== undefined && want.configuration === container.configuration;
    const cut = Object.entries(stays ? want.networks : {}).filter(
      ([network, aliases]) =>
        networks.includes(network) &&
        // A network that somebody else has put it on gives it none of the names that it needs.
        !(
          container.networks[network] &&
          aliases.every((alias) => container.networks[network]?.includes(alias))
        ),
    );
    return [
      ...cut.map(([network, aliases]) => ({
        service,
        what: `was cut off from network ${network}`,
        cure: "and is connected again",
        run: () => connectNetwork(container, network, aliases),
      })),
      ...(status === "paused"
        ? [{ service, what: "was paused", cure: "and goes on", run: () => unpauseContainer(id) }]
        : []),
      ...(stays && status === "exited"
        ? [{ service, what: "did not run", cure: "and is started", run: () => startContainer(id) }]
        : []),
    ];
  });
}

/**
 * Addresses of containers that Terraform would make anew, since it gave up waiting for them, or was interrupted: those
 * that run what is wanted all the same.
 */
export function finishedSince(
  containers: readonly ContainerState[],
  wanted: readonly WantedContainer[],
  stateFile: string,
): string[] {
  const tainted = stateResources(stateFile).flatMap(({ instances }) =>
    instances.flatMap(({ status, attributes }) => (status === "tainted" ? [attributes.id] : [])),
  );
  return wanted
    .filter(({ name, configuration }) =>
      containers.some(
        (container) =>
          container.name === name &&
          container.configuration === configuration &&
          mayFinish(container) &&
          tainted.includes(container.id),
      ),
    )
    .map(({ address }) => address);
}

/** Whether it works, may still come to it, or did before it was stopped or paused. */
function mayFinish({ status, health, restarts }: ContainerState): boolean {
  if (status === "paused" || status === "exited") return true;
  if (status !== "running") return false;
  return health === "healthy" || (health === "starting" && restarts < crashLimit);
}

/** Containers that are the wanted ones and do not get healthy: each with what it is, by Terraform's address. */
export function brokenOnes(
  containers: readonly ContainerState[],
  wanted: readonly WantedContainer[],
): ReadonlyMap<string, string> {
  return new Map(
    wanted.flatMap(({ name, configuration, address }): [string, string][] => {
      const found = containers.find((container) => container.name === name);
      if (!found || found.configuration !== configuration) return [];
      const { status, health, restarts } = found;
      if (status === "running" && health === "unhealthy") return [[address, "it is unhealthy"]];
      if (status === "dead" || status === "created") return [[address, "it cannot be started"]];
      const crashes = status === "restarting" && restarts > crashLimit;
      return crashes ? [[address, `it ends whenever it is started, ${restarts} times by now`]] : [];
    }),
  );
}
