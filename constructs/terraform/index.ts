/** The one door to CDK for Terraform. */
export {
  App,
  Lazy,
  LocalBackend,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Testing,
} from "./cdk";
