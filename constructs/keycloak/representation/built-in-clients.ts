/** Clients that Keycloak makes in every realm. */
export const builtInClients: ReadonlySet<string> = new Set([
  "account",
  "account-console",
  "admin-cli",
  "broker",
  "realm-management",
  "security-admin-console",
]);
