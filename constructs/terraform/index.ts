/** The one door to CDK for Terraform and to the bindings of Docker's provider. */
export { Container } from "../container/bindings/container";
export { Image as DockerImage } from "../container/bindings/image";
export { DockerProvider } from "../container/bindings/provider";
export { Volume as DockerVolume } from "../container/bindings/volume";
export {
  App,
  Lazy,
  LocalBackend,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
} from "./cdk";
