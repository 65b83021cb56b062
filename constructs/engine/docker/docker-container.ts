import { Lazy } from "../../terraform";
import { literal } from "../../terraform/terraform-literal";
import { defaultMaxProcesses } from "../../workload/limits";
import type { Secret } from "../../workload/secret";
import { publishedAddress, startPath, type Workload, type WorkloadVolume } from "../../workload/workload";
import { configurationHash, fingerprint } from "../configuration-hash";
import { healthSchedule, healthTest } from "../health-test";
import { configurationLabel } from "../labels";
import { Container } from "./bindings/container";
import { Image as DockerImage } from "./bindings/image";
import type { Volume } from "./bindings/volume";
import { type DockerNetworks, sameEngine } from "./docker-networks";
import type { PrivateFiles } from "./private-files";

/** What a container is given by its engine. */
export interface ContainerEngine {
  readonly name: string;
  readonly label: { readonly label: string; readonly value: string };
  readonly bindAddress: string;
  readonly startTimeoutSeconds: number;
  readonly networks: DockerNetworks;
  readonly privateFiles: PrivateFiles;
  readonly fingerprintKey: Secret;
  container(workload: Workload): Container;
  /** A volume of the environment; the first workload that has it is where it stands among the resources. */
  volume(workload: Workload, volume: WorkloadVolume): Volume;
}

/**
 * A workload as Terraform's resources, in its own scope: its construct's path names them. The label with the hash of what it
 * is given makes a changed configuration, and nothing else, a new container.
 */
export function dockerContainer(workload: Workload, engine: ContainerEngine): Container {
  const { props } = workload;
  const name = `${engine.name}-${workload.name}`;
  const image = new DockerImage(workload, "image", { name: props.image.reference, keepLocally: true });
  const volumes = (props.volumes ?? []).map((volume) => ({
    containerPath: volume.path,
    volumeName: engine.volume(workload, volume).name,
    ...(volume.readOnly && { readOnly: true }),
  }));
  return new Container(workload, "container", {
    name,
    image: image.imageId,
    // "unless-stopped" leaves them ended after the engine itself was killed: its next start takes its own stop for a person's.
    restart: "always",
    labels: [
      engine.label,
      {
        label: configurationLabel,
        value: Lazy.stringValue({ produce: () => configurationHash(workload, engine.fingerprintKey) }),
      },
      ...Object.keys(props.labels ?? {}).map((label) => ({
        label,
        value: Lazy.stringValue({ produce: () => literal(workload.labels()[label] as string) }),
      })),
    ],
    networksAdvanced: Lazy.anyValue({ produce: () => engine.networks.of(workload) }),
    ports: (props.ports ?? []).map(({ internal, external, ...where }) => ({
      ...{ internal, external },
      ip: publishedAddress(engine.bindAddress, where),
    })),
    healthcheck: { ...healthSchedule, test: healthTest(props.healthCheck).map(literal) },
    wait: true,
    waitTimeout: engine.startTimeoutSeconds,
    upload: Lazy.anyValue({ produce: () => uploads(workload, engine) }),
    securityOpts: ["no-new-privileges:true"],
    capabilities: { drop: ["ALL"], add: [...(props.capabilities ?? [])] },
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    destroyGraceSeconds: 10,
    ...(props.hostname !== undefined && { hostname: props.hostname }),
    ...(props.sysctls && { sysctls: { ...props.sysctls } }),
    ...(volumes.length > 0 && { volumes }),
    ...(props.env && {
      env: Object.entries(props.env).map(([variable, value]) => literal(`${variable}=${value}`)),
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
          KIT_CONTAINER: name,
          KIT_MAX_PROCESSES: String(props.maxProcesses ?? defaultMaxProcesses),
        },
      },
    ],
    // Kernels without swap accounting read it back as -1.
    lifecycle: { ignoreChanges: ["memory_swap"] },
    dependsOn: [engine.networks, ...(props.dependsOn ?? []).map((other) => engine.container(other))],
  });
}

/** The provider's `upload` blocks. Mode 0444, since services run as users of their own. */
function uploads(workload: Workload, { privateFiles, fingerprintKey }: ContainerEngine) {
  return workload.files().map((file) => {
    const upload = { file: file.path, permissions: file.executable ? "0555" : "0444" };
    if (!file.secret) return { ...upload, content: literal(file.content) };
    const name = `${workload.name}${file.path}`;
    privateFiles.write(name, file.content);
    return {
      ...upload,
      source: privateFiles.path(name),
      source_hash: fingerprint(fingerprintKey, file.content),
    };
  });
}
