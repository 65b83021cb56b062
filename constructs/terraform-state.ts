import { existsSync } from "node:fs";
import { KitError } from "../config/errors";
import { readText } from "../config/read-text";
import { isObject } from "./json";

/** The parts of a resource in a Terraform state that the kit reads. */
export interface StateResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider: string;
  readonly instances: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
}

/**
 * The resources of a state file. An empty file is none: a Terraform that was killed before its first resource leaves it.
 *
 * @throws KitError when it is no state
 */
export function stateResources(file: string): readonly StateResource[] {
  const text = existsSync(file) ? readText(file) : "";
  if (text.trim() === "") return [];
  const state = parsed(text);
  const resources = isObject(state) ? (state.resources ?? []) : undefined;
  if (!Array.isArray(resources) || !resources.every(isResource)) {
    throw new KitError("Terraform's state cannot be read", [
      {
        where: file,
        what: "not a state, or a part of one",
        fix: `Take ${file}.backup, the one before, for it; or remove all by \`down\` and run \`up\` anew`,
      },
    ]);
  }
  return resources as unknown as StateResource[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isResource(value: unknown): boolean {
  return isObject(value) && typeof value.type === "string" && typeof value.name === "string";
}
