import type { Problem } from "../../kit/errors";
import type { PlatformModel } from "../model/platform-model";

/** A place in a `PlatformSpec`, as `["realms", 0, "ports", "imap"]`. */
export type Path = readonly PropertyKey[];

/** Something wrong with a platform. */
export interface PlatformProblem extends Omit<Problem, "where"> {
  readonly path: Path;
}

/** What must hold for a platform. `say` tells a place in the words of whoever wrote it. */
export type PlatformRule = (model: PlatformModel, say: (path: Path) => string) => PlatformProblem[];

/** The rule, as of one place that is or is not right. */
export const at = (path: Path, problem: Omit<PlatformProblem, "path"> | false): PlatformProblem[] =>
  problem ? [{ path, ...problem }] : [];

/** Values that must differ; the later ones are told. */
export function clashes(
  settings: readonly { readonly value: unknown; readonly path: Path }[],
  say: (path: Path) => string,
): PlatformProblem[] {
  const owners = new Map<unknown, Path>();
  return settings.flatMap(({ value, path }) => {
    const owner = owners.get(value);
    owners.set(value, path);
    return at(path, owner !== undefined && { what: `${say(owner)} has it already`, got: value });
  });
}
