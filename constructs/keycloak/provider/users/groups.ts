import { DefaultGroups } from "../../bindings/default-groups";
import { Group, type GroupConfig } from "../../bindings/group";
import { GroupRoles } from "../../bindings/group-roles";
import { joined } from "../mapping/conversions";
import { attributesOf, type FieldMapping, type JsonMap } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";
import { roleId } from "./roles";

/** keycloak_group. */
export const groupTable: readonly FieldMapping[] = [
  { at: "name", to: "name" },
  { at: "description", to: "description" },
  { at: "attributes", to: "attributes", as: joined },
  { at: "realmRoles", is: "translated", why: "by a resource of its own" },
  { at: "clientRoles", is: "translated", why: "by a resource of its own" },
  { at: "subGroups", is: "translated", why: "by resources of their own" },
  ...["id", "path", "parentId", "subGroupCount", "access"].map(
    (at): FieldMapping => ({ at, is: "default", why: "it follows from where the group is" }),
  ),
];

export interface RealmGroup {
  readonly id?: string;
  readonly name?: string;
  readonly realmRoles?: readonly string[];
  readonly clientRoles?: Readonly<Record<string, readonly string[]>>;
  readonly subGroups?: readonly RealmGroup[];
}

/** Groups with their roles. */
export function groupResources(scope: RealmScope): void {
  const groups = (scope.representation.groups ?? []) as RealmGroup[];
  for (const group of groups) groupResource(scope, group, "", undefined);
}

/** Groups that new users are in. */
export function defaultGroupResource(scope: RealmScope): void {
  const { defaultGroups = [] } = scope.representation;
  const groupIds = defaultGroups.flatMap((path) => scope.groupIds.get(path) ?? []);
  if (groupIds.length === 0) return;
  new DefaultGroups(scope, "default-groups", { realmId: scope.realmId, groupIds, dependsOn: scope.users });
}

function groupResource(
  scope: RealmScope,
  group: RealmGroup,
  parent: string,
  parentId: string | undefined,
): void {
  const path = `${parent}/${group.name}`;
  const resource = new Group(scope, scope.idOf("group", path), {
    ...attributesOf<GroupConfig>(groupTable, group as JsonMap),
    realmId: scope.realmId,
    ...(parentId && { parentId }),
  });
  scope.existing(resource, group.id);
  scope.groupIds.set(path, resource.id);
  const roles = rolesOf(scope, group);
  if (roles.length > 0) {
    new GroupRoles(scope, scope.idOf("group", path, "roles"), {
      realmId: scope.realmId,
      groupId: resource.id,
      roleIds: roles,
    });
  }
  for (const child of group.subGroups ?? []) groupResource(scope, child, path, resource.id);
}

/** Ids of the roles that a group or a user has. */
export function rolesOf(
  scope: RealmScope,
  { realmRoles = [], clientRoles = {} }: Pick<RealmGroup, "realmRoles" | "clientRoles">,
): string[] {
  return [
    ...realmRoles.map((name) => roleId(scope, name)),
    ...Object.entries(clientRoles).flatMap(([client, names]) =>
      names.map((name) => roleId(scope, name, client)),
    ),
  ];
}
