import { literal } from "../../../terraform/terraform-literal";
import { OpenidClientServiceAccountRealmRole } from "../../bindings/openid-client-service-account-realm-role";
import { OpenidClientServiceAccountRole } from "../../bindings/openid-client-service-account-role";
import { User, type UserConfig } from "../../bindings/user";
import { UserGroups } from "../../bindings/user-groups";
import { UserRoles } from "../../bindings/user-roles";
import { isEmpty } from "../../compare/values";
import { joined } from "../mapping/conversions";
import { attributesOf, type FieldMapping, type JsonMap, sameNames } from "../mapping/field-mapping";
import type { RealmScope } from "../realm/realm-scope";
import { type RealmGroup, rolesOf } from "./groups";
import { clientId, defaultRole } from "./roles";

/** keycloak_user. */
export const userTable: readonly FieldMapping[] = [
  ...sameNames("username", "email", "emailVerified", "enabled", "firstName", "lastName", "requiredActions"),
  { at: "attributes", to: "attributes", as: joined },
  { at: "realmRoles", is: "translated", why: "by a resource of its own" },
  { at: "clientRoles", is: "translated", why: "by a resource of its own" },
  { at: "groups", is: "translated", why: "by a resource of its own" },
  {
    at: "credentials",
    is: "inexpressible",
    why: "the provider would write the password into its state: set it in Keycloak",
    when: (value) => !isEmpty(value),
  },
  ...["id", "createdTimestamp", "totp", "notBefore", "access", "disableableCredentialTypes", "origin"].map(
    (at): FieldMapping => ({
      at,
      is: "default",
      why: "it is state, not configuration",
      when: (value) => value !== true,
    }),
  ),
];

/** The user that a client with a service account is: it is there by its client, only its roles are given. */
export const serviceAccountTable: readonly FieldMapping[] = [
  { at: "realmRoles", is: "translated", why: "by resources of their own" },
  { at: "clientRoles", is: "translated", why: "by resources of their own" },
  { at: "groups", is: "translated", why: "by a resource of its own" },
  ...["attributes", "email", "firstName", "lastName"].map(
    (at): FieldMapping => ({ at, is: "translated", why: "by a program, since the client makes the user" }),
  ),
  {
    at: "username",
    is: "inexpressible",
    why: "its client gives it its name",
    when: (name, { serviceAccountClientId: client }) =>
      name !== `service-account-${String(client).toLowerCase()}`,
  },
  ...[
    "username",
    "enabled",
    "serviceAccountClientId",
    "emailVerified",
    "totp",
    "id",
    "createdTimestamp",
    "notBefore",
  ].map((at): FieldMapping => ({ at, is: "default", why: "it follows from the client" })),
  ...["disableableCredentialTypes", "requiredActions"].map(
    (at): FieldMapping => ({ at, is: "default", why: "a service account has none", when: isEmpty }),
  ),
];

export interface UserRepresentation extends RealmGroup {
  readonly username?: string;
  readonly serviceAccountClientId?: string;
  readonly groups?: readonly string[];
}

/** Users that are kept in Keycloak itself: programs, not the people of a directory. */
export function userResources(scope: RealmScope): void {
  for (const user of (scope.representation.users ?? []) as UserRepresentation[]) {
    // Who comes from a federation is there by it.
    if (!isEmpty((user as JsonMap).federationLink)) continue;
    if (user.serviceAccountClientId) serviceAccount(scope, user, user.serviceAccountClientId);
    else ownUser(scope, user);
  }
}

function ownUser(scope: RealmScope, user: UserRepresentation): void {
  const { username = "" } = user;
  const resource = new User(scope, scope.idOf("user", username), {
    ...attributesOf<UserConfig>(userTable, { enabled: false, ...(user as JsonMap) }),
    realmId: scope.realmId,
    dependsOn: [...scope.emptied, ...scope.profile],
  });
  scope.existing(resource, user.id);
  scope.users.push(resource);
  const base = { realmId: scope.realmId, userId: resource.id };
  // Exhaustive: an import gives no default role to a user that it does not name for.
  new UserRoles(scope, scope.idOf("user", username, "roles"), { ...base, roleIds: rolesOf(scope, user) });
  groupsOf(scope, user, scope.idOf("user", username, "groups"), resource.id);
}

function groupsOf(scope: RealmScope, { groups = [] }: UserRepresentation, id: string, userId: string): void {
  const groupIds = groups.flatMap((path) => scope.groupIds.get(path) ?? []);
  if (groupIds.length === 0) return;
  new UserGroups(scope, id, { realmId: scope.realmId, userId, groupIds, exhaustive: false });
}

function serviceAccount(scope: RealmScope, user: UserRepresentation, client: string): void {
  const serviceAccountUserId = scope.serviceAccounts.get(client);
  if (serviceAccountUserId === undefined) return;
  const base = { realmId: scope.realmId, serviceAccountUserId };
  const { attributes, email, firstName, lastName } = user as JsonMap;
  const fields = JSON.stringify({ attributes, email, firstName, lastName });
  if (fields !== "{}") {
    scope.program(
      scope.idOf("service-account", client, "fields"),
      {
        command: "merge",
        triggers: { user: serviceAccountUserId, fields: literal(fields) },
        environment: {
          KIT_PATH: `${scope.name}/users/${serviceAccountUserId}`,
          KIT_FIELDS: literal(fields),
        },
      },
      scope.profile,
    );
  }
  groupsOf(scope, user, scope.idOf("service-account", client, "groups"), serviceAccountUserId);
  const { realmRoles = [] } = user;
  if (!realmRoles.includes(defaultRole(scope.name))) {
    // The client makes the user, and Keycloak gives it the role then. An import does not.
    scope.program(scope.idOf("service-account", client, "default-role"), {
      command: "revoke",
      triggers: { user: serviceAccountUserId },
      environment: { KIT_REALM: scope.name, KIT_USER: serviceAccountUserId },
    });
  }
  const own = realmRoles.filter((role) => role !== defaultRole(scope.name));
  for (const role of own) {
    new OpenidClientServiceAccountRealmRole(scope, scope.idOf("service-account", client, "role", role), {
      ...base,
      role,
      dependsOn: scope.roles,
    });
  }
  for (const [owner, roles] of Object.entries(user.clientRoles ?? {})) {
    for (const role of roles) {
      new OpenidClientServiceAccountRole(scope, scope.idOf("service-account", client, "role", owner, role), {
        ...base,
        clientId: clientId(scope, owner),
        role,
        dependsOn: scope.roles,
      });
    }
  }
}
