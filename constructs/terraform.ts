/**
 * The one place that imports CDKTF, so that a move to its successor `cdktn` is a change of this file
 * (docs/decisions/0001-cdktf-at-one-place.md).
 */
export { Container } from "@cdktf/provider-docker/lib/container";
export { Image as DockerImage } from "@cdktf/provider-docker/lib/image";
export { DockerProvider } from "@cdktf/provider-docker/lib/provider";
export { Volume as DockerVolume } from "@cdktf/provider-docker/lib/volume";
export {
  App,
  Lazy,
  LocalBackend,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
} from "cdktf";
