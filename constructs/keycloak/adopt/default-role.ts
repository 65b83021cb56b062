import { bareRealm } from "../compare/bare-realm";
import type { Editable } from "./shape";

/** Composite roles of the role that every user has. */
export function addToDefaultRole(
  realm: Editable,
  where: "realm" | "client",
  names: string[],
  client = "",
): void {
  realm.roles ??= {};
  const roles = realm.roles as { realm?: Editable[] };
  roles.realm ??= [];
  const name = String(
    (realm.defaultRole as Editable | undefined)?.name ?? `default-roles-${String(realm.realm).toLowerCase()}`,
  );
  let role = roles.realm.find((one) => one.name === name);
  if (!role) {
    role = usualDefaultRole(realm, name);
    roles.realm.push(role);
  }
  realm.defaultRole ??= { name, description: "${role_default-roles}" };
  role.composites ??= {};
  const composites = role.composites as { realm?: string[]; client?: Record<string, string[]> };
  if (where === "realm") {
    composites.realm = [...new Set([...(composites.realm ?? []), ...names])];
  } else {
    composites.client = {
      ...composites.client,
      [client]: [...new Set([...(composites.client?.[client] ?? []), ...names])],
    };
  }
}

/**
 * The default role with what Keycloak 26 puts into it when it imports an old realm: offline_access always, the others
 * unless the export has their role or client.
 */
function usualDefaultRole(realm: Editable, name: string): Editable {
  const { realm: own = [] } = realm.roles as { realm?: Editable[] };
  const bare = bareRealm(String(realm.realm));
  const usual = (bare.roles?.realm as unknown as Editable[]) ?? [];
  const missing = usual.filter(
    (role) =>
      ["offline_access", "uma_authorization"].includes(String(role.name)) && !hasNamed(own, role.name),
  );
  own.push(...missing);
  const standard = usual.find((role) => String(role.name).startsWith("default-roles-"))
    ?.composites as Editable;
  const clients = (realm.clients ?? []) as Editable[];
  return {
    name,
    description: "${role_default-roles}",
    composite: true,
    composites: {
      realm: [...new Set(["offline_access", ...missing.map((role) => role.name)])],
      ...(!clients.some(({ clientId }) => clientId === "account") && { client: standard.client }),
    },
  };
}

function hasNamed(list: readonly Editable[], name: unknown): boolean {
  return list.some((one) => one.name === name);
}
