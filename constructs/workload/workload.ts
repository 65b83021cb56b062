import { Construct } from "constructs";
import { KitError } from "../../kit/errors";
import { loopbackAddress } from "../../kit/local-address";
import { checkProps, type Rule } from "../terraform/rules";
import { terraformTokens } from "../terraform/terraform-token";
import type { ConfigFile } from "./config-file";
import type { HealthCheck } from "./health-check";
import type { Image } from "./image";
import type { ContainerLimits } from "./limits";

/** What runs workloads: `DockerEngine`, `ComposeEngine`. It is asked for nothing else by a service. */
export interface Engine {
  /** Takes a workload in. Its files, and what it connects to, may change until synthesis. */
  add(workload: Workload): void;
}

export interface PublishedPort {
  /** Port that the service listens on in its container. */
  readonly internal: number;
  /** Port on the environment's bind address. */
  readonly external: number;
  /** Address that it listens on. @default the environment's bind address */
  readonly address?: string;
  /** Whether only the engine's machine reaches it: at 127.0.0.1, unless the bind address is a loopback one. @default false */
  readonly loopback?: boolean;
}

/** Address of an engine's machine at which a port is published. */
export function publishedAddress(
  bindAddress: string,
  { address = bindAddress, loopback = false }: Pick<PublishedPort, "address" | "loopback">,
): string {
  return loopback ? loopbackAddress(address) : address;
}

export interface WorkloadVolume {
  /** Name within the environment. */
  readonly name: string;
  /** Absolute path in the container. A fresh volume starts with what the image has there. */
  readonly path: string;
  /** Whether the workload can only read it: another one, which has it under the same name, writes. @default false */
  readonly readOnly?: boolean;
  /** What people have in it, as "mail", which then lasts. @default it can be made again, as certificates */
  readonly holds?: string;
}

export interface WorkloadProps extends ContainerLimits {
  readonly engine: Engine;
  /** Name within the environment; an engine puts the environment's before it. */
  readonly name: string;
  readonly image: Image;
  readonly healthCheck: HealthCheck;
  /** DNS names by which other workloads reach it, those that name one of them in `connectsTo`. @default none */
  readonly aliases?: readonly string[];
  /**
   * Host names that it connects to: workloads of the environment, by an alias, or hosts outside. A function is asked at
   * synthesis. What publishes no port reaches nothing else.
   *
   * @default none
   */
  readonly connectsTo?: readonly string[] | (() => readonly string[]);
  /** Files given before start; a function is asked at synthesis, for files that later calls still change. @default none */
  readonly files?: readonly ConfigFile[] | (() => readonly ConfigFile[]);
  /** @default none: only those reach it who name it in `connectsTo` */
  readonly ports?: readonly PublishedPort[];
  /** Data that outlives the container. @default none */
  readonly volumes?: readonly WorkloadVolume[];
  /** Non-secret environment variables: the state and `docker inspect` show them. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the image's */
  readonly command?: readonly string[];
  /** @default the container's id */
  readonly hostname?: string;
  /** Parameters of the kernel that are the container's own, by name. @default the machine's */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Linux capabilities to keep. @default none */
  readonly capabilities?: readonly string[];
  /** Further labels, by name; a function is asked at synthesis. @default none */
  readonly labels?: Readonly<Record<string, string | (() => string)>>;
  /** Services that must be healthy before this one starts. @default none: everything starts at once */
  readonly dependsOn?: readonly Workload[];
}

const rules: readonly Rule<WorkloadProps>[] = [
  {
    prop: "name",
    check: ({ name }) =>
      /^[a-z][a-z0-9-]*$/.test(name)
        ? undefined
        : { what: "no name of a container", got: name, allowed: "a-z, 0-9 and -, a letter first" },
  },
  {
    prop: "memoryMb",
    check: ({ memoryMb = 6 }) =>
      Number.isInteger(memoryMb) && memoryMb >= 6
        ? undefined
        : { what: "not an amount of memory", got: memoryMb, allowed: "a whole number from 6 on" },
  },
  {
    prop: "cpus",
    check: ({ cpus = 1 }) =>
      cpus >= 0.01 && cpus <= 1024
        ? undefined
        : { what: "not an amount of CPU", got: cpus, allowed: "from 0.01 to what the machine has" },
  },
  {
    prop: "maxProcesses",
    check: ({ maxProcesses = 1024 }) =>
      Number.isInteger(maxProcesses) && maxProcesses >= 16
        ? undefined
        : { what: "not a number of processes", got: maxProcesses, allowed: "a whole number from 16 on" },
  },
];

/** Where an image's start program is put. */
export const startPath = "/usr/local/bin/kit-start";

/**
 * A long-running service as it is meant: an image with the files it is given, what it publishes and connects to, when it is
 * healthy, limits. An engine makes a container of it.
 */
export class Workload extends Construct {
  /** Name within the environment. */
  readonly name: string;
  readonly props: WorkloadProps;
  readonly #furtherHosts: string[] = [];

  constructor(scope: Construct, id: string, props: WorkloadProps) {
    super(scope, id);
    checkProps(this, props, rules, ["env", "labels", "command"]);
    this.name = props.name;
    this.props = props;
    props.engine.add(this);
  }

  /** More host names that it connects to; may come until synthesis. */
  connectTo(...hosts: readonly string[]): void {
    this.#furtherHosts.push(...hosts);
  }

  /** Host names that it connects to, as far as they are known by now. */
  connectsTo(): string[] {
    const { connectsTo = [] } = this.props;
    return [...(typeof connectsTo === "function" ? connectsTo() : connectsTo), ...this.#furtherHosts];
  }

  get aliases(): readonly string[] {
    return this.props.aliases ?? [];
  }

  /** Whether clients outside of the engine reach it. */
  get isPublished(): boolean {
    return (this.props.ports ?? []).length > 0;
  }

  /**
   * The files that its container is given before it starts, to be readable by every user of the container.
   *
   * @throws KitError when one holds what only Terraform will know
   */
  files(): readonly ConfigFile[] {
    const { files = [], image } = this.props;
    const given = typeof files === "function" ? files() : files;
    const problems = given.flatMap(({ path, content }) => terraformTokens(this, content, path));
    if (problems.length > 0) throw new KitError(`${this.node.path} cannot be given its files`, problems);
    return image.start === undefined
      ? given
      : [...given, { path: startPath, content: image.start, executable: true }];
  }

  /** Its labels, without those that an engine gives it. */
  labels(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.props.labels ?? {}).map(([label, value]) => [
        label,
        typeof value === "function" ? value() : value,
      ]),
    );
  }
}
