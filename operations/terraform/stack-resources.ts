import { readFileSync } from "node:fs";

/** A resource of a synthesized stack, or of a state: both name its values alike. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

type StackFile = { resource?: Record<string, Record<string, Resource["values"]>> };

/** The resources in the Terraform JSON of a stack. */
export function stackResources(file: string): Resource[] {
  const { resource = {} }: StackFile = JSON.parse(readFileSync(file, "utf8"));
  return Object.entries(resource).flatMap(([type, resources]) =>
    Object.entries(resources).map(([name, values]) => ({ type, name, values })),
  );
}

/** How Terraform calls a resource. */
export function addressOf({ type, name }: Resource): string {
  return `${type}.${name}`;
}

/** Names of the networks that the containers among them are on. */
export function networkNames(resources: readonly Resource[]): string[] {
  const networks = resources
    .filter(({ type }) => type === "docker_container")
    .flatMap(({ values }) => (values.networks_advanced ?? []) as readonly { readonly name: string }[]);
  return [...new Set(networks.map(({ name }) => name))];
}
