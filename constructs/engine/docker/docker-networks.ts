import type { Construct } from "constructs";
import { Lazy } from "../../terraform";
import { TerraformData } from "../../terraform/terraform-data";
import type { Workload } from "../../workload/workload";
import { type NetworkMembership, Networks } from "../networks";

export interface DockerNetworksProps {
  /** Prefix of their names. */
  readonly prefix: string;
  /** Marks them as the kit's, `key=value`: what else has such a name on the engine is never used or removed. */
  readonly label: string;
  /** Says where they were made from, `key=value`. */
  readonly origin: string;
}

/** Environment of a `docker` command beside the provider, which knows DOCKER_HOST only. */
export const sameEngine = { DOCKER_CONTEXT: "default" };

// The first word of KIT_NETWORKS is the label, the others are names.
const create = `set -- $KIT_NETWORKS; label=$1; shift
present=" $(docker network ls --filter "label=$label" --format '{{.Name}}' | tr '\\n' ' ')"
for name; do
  case $present in *" $name "*) continue ;; esac
  case $name in *.internal) internal=--internal ;; *) internal= ;; esac
  docker network create $internal --label "$label" --label "$KIT_ORIGIN" "$name" >/dev/null & started="$started $!"
done
for one in $started; do wait "$one" || failed=1; done
[ -z "$failed" ]`;
// A network that a container is on stays: the new set of networks has it, too.
const destroy = `set -- $KIT_NETWORKS
for id in $(docker network ls --quiet --filter "label=$1"); do
  said=$(docker network rm "$id" 2>&1) || case $said in *"active endpoints"*) ;; *) echo "$said" >&2; exit 1 ;; esac
done`;
/**
 * The networks of an environment (see `Networks`). The `docker` command makes them: the provider's `docker_network` waits two
 * seconds whenever it reads one, which is more than all else of a plan takes
 * (docs/decisions/0010-the-network-by-the-docker-command.md). One that is there, with the label, is taken.
 */
export class DockerNetworks extends TerraformData {
  readonly #prefix: string;
  readonly #networks = new Networks();

  constructor(scope: Construct, id: string, { prefix, label, origin }: DockerNetworksProps) {
    // What they are is in their names, so that a container which is on another kind of network is made anew.
    const networks = Lazy.stringValue({
      produce: () => [label, ...this.#networks.names().map((name) => this.#fullName(name))].join(" "),
    });
    super(scope, id, {
      triggersReplace: networks,
      provisioners: [
        {
          type: "local-exec",
          command: create,
          environment: { ...sameEngine, KIT_NETWORKS: networks, KIT_ORIGIN: origin },
        },
        {
          type: "local-exec",
          when: "destroy",
          command: destroy,
          environment: { ...sameEngine, KIT_NETWORKS: "${self.triggers_replace}" },
        },
      ],
    });
    this.#prefix = prefix;
  }

  add(workload: Workload): void {
    this.#networks.add(workload);
  }

  of(workload: Workload): NetworkMembership[] {
    return this.#networks.of(workload).map(({ name, aliases }) => ({ name: this.#fullName(name), aliases }));
  }

  #fullName(name: string): string {
    return `${this.#prefix}-${name}`;
  }
}
