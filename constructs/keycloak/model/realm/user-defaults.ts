import { type IRole, type OrName, rolesByOwner } from "../object/references";
import type { Covered, RealmDraft, RoleRepresentation } from "../object/representation";

/** Keycloak's own, as an export of 26.7 shows them. An import takes a default role only with all that it is made of. */
const standardRoles: readonly RoleRepresentation[] = [
  { name: "offline_access", description: "${role_offline-access}", composite: false },
  { name: "uma_authorization", description: "${role_uma_authorization}", composite: false },
];
const standardAccountRoles = ["view-profile", "manage-account"];

function defaultRoleName(realm: RealmDraft): string {
  return String(realm.defaultRole?.name ?? `default-roles-${String(realm.realm).toLowerCase()}`);
}

/** Roles that every user has, beside those of Keycloak or of the representation. */
export function addDefaultRoles(realm: RealmDraft, roles: readonly OrName<IRole>[]): void {
  if (roles.length === 0) return;
  const name = defaultRoleName(realm);
  const present = realm.roles?.realm ?? [];
  const known = (wanted: string | undefined) => present.some((role) => role.name === wanted);
  const usual: Covered<RoleRepresentation>[] = known(name)
    ? []
    : [
        ...standardRoles.filter((role) => !known(role.name)),
        {
          name,
          description: "${role_default-roles}",
          composites: {
            realm: standardRoles.map((role) => String(role.name)),
            client: { account: [...standardAccountRoles] },
          },
        },
      ];
  realm.defaultRole ??= { name, description: "${role_default-roles}" };
  realm.roles = {
    ...realm.roles,
    realm: [...present, ...usual].map((role) => (role.name === name ? withComposites(role, roles) : role)),
  };
}

function withComposites(
  role: Covered<RoleRepresentation>,
  roles: readonly OrName<IRole>[],
): Covered<RoleRepresentation> {
  const more = rolesByOwner(roles);
  const { realm = [], client = {} } = role.composites ?? {};
  const clients = Object.entries(more.client).map(([id, names]) => [id, [...(client[id] ?? []), ...names]]);
  return {
    ...role,
    composite: true,
    composites: { realm: [...realm, ...more.realm], client: { ...client, ...Object.fromEntries(clients) } },
  };
}

/** An imported user has the roles and groups that it names and no others: not even those of every user. */
export function addUserDefaults(realm: RealmDraft, isNew: (index: number) => boolean): void {
  const { users, defaultGroups = [] } = realm;
  if (!users) return;
  realm.users = users.map((user, index) => {
    if (!isNew(index)) return user;
    const groups = [...new Set([...defaultGroups, ...(user.groups ?? [])])];
    return {
      ...user,
      realmRoles: [defaultRoleName(realm), ...(user.realmRoles ?? [])],
      ...(groups.length > 0 && { groups }),
    };
  });
}
