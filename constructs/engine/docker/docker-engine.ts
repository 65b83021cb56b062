import { Construct } from "constructs";
import { checkProps, type Rule } from "../../terraform/rules";
import type { Secret } from "../../workload/secret";
import type { Engine, Workload, WorkloadVolume } from "../../workload/workload";
import { defaultBindAddress, type EngineProps, engineRules } from "../engine-props";
import { configurationLabel, derived, environmentLabel, holdsLabel, originLabel } from "../labels";
import type { Container } from "./bindings/container";
import { DockerProvider } from "./bindings/provider";
import { Volume } from "./bindings/volume";
import { dockerContainer } from "./docker-container";
import { DockerNetworks } from "./docker-networks";
import { PrivateFiles } from "./private-files";

export interface DockerEngineProps extends EngineProps {
  /** Where files with secrets are kept; must lie outside the synthesis output and outside git. */
  readonly privateDirectory: string;
  /**
   * Whether Terraform refuses to remove volumes with what people have (`WorkloadVolume.holds`): nobody's mail goes with a
   * container or a platform.
   *
   * @default false
   */
  readonly keepsData?: boolean;
  /** Longest wait for the first healthy state of a service, in seconds. @default 180 */
  readonly startTimeoutSeconds?: number;
}

const rules: readonly Rule<DockerEngineProps>[] = [
  ...(engineRules as readonly Rule<DockerEngineProps>[]),
  {
    prop: "startTimeoutSeconds",
    check: ({ startTimeoutSeconds = 180 }) =>
      Number.isInteger(startTimeoutSeconds) && startTimeoutSeconds > 0
        ? undefined
        : { what: "not a number of seconds", got: startTimeoutSeconds, allowed: "a whole number from 1 on" },
  },
];

/**
 * Runs workloads as containers of one Docker engine, made by Terraform: their networks, names, labels and secret files. The
 * `docker` command must be there where Terraform runs, since it makes the networks.
 */
export class DockerEngine extends Construct implements Engine {
  /** Label of everything the kit makes; its value is the environment's name. */
  static readonly label = environmentLabel;
  /** Label of a container with the hash of everything it was given. */
  static readonly configurationLabel = configurationLabel;

  readonly name: string;
  readonly bindAddress: string;
  readonly startTimeoutSeconds: number;
  readonly networks: DockerNetworks;
  readonly privateFiles: PrivateFiles;
  readonly fingerprintKey: Secret;
  readonly keepsData: boolean;
  readonly #containers = new Map<Workload, Container>();
  readonly #volumes = new Map<string, Volume>();

  constructor(scope: Construct, id: string, props: DockerEngineProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.name = props.name;
    this.bindAddress = props.bindAddress ?? defaultBindAddress;
    this.startTimeoutSeconds = props.startTimeoutSeconds ?? 180;
    this.privateFiles = new PrivateFiles(props.privateDirectory);
    this.fingerprintKey = props.fingerprintKey;
    this.keepsData = props.keepsData ?? false;

    new DockerProvider(this, "provider");
    this.networks = new DockerNetworks(this, "network", {
      prefix: props.name,
      label: `${this.label.label}=${this.label.value}`,
      origin: `${originLabel}=${this.privateFiles.directory}`,
    });
  }

  add(workload: Workload): void {
    this.networks.add(workload);
    this.#containers.set(workload, dockerContainer(workload, this));
  }

  /** What Terraform makes of a workload. */
  container(workload: Workload): Container {
    const container = this.#containers.get(workload);
    if (!container) throw new Error(`${workload.node.path} is not a workload of ${this.node.path}`);
    return container;
  }

  /** A volume of the environment, made once. The first workload that has it is its scope. */
  volume(workload: Workload, { name, holds }: WorkloadVolume): Volume {
    const known = this.#volumes.get(name);
    if (known) return known;
    const volume = new Volume(workload, name, {
      name: `${this.name}-${name}`,
      labels: [
        this.label,
        { label: holdsLabel, value: holds ?? derived },
        ...(holds === undefined ? [] : [{ label: originLabel, value: this.privateFiles.directory }]),
      ],
      lifecycle: {
        // The engine cannot change them, so that Terraform would make a volume of an earlier release anew, without its data.
        ignoreChanges: ["labels"],
        ...(holds !== undefined && this.keepsData && { preventDestroy: true }),
      },
    });
    this.#volumes.set(name, volume);
    return volume;
  }

  /** The volumes that its workloads have by now. */
  volumes(): readonly Volume[] {
    return [...this.#volumes.values()];
  }

  get label(): { label: string; value: string } {
    return { label: DockerEngine.label, value: this.name };
  }
}
