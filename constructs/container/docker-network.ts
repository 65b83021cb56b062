import type { Construct } from "constructs";
import { TerraformData } from "../terraform-data";

export interface DockerNetworkProps {
  /** Unique on the engine. */
  readonly name: string;
  /** Marks it as the kit's, `key=value`: what else has this name on the engine is never used or removed. */
  readonly label: string;
  /** Says where it was made from, `key=value`. */
  readonly origin: string;
}

// DOCKER_CONTEXT: the provider knows DOCKER_HOST only.
const create = `[ -n "$(docker network ls --quiet --filter "label=$KIT_LABEL")" ] ||
  docker network create --label "$KIT_LABEL" --label "$KIT_ORIGIN" "$KIT_NETWORK" >/dev/null`;
const destroy = `for id in $(docker network ls --quiet --filter "label=$KIT_LABEL"); do docker network rm "$id" >/dev/null || exit; done`;
const engine = { DOCKER_CONTEXT: "default" };

/**
 * A network on the engine, made by the `docker` command: the provider's `docker_network` waits two seconds whenever it
 * reads one, which is more than all else of a plan takes (docs/decisions/0010-the-network-by-the-docker-command.md).
 * One that is there, with this label, is taken.
 */
export class DockerNetwork extends TerraformData {
  readonly name: string;

  constructor(scope: Construct, id: string, { name, label, origin }: DockerNetworkProps) {
    super(scope, id, {
      triggersReplace: label,
      provisioners: [
        {
          type: "local-exec",
          command: create,
          environment: { ...engine, KIT_NETWORK: name, KIT_LABEL: label, KIT_ORIGIN: origin },
        },
        {
          type: "local-exec",
          when: "destroy",
          command: destroy,
          environment: { ...engine, KIT_LABEL: "${self.triggers_replace}" },
        },
      ],
    });
    this.name = name;
  }
}
