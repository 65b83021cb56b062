import { expect, it } from "vitest";
import { isAtLeast } from "../../kit/release";

it.each([
  ["1.10.0", "1.9.9", true],
  ["1.6.0", "1.6.0", true],
  ["1.6", "1.6.0", true],
  ["1.5.7", "1.6.0", false],
  ["1.41", "1.41", true],
  ["1.40", "1.41", false],
  ["20.10.24+dfsg1", "20.10", true],
  ["1.12.6-dev", "1.12.6", true],
  ["2.0.0", "1.99", true],
  ["3.8.1+kit", "3.9", false],
  ["master", "0.1", false],
])("%s is at least %s: %s", (version, minimum, result) => {
  expect(isAtLeast(version, minimum)).toBe(result);
});
