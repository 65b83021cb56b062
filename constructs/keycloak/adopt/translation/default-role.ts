import { bareRealm } from "../../compare/bare-realm";
import { type Editable, forEachObject, join } from "../export/representation-objects";
import { ignored, type Note, translated } from "./field-rule";

/**
 * Moves the roles in the lists `defaultRoles`, which releases before 13 had, into the role that every user has, as
 * Keycloak's import does (`convertDeprecatedDefaultRoles` of its source).
 */
export function translateDefaultRoles(realm: Editable): Note[] {
  const ofRealm: string[] = [];
  const ofClients: [client: string, roles: string[]][] = [];
  const notes: Note[] = [];
  // Keycloak reads one or the other.
  const verdict = realm.defaultRole
    ? ignored("defaultRole says it")
    : translated("they are in the composite role default-roles-… now");
  forEachObject(realm, (kind, object, path) => {
    const names = object.defaultRoles;
    if ((kind !== "realm" && kind !== "client") || !Array.isArray(names)) return;
    delete object.defaultRoles;
    notes.push({ path: join(path, "defaultRoles"), ...verdict });
    const trimmed = names.map((name) => String(name).trim());
    if (kind === "realm") ofRealm.push(...trimmed);
    else ofClients.push([String(object.clientId), trimmed]);
  });
  if (notes.length > 0 && !realm.defaultRole) addDefaultRole(realm, ofRealm, ofClients);
  return notes;
}

function addDefaultRole(
  realm: Editable,
  ofRealm: readonly string[],
  ofClients: readonly (readonly [client: string, roles: readonly string[]])[],
): void {
  realm.roles ??= {};
  const roles = realm.roles as { realm?: Editable[]; client?: Record<string, Editable[]> };
  const bare = bareRealm(String(realm.realm));
  const usual = (bare.roles?.realm ?? []) as unknown as Editable[];
  const hasOwn = (name: string) =>
    has(roles.realm, name) && (name !== "offline_access" || has(realm.clientScopes, name));
  // Roles that an import makes by itself: they must be in the file before another role can be made of them.
  const added = ["offline_access", "uma_authorization"].filter((name) => !hasOwn(name));
  const realmRoles = [...new Set([...added, ...ofRealm])];
  const missing = realmRoles
    .filter((name) => !has(roles.realm, name))
    .map((name) => usual.find((role) => role.name === name) ?? { name });
  const isAccountGiven = ((realm.clients ?? []) as Editable[]).some(({ clientId }) => clientId === "account");
  const clientRoles = new Map<string, readonly string[]>(
    isAccountGiven ? [] : [["account", ["manage-account", "view-profile"]]],
  );
  for (const [client, names] of ofClients) {
    clientRoles.set(client, [...new Set([...(clientRoles.get(client) ?? []), ...names])]);
    const own = roles.client?.[client] ?? [];
    const more = names.filter((name) => !has(own, name)).map((name) => ({ name }));
    if (more.length > 0) roles.client = { ...roles.client, [client]: [...own, ...more] };
  }
  const role = { ...unusedName(realm, roles.realm), description: "${role_default-roles}" };
  roles.realm = [
    ...(roles.realm ?? []),
    ...missing,
    {
      ...role,
      composite: true,
      composites: {
        realm: realmRoles,
        ...(clientRoles.size > 0 && { client: Object.fromEntries(clientRoles) }),
      },
    },
  ];
  realm.defaultRole = { ...role };
}

function unusedName(realm: Editable, roles: readonly Editable[] | undefined): { name: string } {
  const usual = `default-roles-${String(realm.realm).toLowerCase()}`;
  let name = usual;
  for (let count = 1; has(roles, name); count += 1) name = `${usual}-${count}`;
  return { name };
}

function has(list: unknown, name: string): boolean {
  return Array.isArray(list) && list.some((one: Editable) => one.name === name);
}
