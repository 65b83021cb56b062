import type { RealmRepresentation } from "../representation/realm-template";
import { bareRealm } from "./bare-realm";

/** Clients of Keycloak's own by which a browser logs in: people at their account, administrators of the realm. */
const consoleNames = ["account", "account-console", "security-admin-console"];

/** The scope by which tokens tell what their owner may do: without it a console refuses everybody. */
const rolesScope = "roles";

/**
 * The clients of consoles that a realm with scopes of its own does not name, and their default scopes: those of the
 * realm, and `roles`. Keycloak itself makes them before the scopes are there, and so without any.
 *
 * @returns no clients where the realm has no scope `roles`
 */
export function consoleClients({
  clientScopes,
  clients = [],
  defaultDefaultClientScopes = [],
}: RealmRepresentation): { readonly clientIds: readonly string[]; readonly scopes: readonly string[] } {
  if (!clientScopes?.some(({ name }) => name === rolesScope)) return { clientIds: [], scopes: [] };
  const named = new Set(clients.map(({ clientId }) => clientId));
  // Keycloak makes both or neither.
  const account = ["account", "account-console"];
  const taken = (clientId: string) =>
    account.includes(clientId) ? account.some((id) => named.has(id)) : named.has(clientId);
  return {
    clientIds: consoleNames.filter((clientId) => !taken(clientId)),
    scopes: [...new Set([...defaultDefaultClientScopes, rolesScope])],
  };
}

/**
 * A realm as it is imported: with the clients of consoles that it does not name, whole, since of a client that an import
 * names Keycloak makes nothing by itself.
 */
export function withConsoles(realm: RealmRepresentation): RealmRepresentation {
  const { clientIds, scopes } = consoleClients(realm);
  if (clientIds.length === 0) return realm;
  const bare = bareRealm(realm.realm ?? "");
  const clients = (bare.clients ?? [])
    .filter(({ clientId = "" }) => clientIds.includes(clientId))
    .map((client) => ({ ...client, defaultClientScopes: [...scopes], optionalClientScopes: [] }));
  return {
    ...realm,
    clients: [...(realm.clients ?? []), ...clients],
    ...(clientIds.includes("account") && accountRoles(realm, bare)),
  };
}

/** The roles that client `account` brings, and who has them: everybody. */
function accountRoles(
  realm: RealmRepresentation,
  bare: RealmRepresentation,
): Pick<RealmRepresentation, "roles" | "defaultRole" | "clientScopeMappings"> {
  const defaultRole = realm.defaultRole ?? bare.defaultRole;
  const usual = bare.roles?.realm?.filter(
    ({ name }) => realm.defaultRole === undefined || name !== bare.defaultRole?.name,
  );
  const mappings = (one: RealmRepresentation) => one.clientScopeMappings?.account ?? [];
  return {
    ...(defaultRole && { defaultRole }),
    roles: {
      ...realm.roles,
      realm: withMissing(realm.roles?.realm, usual),
      client: {
        ...realm.roles?.client,
        account: withMissing(realm.roles?.client?.account, bare.roles?.client?.account),
      },
    },
    clientScopeMappings: {
      ...realm.clientScopeMappings,
      account: [...mappings(bare), ...mappings(realm)],
    },
  };
}

function withMissing<T extends { name?: string }>(given: readonly T[] = [], more: readonly T[] = []): T[] {
  return [...given, ...more.filter(({ name }) => !given.some((one) => one.name === name))];
}
