import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { environmentNameForm, environmentNamePattern } from "../../kit/environment-name";
import { KitError } from "../../kit/errors";

/** Where the kit keeps what it knows of environments; git ignores it. */
export const home = () => resolve(".kit");

/** Beside a folder for each environment, whose names have no dot. */
const current = () => join(home(), "current.name");

/** What is remembered of an environment that was brought up by a name of its own: one of several from the same file. */
export interface Copy {
  /** Its file, as `--env` names it. */
  readonly environment: string;
  /** Settings that were chosen for it, by variable: `KIT_PORTS_IMAP`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where that is kept. */
export const copyFile = (name: string) => join(home(), name, "copy.json");

export function readCopy(file: string): Copy | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The copy that commands mean: that of KIT_NAME, if there is one. */
export function currentCopy(): Copy | undefined {
  const { KIT_NAME: name = "" } = process.env;
  return environmentNamePattern.test(name) ? readCopy(copyFile(name)) : undefined;
}

/**
 * Has commands mean the environment of a name, with what was chosen for it. What variables say goes before that.
 *
 * @param option `--name`. @default KIT_NAME, if it is set
 * @throws KitError when nothing can be called so
 */
export function useName(option?: string): void {
  if (option !== undefined && !environmentNamePattern.test(option)) {
    throw new KitError("no environment can be called so", [
      { where: "--name", what: "not a name", got: option, allowed: environmentNameForm },
    ]);
  }
  if (option !== undefined) process.env.KIT_NAME = option;
  for (const [variable, value] of Object.entries(currentCopy()?.variables ?? {})) {
    process.env[variable] ??= value;
  }
}

/** The environment that `--env` or KIT_ENV names, else that of the copy in use, else the one last brought up. */
export function namedEnvironment(option?: string): string | undefined {
  return option ?? (process.env.KIT_ENV || (currentCopy()?.environment ?? lastUp()));
}

/** The environment that a command means which finds one up: the named one, else `local`. */
export function environmentName(option?: string): string {
  return namedEnvironment(option) ?? "local";
}

function lastUp(): string | undefined {
  return existsSync(current()) ? readFileSync(current(), "utf8").trim() : undefined;
}

/** Remembers which environment commands mean when they name none: no copy, of which there are several. */
export function rememberUp(name: string): void {
  if (currentCopy()) return;
  writeFileSync(current(), `${name}\n`);
}

export function forgetUp(name: string): void {
  if (currentCopy()) return;
  if (lastUp() === name) rmSync(current());
}
