/** What runs workloads: Docker by Terraform, or Compose. */
export {
  ComposeEngine,
  type ComposeEngineProps,
  type ComposeProjectFile,
} from "../constructs/engine/compose/compose-engine";
export { DockerEngine, type DockerEngineProps } from "../constructs/engine/docker/docker-engine";
