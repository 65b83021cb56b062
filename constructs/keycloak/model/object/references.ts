import type { Construct } from "constructs";
import type { ObjectKind, Reference } from "./realm-object";

/** An object of a realm that others can refer to: built here or existing. */
interface InRealm {
  /** The realm that it belongs to. */
  readonly realm: Construct;
}

export interface IOidcClient extends InRealm {
  readonly clientId: string;
}

export interface IClientScope extends InRealm {
  readonly scopeName: string;
}

/** A role of the realm, or of a client. */
export interface IRole extends InRealm {
  readonly roleName: string;
  readonly client?: IOidcClient;
}

export interface IGroup extends InRealm {
  /** `/parent/child` */
  readonly path: string;
}

export interface IAuthenticationFlow extends InRealm {
  readonly alias: string;
}

/** Props take an object, or the name of what exists already. */
export type OrName<T> = T | string;

export function clientName(client: OrName<IOidcClient>): string {
  return typeof client === "string" ? client : client.clientId;
}

export function scopeName(scope: OrName<IClientScope>): string {
  return typeof scope === "string" ? scope : scope.scopeName;
}

/** A name that contains no slash is a group at the top. */
export function groupPath(group: OrName<IGroup>): string {
  const path = typeof group === "string" ? group : group.path;
  return path.startsWith("/") ? path : `/${path}`;
}

export function flowAlias(flow: OrName<IAuthenticationFlow>): string {
  return typeof flow === "string" ? flow : flow.alias;
}

/** A name is a realm role's. */
export function roleName(role: OrName<IRole>): string {
  return typeof role === "string" ? role : role.roleName;
}

/** Roles as Keycloak lists them: those of the realm by name, those of clients by client id and name. */
export function rolesByOwner(roles: readonly OrName<IRole>[]): {
  realm: string[];
  client: Record<string, string[]>;
} {
  const found = { realm: [] as string[], client: {} as Record<string, string[]> };
  for (const role of roles) {
    const owner = typeof role === "string" ? undefined : role.client?.clientId;
    if (owner === undefined) found.realm.push(roleName(role));
    else found.client[owner] = [...(found.client[owner] ?? []), roleName(role)];
  }
  return found;
}

/** The references in a prop that takes objects or names. */
export function mentions<T extends InRealm>(
  field: string,
  kind: ObjectKind,
  given: OrName<T> | readonly OrName<T>[] | undefined,
): Reference[] {
  const list = given === undefined ? [] : Array.isArray(given) ? given : [given];
  return (list as readonly OrName<T>[]).map((object) => ({
    field,
    kind,
    name: nameOf(object),
    realm: typeof object === "string" ? undefined : object.realm,
  }));
}

function nameOf(object: OrName<object>): string {
  if (typeof object === "string") return object;
  const { clientId, scopeName, roleName, path, alias } = object as Record<string, unknown>;
  return String(clientId ?? scopeName ?? roleName ?? path ?? alias);
}
