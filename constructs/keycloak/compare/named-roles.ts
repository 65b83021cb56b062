import type { RealmRepresentation } from "../representation/realm-template";
import { bareRealm } from "./bare-realm";

/** A user or a group: who has roles by their names. */
interface RoleHolder {
  readonly realmRoles?: readonly string[];
  readonly clientRoles?: Readonly<Record<string, readonly string[]>>;
  readonly subGroups?: readonly RoleHolder[];
}

/**
 * The roles of a realm with those that only its users, groups and scope mappings name: an import makes these
 * (Keycloak 26.7.3). It makes none that only a composite role names, and refuses those of clients that there are not.
 */
export function withNamedRoles(realm: RealmRepresentation): NonNullable<RealmRepresentation["roles"]> {
  const {
    roles,
    users = [],
    groups = [],
    scopeMappings = [],
    clientScopeMappings = {},
    clients = [],
  } = realm;
  const bare = bareRealm(realm.realm ?? "");
  const holders = [...(users as RoleHolder[]), ...withSubGroups(groups as RoleHolder[])];
  const ofRealm = [...holders.flatMap(({ realmRoles = [] }) => realmRoles), ...rolesIn(scopeMappings)];
  const ofClients = [
    ...holders.flatMap(({ clientRoles = {} }) => Object.entries(clientRoles)),
    ...Object.entries(clientScopeMappings).map(([client, list]) => [client, rolesIn(list)] as const),
  ];
  const missing = (names: readonly string[], ...known: ({ name?: string }[] | undefined)[]) => {
    const taken = new Set(known.flatMap((list = []) => list.map(({ name }) => name)));
    return [...new Set(names)].filter((name) => !taken.has(name)).map((name) => ({ name }));
  };
  const added = missing(
    ofRealm,
    roles?.realm,
    bare.roles?.realm,
    realm.defaultRole ? [realm.defaultRole] : [],
  );
  const client = new Map(Object.entries(roles?.client ?? {}));
  const ownRoles = new Map(Object.entries(bare.roles?.client ?? {}));
  for (const { clientId = "" } of [...clients, ...(bare.clients ?? [])]) {
    const names = ofClients.flatMap(([id, list]) => (id === clientId ? list : []));
    const own = missing(names, client.get(clientId), ownRoles.get(clientId));
    if (own.length > 0) client.set(clientId, [...(client.get(clientId) ?? []), ...own]);
  }
  return {
    ...roles,
    ...(added.length > 0 && { realm: [...(roles?.realm ?? []), ...added] }),
    ...(client.size > 0 && { client: Object.fromEntries(client) }),
  };
}

function withSubGroups(groups: readonly RoleHolder[]): RoleHolder[] {
  return groups.flatMap((group) => [group, ...withSubGroups(group.subGroups ?? [])]);
}

function rolesIn(mappings: readonly { readonly roles?: readonly string[] }[]): readonly string[] {
  return mappings.flatMap(({ roles = [] }) => roles);
}
