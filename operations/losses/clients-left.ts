import { keycloakAddress } from "../../stacks/identity-stack";
import type { Deployment } from "../deployment/deployment";
import { type DeployedClients, deployedClients } from "../keycloak/deployed-clients";
import { withKeycloakAdmin } from "../keycloak/keycloak-admin";
import type { Loss } from "./realm-losses";

/** Clients in a Keycloak that is not the environment's any more, and never was its own: nobody would remove them. */
export async function clientsLeft(deployment: Deployment): Promise<Loss[]> {
  const deployed = deployedClients(deployment);
  if (!deployed || (await isTheirs(deployment, deployed))) return [];
  const { url, clients } = deployed;
  return [...new Set(clients.map(({ realm }) => realm))].map((name) => {
    const ids = clients.filter(({ realm }) => realm === name).map(({ clientId }) => clientId);
    return {
      ...{ realm: name, by: "clients" },
      what: `would keep what the kit has made in it at ${url}: clients ${ids.join(", ")}`,
      fix: "Keep keycloak of the environment file as it was, or run `down` with it",
    };
  });
}

/** Whether the environment's Keycloak is the one that has them, by another URL maybe. */
async function isTheirs(deployment: Deployment, { url, clients }: DeployedClients): Promise<boolean> {
  const { environment } = deployment;
  const { admin, managed } = environment.platform.services.keycloak;
  if (managed || !admin) return false;
  if (keycloakAddress(environment) === url) return true;
  const found = await withKeycloakAdmin(deployment, (api) =>
    Promise.all(clients.map(({ realm, id }) => api.clients.findOne({ realm, id }))),
  );
  return found.some(Boolean);
}
