import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Where the kit keeps what it knows of environments; git ignores it. */
export const home = () => resolve(".kit");

/** Beside a folder for each environment, whose names have no dot. */
const current = () => join(home(), "current.name");

/** The environment that `--env` or KIT_ENV names, else the one last brought up. */
export function namedEnvironment(option?: string): string | undefined {
  return option ?? (process.env.KIT_ENV || lastUp());
}

/** The environment that a command means which finds one up: the named one, else `local`. */
export function environmentName(option?: string): string {
  return namedEnvironment(option) ?? "local";
}

function lastUp(): string | undefined {
  return existsSync(current()) ? readFileSync(current(), "utf8").trim() : undefined;
}

/** Remembers which environment commands mean when they name none. */
export function rememberUp(name: string): void {
  writeFileSync(current(), `${name}\n`);
}

export function forgetUp(name: string): void {
  if (lastUp() === name) rmSync(current());
}
