import { bareRealm } from "../../compare/bare-realm";
import { builtInClients } from "../../representation/built-in-clients";
import type { RealmRepresentation } from "../../representation/realm-template";
import {
  isOpenid,
  isUnchangedClient,
  isUnchangedScope,
  unchangeableClient,
} from "../mapping/built-in-objects";
import type { FieldReport, JsonMap } from "../mapping/field-mapping";

/** Roles that a client or a client scope may put into tokens. */
interface ScopeMapping {
  readonly client?: string;
  readonly clientScope?: string;
  /** Client that the roles are of. @default the realm */
  readonly owner?: string;
  /** Without those that Keycloak gives by itself. */
  readonly roles: readonly string[];
  /** `clientScopeMappings[account][shop]`. */
  readonly path: string;
}

type MappingRepresentation = Pick<ScopeMapping, "client" | "clientScope"> & {
  readonly roles?: readonly string[];
};

/** Those of the realm's roles and of clients' roles, as far as Keycloak does not make them. */
export function scopeMappingsOf(realm: RealmRepresentation): ScopeMapping[] {
  const own = mappingsIn(bareRealm(realm.realm ?? ""));
  return mappingsIn(realm).map((mapping) => {
    const made = own.find((one) => one.path === mapping.path)?.roles ?? [];
    return {
      ...mapping,
      roles: mapping.roles.filter((role) => !isLeftToKeycloak(realm, mapping) || !made.includes(role)),
    };
  });
}

function mappingsIn({ scopeMappings = [], clientScopeMappings = {} }: RealmRepresentation): ScopeMapping[] {
  const of = (list: readonly MappingRepresentation[], path: string, owner?: string) =>
    list.map(({ client, clientScope, roles = [] }) => ({
      ...(client !== undefined && { client }),
      ...(clientScope !== undefined && { clientScope }),
      ...(owner !== undefined && { owner }),
      roles,
      path: `${path}[${client ?? clientScope}]`,
    }));
  return [
    ...of(scopeMappings as MappingRepresentation[], "scopeMappings"),
    ...Object.entries(clientScopeMappings as Record<string, MappingRepresentation[]>).flatMap(
      ([owner, list]) => of(list, `clientScopeMappings[${owner}]`, owner),
    ),
  ];
}

/** Whether the client or scope is one that Keycloak makes, roles included. */
function isLeftToKeycloak(
  { clientScopes, ...realm }: RealmRepresentation,
  { client, clientScope }: ScopeMapping,
): boolean {
  if (client === undefined) return !clientScopes || isScopeLeftToKeycloak(clientScopes, clientScope);
  const found = realm.clients?.find(({ clientId }) => clientId === client);
  return found ? isUnchangedClient(realm, found as JsonMap) : builtInClients.has(client);
}

function isScopeLeftToKeycloak(
  scopes: NonNullable<RealmRepresentation["clientScopes"]>,
  name: string | undefined,
): boolean {
  const scope = scopes.find((one) => one.name === name);
  return scope === undefined ? name === "offline_access" : isUnchangedScope(scope as JsonMap);
}

/** Whether scope mappings of a client can be made: the kit makes the client, or Keycloak does. */
export function canHaveRoles({ clients = [] }: RealmRepresentation, client: string): boolean {
  if (client === unchangeableClient) return false;
  const found = clients.find(({ clientId }) => clientId === client);
  return found ? isOpenid(found) : builtInClients.has(client);
}

/** What becomes of a realm's scope mappings. */
export function scopeMappingReports(realm: RealmRepresentation): FieldReport[] {
  return scopeMappingsOf(realm).map(({ path, client, clientScope, roles }) => {
    if (roles.length === 0) return { path, kind: "default", reason: "Keycloak makes it by itself" };
    const scope = realm.clientScopes?.find(({ name }) => name === clientScope);
    const isMapped =
      client === undefined ? scope && !isUnchangedScope(scope as JsonMap) : canHaveRoles(realm, client);
    return isMapped
      ? { path, kind: "translated", reason: "by references to roles" }
      : { path, kind: "inexpressible", reason: "what would hold the roles is not made" };
  });
}
