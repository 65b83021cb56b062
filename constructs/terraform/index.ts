/** The one door to CDK for Terraform and to the bindings of Docker's provider. */
export { Container } from "../engine/docker/bindings/container";
export { Image as DockerImage } from "../engine/docker/bindings/image";
export { DockerProvider } from "../engine/docker/bindings/provider";
export { Volume as DockerVolume } from "../engine/docker/bindings/volume";
export {
  App,
  Lazy,
  LocalBackend,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
} from "./cdk";
