import { builtInClients } from "../../constructs/keycloak/representation/built-in-clients";
import { wantedRealms } from "../../stacks/wanted-realms";
import type { Deployment } from "../deployment/deployment";

/** A client that is given people's passwords and gets a token for them, without Keycloak's login page. */
export interface PasswordClient {
  readonly realm: string;
  readonly clientId: string;
}

/** Clients that take passwords directly (password grant), but for Keycloak's own, whose tokens nobody takes for mail. */
export function passwordClients({
  environment,
  secrets,
}: Pick<Deployment, "environment" | "secrets">): PasswordClient[] {
  return wantedRealms(environment, secrets).flatMap(({ name, representation: { clients = [] } }) =>
    clients
      .filter(
        ({ directAccessGrantsEnabled, enabled = true }) => enabled && directAccessGrantsEnabled === true,
      )
      .map(({ clientId = "" }) => ({ realm: name, clientId }))
      .filter(({ clientId }) => !builtInClients.has(clientId)),
  );
}

/** Sentences about such clients, one for each realm that has some. */
export function passwordClientLines(clients: readonly PasswordClient[]): string[] {
  return [...new Set(clients.map(({ realm }) => realm))].map((name) => {
    const ids = clients.filter(({ realm }) => realm === name).map(({ clientId }) => clientId);
    return `realm ${name}: ${ids.length > 1 ? "clients" : "client"} ${ids.join(", ")} ${ids.length > 1 ? "take" : "takes"} passwords directly`;
  });
}
