import { createHash } from "node:crypto";
import { Construct } from "constructs";
import { KitError } from "../../kit/errors";
import type { DockerEnvironment } from "../engine/docker/docker-engine";
import { type NetworkMember, sameEngine } from "../engine/docker/docker-networks";
import { configurationLabel } from "../engine/labels";
import { Container, DockerImage, DockerVolume, Lazy } from "../terraform";
import { checkProps, type Rule } from "../terraform/rules";
import { literal } from "../terraform/terraform-literal";
import { resolved, terraformTokens } from "../terraform/terraform-token";
import type { ConfigFile } from "./config-file";
import { HealthCheck } from "./health-check";
import type { Image } from "./image";
import type { ContainerLimits } from "./limits";

export interface PublishedPort {
  /** Port that the service listens on in its container. */
  readonly internal: number;
  /** Port on the environment's bind address. */
  readonly external: number;
}

export interface ServiceVolume {
  /** Name within the environment. */
  readonly name: string;
  /** Absolute path in the container. A fresh volume starts with what the image has there. */
  readonly path: string;
}

export interface ServiceContainerProps extends ContainerLimits {
  readonly docker: DockerEnvironment;
  /** Name within the environment; the container is called `<environment>-<name>`. */
  readonly name: string;
  readonly image: Image;
  readonly healthCheck: HealthCheck;
  /** DNS names by which other containers reach it, those that name one of them in `connectsTo`. @default none */
  readonly aliases?: readonly string[];
  /**
   * Host names that it connects to: containers of the environment, by an alias, or hosts outside. A function is asked at
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
  readonly volumes?: readonly ServiceVolume[];
  /** Non-secret environment variables: the state and `docker inspect` show them. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** @default the image's */
  readonly command?: readonly string[];
  /** @default the container's id */
  readonly hostname?: string;
  /** Linux capabilities to keep. @default none */
  readonly capabilities?: readonly string[];
  /** Further labels, by name; a function is asked at synthesis. @default none */
  readonly labels?: Readonly<Record<string, string | (() => string)>>;
  /** Services that must be healthy before this one starts. @default none: everything starts at once */
  readonly dependsOn?: readonly ServiceContainer[];
}

const rules: readonly Rule<ServiceContainerProps>[] = [
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
const startPath = "/usr/local/bin/kit-start";

/**
 * A long-running service: an image with the files it is given, a health check that gates the deployment, limits, and
 * a label with the hash of all of these. The label makes a changed configuration, and nothing else, a new container.
 */
export class ServiceContainer extends Construct {
  /** Label that holds the hash of everything the container was given. */
  static readonly configurationLabel = configurationLabel;

  /** Full name on the engine. */
  readonly name: string;
  readonly container: Container;
  readonly #props: ServiceContainerProps;
  readonly #furtherHosts: string[] = [];

  constructor(scope: Construct, id: string, props: ServiceContainerProps) {
    super(scope, id);
    checkProps(this, props, rules, ["env", "labels", "command"]);
    this.#props = props;
    const { docker } = props;
    this.name = `${docker.name}-${props.name}`;

    const image = new DockerImage(this, "image", { name: props.image.reference, keepLocally: true });
    const volumes = (props.volumes ?? []).map((volume) => ({
      containerPath: volume.path,
      volumeName: new DockerVolume(this, volume.name, {
        name: `${docker.name}-${volume.name}`,
        labels: [docker.label],
      }).name,
    }));
    const { connectsTo = [] } = props;
    const member: NetworkMember = {
      name: props.name,
      aliases: props.aliases ?? [],
      isPublished: (props.ports ?? []).length > 0,
      connectsTo: () => [
        ...(typeof connectsTo === "function" ? connectsTo() : connectsTo),
        ...this.#furtherHosts,
      ],
    };
    docker.networks.add(member);
    this.container = new Container(this, "container", {
      name: this.name,
      image: image.imageId,
      restart: "unless-stopped",
      labels: [
        docker.label,
        {
          label: ServiceContainer.configurationLabel,
          value: Lazy.stringValue({ produce: () => this.#configurationHash() }),
        },
        ...Object.entries(props.labels ?? {}).map(([label, value]) => ({
          label,
          value:
            typeof value === "string"
              ? literal(value)
              : Lazy.stringValue({ produce: () => literal(value()) }),
        })),
      ],
      networksAdvanced: Lazy.anyValue({ produce: () => docker.networks.of(member) }),
      ports: (props.ports ?? []).map((port) => ({ ...port, ip: docker.bindAddress })),
      healthcheck: { ...HealthCheck.schedule, test: props.healthCheck.test.map(literal) },
      wait: true,
      waitTimeout: docker.startTimeoutSeconds,
      upload: Lazy.anyValue({ produce: () => this.#uploads() }),
      securityOpts: ["no-new-privileges:true"],
      capabilities: { drop: ["ALL"], add: [...(props.capabilities ?? [])] },
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      destroyGraceSeconds: 10,
      ...(props.hostname !== undefined && { hostname: props.hostname }),
      ...(volumes.length > 0 && { volumes }),
      ...(props.env && {
        env: Object.entries(props.env).map(([name, value]) => literal(`${name}=${value}`)),
      }),
      ...(props.command && { command: props.command.map(literal) }),
      ...(props.image.start !== undefined && { entrypoint: [startPath] }),
      ...(props.image.user !== undefined && { user: props.image.user }),
      ...(props.memoryMb !== undefined && { memory: props.memoryMb, memorySwap: props.memoryMb }),
      ...(props.cpus !== undefined && { cpus: String(props.cpus) }),
      // The provider has no argument for it; the engine keeps it with the container.
      provisioners: [
        {
          type: "local-exec",
          command: 'docker update --pids-limit "$KIT_MAX_PROCESSES" "$KIT_CONTAINER" >/dev/null',
          environment: {
            ...sameEngine,
            KIT_CONTAINER: this.name,
            KIT_MAX_PROCESSES: String(props.maxProcesses ?? 1024),
          },
        },
      ],
      // Kernels without swap accounting read it back as -1.
      lifecycle: { ignoreChanges: ["memory_swap"] },
      dependsOn: [docker.networks, ...(props.dependsOn ?? []).map((other) => other.container)],
    });
  }

  /** More host names that it connects to; may come until synthesis. */
  connectTo(...hosts: readonly string[]): void {
    this.#furtherHosts.push(...hosts);
  }

  get #files(): readonly ConfigFile[] {
    const { files = [], image } = this.#props;
    const given = typeof files === "function" ? files() : files;
    const problems = given.flatMap(({ path, content }) => terraformTokens(this, content, path));
    if (problems.length > 0) throw new KitError(`${this.node.path} cannot be given its files`, problems);
    return image.start === undefined
      ? given
      : [...given, { path: startPath, content: image.start, executable: true }];
  }

  /** The provider's `upload` blocks. Mode 0444, since services run as users of their own. */
  #uploads() {
    const { privateFiles } = this.#props.docker;
    return this.#files.map((file) => {
      const upload = { file: file.path, permissions: file.executable ? "0555" : "0444" };
      if (!file.secret) return { ...upload, content: literal(file.content) };
      const name = `${this.#props.name}${file.path}`;
      privateFiles.write(name, file.content);
      return {
        ...upload,
        source: privateFiles.path(name),
        source_hash: privateFiles.fingerprint(file.content),
      };
    });
  }

  #configurationHash(): string {
    const { docker, dependsOn: _, files: __, connectsTo: ___, image, ...given } = this.#props;
    const files = this.#files.map(({ content, ...file }) => ({
      ...file,
      fingerprint: docker.privateFiles.fingerprint(content),
    }));
    return createHash("sha256")
      .update(resolved(this, JSON.stringify({ ...given, image: image.reference, files })))
      .digest("hex")
      .slice(0, 16);
  }
}
