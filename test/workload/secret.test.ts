import { inspect } from "node:util";
import { expect, it } from "vitest";
import { secret } from "../template";

it("a secret is not printed by accident", () => {
  const password = secret("hunter2");
  const shown = [
    `${password}`,
    String(password),
    JSON.stringify({ password }),
    inspect({ password }, { depth: 9 }),
  ];
  expect(shown.join()).not.toContain("hunter2");
  expect(password.reveal()).toBe("hunter2");
});
