import { existsSync, readFileSync } from "node:fs";

/** The parts of a resource in a Terraform state that the kit reads. */
export interface StateResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider: string;
  readonly instances: readonly { readonly attributes: Readonly<Record<string, unknown>> }[];
}

/** The resources of a state file. An empty file is none: a Terraform that was killed before its first resource leaves it. */
export function stateResources(file: string): readonly StateResource[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text.trim() === "") return [];
  const { resources = [] } = JSON.parse(text) as { resources?: StateResource[] };
  return resources;
}
