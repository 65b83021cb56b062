/** The one door to CDK for Terraform. */
export {
  App,
  Lazy,
  LocalBackend,
  TerraformOutput,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
} from "./cdk";
