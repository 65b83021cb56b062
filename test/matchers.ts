import { expect } from "vitest";
import { type StackMatchers, stackMatchers } from "../testing/matchers";

expect.extend(stackMatchers);

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: as Vitest declares it.
  interface Matchers<T = any> extends StackMatchers<T> {}
}
