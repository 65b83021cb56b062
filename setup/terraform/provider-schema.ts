import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../kit/package-root";

/** What `terraform providers schema -json` tells about a provider: names, types and flags, without its texts. */
export interface ProviderSchema {
  readonly provider: ResourceSchema;
  readonly resource_schemas: Readonly<Record<string, ResourceSchema>>;
  readonly data_source_schemas: Readonly<Record<string, ResourceSchema>>;
}

interface ResourceSchema {
  readonly version: number;
  readonly block: Block;
}

interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, NestedBlock>>;
}

interface Attribute {
  readonly nested_type?: Block;
  readonly [flag: string]: unknown;
}

interface NestedBlock {
  readonly block: Block;
  readonly [flag: string]: unknown;
}

const FOLDER = join(packageRoot, "schemas");

/** The providers that the kit has bindings of. */
export type ProviderName = "docker" | "keycloak";

/** The release whose facts the kit has, and which its bindings are generated from. */
export interface ProviderFacts {
  /** `5.9.0`. */
  readonly version: string;
  readonly file: string;
  readonly schema: ProviderSchema;
}

/** What `schemas/` has; `scripts/refresh-provider-schema.ts` replaces it. */
export function providerFacts(name: ProviderName, folder: string = FOLDER): ProviderFacts {
  const found = providerFiles(name, folder);
  const [only] = found;
  if (!only || found.length > 1)
    throw new Error(`${folder} must have one ${name}-provider-<version>.json: ${JSON.stringify(found)}`);
  return { ...only, schema: JSON.parse(readFileSync(only.file, "utf8")) };
}

/** Every file of such facts. */
export function providerFiles(
  name: ProviderName,
  folder: string = FOLDER,
): { version: string; file: string }[] {
  const pattern = new RegExp(`^${name}-provider-(\\d+\\.\\d+\\.\\d+)\\.json$`);
  return readdirSync(folder).flatMap((entry) => {
    const version = pattern.exec(entry)?.[1];
    return version ? [{ version, file: join(folder, entry) }] : [];
  });
}

/** Reads the output of `terraform providers schema -json`, which names providers with their host. */
export function parseProviderSchema(json: string, source: string): ProviderSchema {
  const all: Record<string, ProviderSchema> = JSON.parse(json).provider_schemas ?? {};
  const name = Object.keys(all).find((name) => name.endsWith(`/${source}`));
  if (name === undefined) throw new Error(`no schema of ${source}, only of: ${Object.keys(all).join(", ")}`);
  const { provider, resource_schemas, data_source_schemas } = all[name] as ProviderSchema;
  const each = (schemas: ProviderSchema["resource_schemas"]) => mapValues(schemas ?? {}, resourceFacts);
  return {
    provider: resourceFacts(provider),
    resource_schemas: each(resource_schemas),
    data_source_schemas: each(data_source_schemas),
  };
}

function resourceFacts({ version, block }: ResourceSchema): ResourceSchema {
  return { version, block: blockFacts(block) };
}

function blockFacts(block: Block): Block {
  return {
    ...withoutTexts(block),
    ...(block.attributes && { attributes: mapValues(block.attributes, attributeFacts) }),
    ...(block.block_types && {
      block_types: mapValues(block.block_types, (nested) => ({ ...nested, block: blockFacts(nested.block) })),
    }),
  };
}

function attributeFacts(attribute: Attribute): Attribute {
  return {
    ...withoutTexts(attribute),
    ...(attribute.nested_type && { nested_type: blockFacts(attribute.nested_type) }),
  };
}

/** Not by name at any depth: there are attributes named `description`. */
function withoutTexts<T extends object>(facts: T): T {
  const texts = new Set(["description", "description_kind", "deprecation_message"]);
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !texts.has(name))) as T;
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/**
 * What `wanted` has and `installed` has not, e.g. `keycloak_role`, `keycloak_openid_client.client_secret_wo`,
 * `keycloak_realm.smtp_server.auth`.
 */
export function lackingFrom(installed: ProviderSchema, wanted: ProviderSchema): string[] {
  return [
    ...lackingBlock("provider", installed.provider.block, wanted.provider.block),
    ...lackingResources("", installed.resource_schemas, wanted.resource_schemas),
    ...lackingResources("data.", installed.data_source_schemas, wanted.data_source_schemas),
  ];
}

type Resources = ProviderSchema["resource_schemas"];

function lackingResources(prefix: string, installed: Resources, wanted: Resources): string[] {
  return Object.entries(wanted).flatMap(([name, { block }]) =>
    lackingBlock(prefix + name, installed[name]?.block, block),
  );
}

function lackingBlock(path: string, installed: Block | undefined, wanted: Block): string[] {
  if (!installed) return [path];
  const inside = { ...installed.attributes, ...installed.block_types };
  return [
    ...Object.keys(wanted.attributes ?? {}).flatMap((name) => (inside[name] ? [] : [`${path}.${name}`])),
    ...Object.entries(wanted.block_types ?? {}).flatMap(([name, { block }]) =>
      lackingBlock(`${path}.${name}`, installed.block_types?.[name]?.block, block),
    ),
  ];
}
