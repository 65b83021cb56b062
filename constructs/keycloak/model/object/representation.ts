import { Secret } from "../../../workload/secret";
import type { RealmRepresentation } from "../../representation/realm-template";

/** A representation in which each text may still be a secret that nothing prints. */
export type Covered<T> = T extends string
  ? T | Secret
  : T extends readonly (infer Item)[]
    ? Covered<Item>[]
    : T extends object
      ? { [Key in keyof T]: Covered<T[Key]> }
      : T;

/** A realm while its objects add their parts to it. */
export type RealmDraft = Covered<RealmRepresentation>;

export type ClientRepresentation = NonNullable<RealmRepresentation["clients"]>[number];
export type MapperRepresentation = NonNullable<ClientRepresentation["protocolMappers"]>[number];
export type RoleRepresentation = NonNullable<RealmRepresentation["defaultRole"]>;
export type GroupRepresentation = NonNullable<RealmRepresentation["groups"]>[number];

/** Keycloak's types do not say what these hold. */
export interface ClientScopeRepresentation {
  readonly name?: string;
  readonly protocolMappers?: readonly MapperRepresentation[];
}

export interface FlowRepresentation {
  readonly alias?: string;
  readonly builtIn?: boolean;
  readonly authenticationExecutions?: readonly {
    readonly flowAlias?: string;
    readonly authenticator?: string;
  }[];
}

/** A component of an export, whose configuration is lists of texts. */
export interface Component {
  readonly name?: string;
  readonly providerId: string;
  readonly config: Readonly<Record<string, readonly (string | Secret)[]>>;
  readonly subComponents?: Readonly<Record<string, readonly Component[]>>;
}

export { componentType } from "../../representation/component-type";

/** What a setting of a component, mapper or identity provider is given as: it becomes a text. */
export type ConfigValue = string | number | boolean;

export type Config = Readonly<Record<string, ConfigValue | undefined>>;

/** One that may hold secrets. It is none of a mapper: Terraform would write its secrets into the state. */
export type SecretConfig = Readonly<Record<string, ConfigValue | Secret | undefined>>;

/** As texts; what is undefined is left out. */
export function configTexts(config: SecretConfig): Record<string, string | Secret> {
  const texts: Record<string, string | Secret> = {};
  for (const [key, value] of Object.entries(config)) {
    if (value !== undefined) texts[key] = value instanceof Secret ? value : String(value);
  }
  return texts;
}

/** As a component's lists of one text. */
export function configLists(config: SecretConfig): Record<string, (string | Secret)[]> {
  return Object.fromEntries(Object.entries(configTexts(config)).map(([key, text]) => [key, [text]]));
}

export function components(realm: RealmDraft | RealmRepresentation, type: string): readonly Component[] {
  const all = realm.components as Record<string, readonly Component[]> | undefined;
  return all?.[type] ?? [];
}

export function addComponent(realm: RealmDraft, type: string, component: Component): void {
  realm.components = {
    ...realm.components,
    [type]: [...components(realm, type), component],
  } as NonNullable<RealmDraft["components"]>;
}

/** A secret of a realm, with the way to it: `clients.james.secret`. Names stand where lists have numbers. */
export interface RealmSecret {
  readonly path: string;
  readonly secret: Secret;
}

/** Every secret replaced by a text. */
export function uncovered<T>(value: T, secretText: (secret: Secret, path: string) => string, path = ""): T {
  if (value instanceof Secret) return secretText(value, path) as T;
  if (Array.isArray(value)) {
    return value.map((item, index) => uncovered(item, secretText, step(path, nameOf(item) ?? index))) as T;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, uncovered(inner, secretText, step(path, key))]),
  ) as T;
}

function step(path: string, key: string | number): string {
  return path === "" ? `${key}` : `${path}.${key}`;
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null || item instanceof Secret) return undefined;
  const { clientId, username, alias, name } = item as Record<string, unknown>;
  return [clientId, username, alias, name].find((value) => typeof value === "string");
}
