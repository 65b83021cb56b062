import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import type { Deployment } from "../deployment/deployment";
import { type KeycloakAdmin, withAdminApi } from "./admin-api";
import { othersKeycloak } from "./others-keycloak";
import { ownKeycloak } from "./own-keycloak";

/**
 * Works with Keycloak's admin API as the environment's administrator.
 *
 * @throws KeycloakUnreachable
 * @throws KitError when it does not take the stored password, or refuses what is asked of it
 */
export async function withKeycloakAdmin<T>(
  deployment: Deployment,
  work: (admin: KeycloakAdmin) => Promise<T>,
): Promise<T> {
  const { managed } = deployment.environment.platform.services.keycloak;
  return withAdminApi((managed ? ownKeycloak : othersKeycloak)(deployment), work);
}

/** Whether Keycloak has a realm of this name. @throws as `withKeycloakAdmin` */
export async function realmRuns(deployment: Deployment, name: string): Promise<boolean> {
  return withKeycloakAdmin(
    deployment,
    // Null, whatever its type says.
    async ({ realms }) => Boolean(await realms.findOne({ realm: name })),
  );
}

/** A realm as it runs. Undefined when there is none. */
export async function runningRealm(
  admin: KeycloakAdmin,
  name: string,
): Promise<RealmRepresentation | undefined> {
  return (await admin.realms.findOne({ realm: name })) ? exportedRealm(admin, name) : undefined;
}

/**
 * A realm as it runs, with its clients' secrets; other secrets are masked. It has no users, except those of service
 * accounts.
 */
export async function exportedRealm(admin: KeycloakAdmin, name: string): Promise<RealmRepresentation> {
  const realm = await admin.realms.export({ realm: name, exportClients: true, exportGroupsAndRoles: true });
  const clients = await admin.clients.find({ realm: name });
  const secrets = new Map(clients.map(({ clientId, secret }) => [clientId, secret]));
  for (const client of realm.clients ?? []) {
    const secret = secrets.get(client.clientId);
    if (secret !== undefined) client.secret = secret;
  }
  return realm;
}
