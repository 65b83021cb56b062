/** For tests of stacks, in any test framework: what a stack renders to, without Terraform or an engine. */
export { secret, synth, type Template, type TestStack, testStack } from "../constructs/testing/template";
