/** An environment as Terraform stacks. */
export { IdentityStack, type IdentityStackProps } from "../stacks/identity-stack";
export { PlatformStack, type PlatformStackProps } from "../stacks/platform-stack";
