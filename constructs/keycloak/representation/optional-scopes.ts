import type { RealmRepresentation } from "./realm-template";

export const offlineAccess = "offline_access";

/**
 * Client scopes that clients have as optional ones, in a realm with scopes of its own: an import makes `offline_access`
 * where it is not among them, and gives it to all (Keycloak 26.7.3).
 */
export function optionalScopes({
  clientScopes = [],
  defaultOptionalClientScopes = [],
}: Pick<RealmRepresentation, "clientScopes" | "defaultOptionalClientScopes">): string[] {
  const isGiven = clientScopes.some(({ name }) => name === offlineAccess);
  return [...new Set([...defaultOptionalClientScopes, ...(isGiven ? [] : [offlineAccess])])];
}
