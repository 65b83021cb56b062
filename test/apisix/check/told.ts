import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type CheckOptions, checkApisixYaml } from "../../../constructs/apisix/check/check";

export const fixture = (name: string) => readFileSync(join(__dirname, name), "utf8");
export const good = fixture("good.yaml");

/** The good file with one text replaced. */
export function broken(from: string, to: string): string {
  expect(good).toContain(from);
  return good.replace(from, to);
}

/** Severity, place and sentence of each finding, as one line. */
export function told(text: string, options: CheckOptions = {}): string[] {
  return checkApisixYaml(text, options).map(({ severity, where, what }) => `${severity} ${where}: ${what}`);
}
