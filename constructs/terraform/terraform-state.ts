import { existsSync } from "node:fs";
import * as z from "zod";
import { KitError } from "../../kit/errors";
import { readText } from "../../kit/read-text";

/** The parts of a resource in a Terraform state that the kit reads. */
export interface StateResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider: string;
  readonly instances: readonly {
    /** `tainted` where its making failed: Terraform would make it anew. */
    readonly status?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * The text of a state in which resources count as finished that are tainted.
 *
 * @param file of a state that has resources
 * @param addresses of these resources
 */
export function untaintedState(file: string, addresses: readonly string[]): string {
  const state = JSON.parse(readText(file)) as {
    resources: { type: string; name: string; instances: object[] }[];
  };
  const resources = state.resources.map((resource) =>
    addresses.includes(`${resource.type}.${resource.name}`)
      ? { ...resource, instances: resource.instances.map((one) => ({ ...one, status: undefined })) }
      : resource,
  );
  return JSON.stringify({ ...state, resources });
}

/** What the kit relies on; a resource that it manages has all of it. */
const form = z.looseObject({
  resources: z
    .array(
      z
        .looseObject({
          mode: z.string().optional(),
          type: z.string(),
          name: z.string(),
          provider: z.string().optional(),
          instances: z.array(z.looseObject({ attributes: z.looseObject({}) })).optional(),
        })
        .refine(({ mode, instances }) => mode !== "managed" || instances !== undefined),
    )
    .optional(),
});

/**
 * The resources of a state file. An empty file is none: a Terraform that was killed before its first resource leaves it.
 *
 * @throws KitError when it is no state, or one that was cut
 */
export function stateResources(file: string): readonly StateResource[] {
  const text = existsSync(file) ? readText(file) : "";
  if (text.trim() === "") return [];
  const { data } = form.safeParse(parsed(text));
  if (data) return (data.resources ?? []) as unknown as StateResource[];
  throw unreadableState(file);
}

function unreadableState(file: string): KitError {
  return new KitError("Terraform's state cannot be read", [
    {
      where: file,
      what: "not a state, or a part of one",
      fix: `Take ${file}.backup, the one before, for it; or remove all by \`down\` and run \`up\` anew`,
    },
  ]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
