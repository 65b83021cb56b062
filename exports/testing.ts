/** For tests, in any test framework: what a stack renders to, without Terraform or an engine; and platforms to test against. */
export type { Outputs } from "../config/outputs";
export type { JmapClient, JmapSession } from "../testing/jmap-client";
export type { Page } from "../testing/log-in";
export { type StackMatchers, stackMatchers } from "../testing/matchers";
export { connectPlatform, type Platform } from "../testing/platform";
export {
  globalPlatform,
  type StartedPlatform,
  type StartPlatformOptions,
  startPlatform,
  stopGlobalPlatform,
} from "../testing/start-platform";
export { secret, synth, type Template, type TestStack, testStack } from "../testing/template";
