import { isObject } from "../../../../kit/json";
import { literal } from "../../../terraform/terraform-literal";
import { DataKeycloakOpenidClient } from "../../bindings/data-keycloak-openid-client";
import { DataKeycloakRole } from "../../bindings/data-keycloak-role";
import { DefaultRoles } from "../../bindings/default-roles";
import { GenericRoleMapper } from "../../bindings/generic-role-mapper";
import { Role, type RoleConfig } from "../../bindings/role";
import { builtInClients } from "../../representation/built-in-clients";
import { isBuiltInClientRole, unchangeableClient } from "../mapping/built-in-objects";
import { joined } from "../mapping/conversions";
import { attributesOf, type FieldMapping, type JsonMap } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";
import { canHaveRoles, scopeMappingsOf } from "./scope-mappings";

/** keycloak_role. */
export const roleTable: readonly FieldMapping[] = [
  { at: "name", to: "name" },
  { at: "description", to: "description" },
  { at: "attributes", to: "attributes", as: joined },
  { at: "composite", is: "translated", why: "by the roles that it is made of" },
  { at: "composites", is: "translated", why: "by references to roles" },
  { at: "clientRole", is: "translated", why: "by the client that it is of" },
  { at: "containerId", is: "default", why: "Keycloak chooses it" },
  { at: "id", is: "default", why: "Keycloak chooses it" },
];

interface RoleRepresentation {
  readonly id?: string;
  readonly name?: string;
  readonly composites?: {
    readonly realm?: readonly string[];
    readonly client?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Roles that Keycloak makes in every realm. */
export function isBuiltInRole(realm: string, name: string | undefined): boolean {
  const own = ["offline_access", "uma_authorization", defaultRole(realm)];
  return name !== undefined && own.includes(name);
}

export function defaultRole(realm: string): string {
  return `default-roles-${realm.toLowerCase()}`;
}

interface RolesOfRealm {
  readonly realm: readonly RoleRepresentation[];
  readonly client: readonly (readonly [string, readonly RoleRepresentation[]])[];
}

/** Roles that are not Keycloak's own. */
function ownRoles({ representation: { roles, realm = "" }, ownClients }: RealmScope) {
  const client = isObject(roles?.client) ? Object.entries(roles.client) : [];
  const mine = (id: string, list: unknown) =>
    (list as RoleRepresentation[]).filter((role) => !isBuiltInClientRole(id, role as JsonMap));
  return {
    realm: ((roles?.realm ?? []) as RoleRepresentation[]).filter(({ name }) => !isBuiltInRole(realm, name)),
    client: client
      .filter(([id]) => ownClients.has(id) || (builtInClients.has(id) && id !== unchangeableClient))
      .map(([id, list]) => [id, mine(id, list)] as const),
  } satisfies RolesOfRealm;
}

/** Realm roles and roles of clients. What is made of others comes after them. */
export function roleResources(scope: RealmScope): void {
  const { realm, client } = ownRoles(scope);
  const wanted = [
    ...realm.map((role) => ({ role, owner: undefined as string | undefined })),
    ...client.flatMap(([owner, roles]) =>
      roles.map((role) => ({ role, owner: owner as string | undefined })),
    ),
  ];
  const byKey = new Map(wanted.map((one) => [keyOf(one.role.name ?? "", one.owner), one]));
  const make = (key: string, path: readonly string[]): string | undefined => {
    const known = scope.roleIds.get(key);
    const one = byKey.get(key);
    // A circle of roles, which Keycloak allows, cannot be ordered.
    if (known !== undefined || !one || path.includes(key)) return known;
    const composites = referencesOf(one.role).map(({ name, client }) => {
      const id = make(keyOf(name, client), [...path, key]);
      return id ?? roleId(scope, name, client);
    });
    const { name = "" } = one.role;
    const role = new Role(
      scope,
      one.owner ? scope.idOf("client", one.owner, "role", name) : scope.idOf("role", name),
      {
        ...attributesOf<RoleConfig>(roleTable, one.role as JsonMap),
        realmId: scope.realmId,
        ...(one.owner && { clientId: clientId(scope, one.owner) }),
        ...(composites.length > 0 && { compositeRoles: composites }),
      },
    );
    scope.existing(role, one.role.id);
    scope.roleIds.set(key, role.id);
    scope.roles.push(role);
    return role.id;
  };
  for (const key of byKey.keys()) make(key, []);
  defaultRoles(scope);
  scopeMappings(scope);
}

function referencesOf({ composites }: RoleRepresentation): { name: string; client?: string }[] {
  return [
    ...(composites?.realm ?? []).map((name) => ({ name })),
    ...Object.entries(composites?.client ?? {}).flatMap(([client, names]) =>
      names.map((name) => ({ name, client })),
    ),
  ];
}

const keyOf = (name: string, client?: string) => JSON.stringify([client ?? null, name]);

/** A role by its name, also one that Keycloak makes by itself. */
export function roleId(scope: RealmScope, name: string, client?: string): string {
  const key = keyOf(name, client);
  const known = scope.roleIds.get(key);
  if (known !== undefined) return known;
  const realmId = scope.realmId;
  const data = new DataKeycloakRole(scope, scope.idOf("known-role", ...(client ? [client] : []), name), {
    realmId,
    name: literal(name),
    ...(client && { clientId: clientId(scope, client) }),
  });
  scope.roleIds.set(key, data.id);
  return data.id;
}

/** A client by its client id, also one that Keycloak makes by itself. */
export function clientId(scope: RealmScope, client: string): string {
  const known = scope.clientIds.get(client);
  if (known !== undefined) return known;
  const data = new DataKeycloakOpenidClient(scope, scope.idOf("known-client", client), {
    realmId: scope.realmId,
    clientId: literal(client),
  });
  scope.clientIds.set(client, data.id);
  return data.id;
}

/** What every user is given. */
function defaultRoles(scope: RealmScope): void {
  const roles = (scope.representation.roles?.realm ?? []) as RoleRepresentation[];
  const role = roles.find(({ name }) => name === defaultRole(scope.name));
  if (!role?.composites) return;
  const references = referencesOf(role);
  new DefaultRoles(scope, "default-roles", {
    realmId: scope.realmId,
    defaultRoles: references.map(({ name, client }) => literal(client ? `${client}/${name}` : name)),
    // It takes names: the roles must be there.
    dependsOn: scope.roles,
  });
}

/** Roles that a client or a client scope may put into tokens. */
function scopeMappings(scope: RealmScope): void {
  const { representation } = scope;
  for (const { client, clientScope, owner, roles } of scopeMappingsOf(representation)) {
    const holder = client ?? clientScope ?? "";
    const target = client
      ? { clientId: canHaveRoles(representation, client) ? clientId(scope, client) : undefined }
      : { clientScopeId: scope.clientScopeIds.get(holder) };
    if (!Object.values(target)[0]) continue;
    for (const role of roles) {
      new GenericRoleMapper(scope, scope.idOf("scope-mapping", holder, owner ?? "", role), {
        ...(target as { clientId: string }),
        realmId: scope.realmId,
        roleId: roleId(scope, role, owner),
      });
    }
  }
}
