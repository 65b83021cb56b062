/** What a service says of its container: image, files, secrets, health check, limits; and services of your own. */
export type { ConfigFile } from "../constructs/workload/config-file";
export { HealthCheck } from "../constructs/workload/health-check";
export { Image, type RegistryImageOptions } from "../constructs/workload/image";
export type { ContainerLimits } from "../constructs/workload/limits";
export { Secret } from "../constructs/workload/secret";
export type { TrustedProxy } from "../constructs/workload/trusted-proxy";
export {
  type Engine,
  type PublishedPort,
  Workload,
  type WorkloadProps,
  type WorkloadVolume,
} from "../constructs/workload/workload";
