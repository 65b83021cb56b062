/** An environment as Terraform stacks. */
export { IdentityStack, type IdentityStackProps } from "../stacks/identity-stack";
export { PlatformStack, type PlatformStackProps } from "../stacks/platform-stack";
export { addOutputs } from "../stacks/terraform-outputs";
