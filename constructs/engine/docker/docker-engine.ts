import { isIP } from "node:net";
import { Construct } from "constructs";
import { DockerProvider } from "../../terraform";
import { checkProps, type Rule } from "../../terraform/rules";
import type { Secret } from "../../workload/secret";
import { environmentLabel, originLabel } from "../labels";
import { DockerNetworks } from "./docker-networks";
import { PrivateFiles } from "./private-files";

export interface DockerEnvironmentProps {
  /** Prefix of every container, network and volume name, unique on the engine: a-z, 0-9 and -, a letter first. */
  readonly name: string;
  /** Where files with secrets are kept; must lie outside the synthesis output and outside git. */
  readonly privateDirectory: string;
  /** Keys the hashes of secret files, so that the state gives nothing away. At least 128 random bits. */
  readonly fingerprintKey: Secret;
  /** Address that published ports listen on. @default "127.0.0.1" */
  readonly bindAddress?: string;
  /** Longest wait for the first healthy state of a service, in seconds. @default 180 */
  readonly startTimeoutSeconds?: number;
}

const rules: readonly Rule<DockerEnvironmentProps>[] = [
  {
    prop: "name",
    check: ({ name }) =>
      /^[a-z][a-z0-9-]*$/.test(name)
        ? undefined
        : { what: "no prefix of names", got: name, allowed: "a-z, 0-9 and -, a letter first" },
  },
  {
    prop: "bindAddress",
    check: ({ bindAddress = "127.0.0.1" }) =>
      isIP(bindAddress) > 0
        ? undefined
        : { what: "not an IP address", got: bindAddress, allowed: "as 127.0.0.1 or 0.0.0.0" },
  },
  {
    prop: "startTimeoutSeconds",
    check: ({ startTimeoutSeconds = 180 }) =>
      Number.isInteger(startTimeoutSeconds) && startTimeoutSeconds > 0
        ? undefined
        : { what: "not a number of seconds", got: startTimeoutSeconds, allowed: "a whole number from 1 on" },
  },
];

/**
 * Where the containers of one environment live: their private networks, name prefix, labels and secret files. The
 * `docker` command must be there where Terraform runs, since it makes the networks.
 */
export class DockerEnvironment extends Construct {
  /** Label of everything the kit makes; its value is the environment's name. */
  static readonly label = environmentLabel;

  readonly name: string;
  readonly bindAddress: string;
  readonly startTimeoutSeconds: number;
  readonly networks: DockerNetworks;
  readonly privateFiles: PrivateFiles;

  constructor(scope: Construct, id: string, props: DockerEnvironmentProps) {
    super(scope, id);
    checkProps(this, props, rules);
    this.name = props.name;
    this.bindAddress = props.bindAddress ?? "127.0.0.1";
    this.startTimeoutSeconds = props.startTimeoutSeconds ?? 180;
    this.privateFiles = new PrivateFiles(props.privateDirectory, props.fingerprintKey);

    new DockerProvider(this, "provider");
    this.networks = new DockerNetworks(this, "network", {
      prefix: props.name,
      label: `${this.label.label}=${this.label.value}`,
      origin: `${originLabel}=${this.privateFiles.directory}`,
    });
  }

  get label(): { label: string; value: string } {
    return { label: DockerEnvironment.label, value: this.name };
  }
}
