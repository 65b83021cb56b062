import { KitError } from "../../kit/errors";
import type { Deployment } from "../deployment/deployment";
import { withKeycloakAdmin } from "../keycloak/keycloak-admin";
import { type PlannedChange, plannedChanges } from "../terraform/planned-changes";
import type { PlanJson } from "../terraform/terraform";

/** What Keycloak's provider would do, in words: of clients in somebody else's realm, where they are and what they end. */
export async function identityChanges(
  deployment: Deployment,
  plan: PlanJson,
  stackFile: string,
): Promise<PlannedChange[]> {
  const { environment } = deployment;
  const changes = plannedChanges(plan, stackFile, environment);
  const { managed, url } = environment.platform.services.keycloak;
  if (managed) return changes;
  return Promise.all(
    changes.map(async (change) => {
      const planned = plan.resource_changes?.find(({ address }) => address === change.address);
      if (planned?.type !== "keycloak_openid_client") return change;
      const { before, after } = planned.change;
      const { client_id, realm_id, id } = { ...after, ...before };
      const named = { ...change, name: `client ${client_id} in realm ${realm_id} of ${url}` };
      if (change.action !== "delete" && change.action !== "replace") return named;
      return { ...named, ends: [await endedSessions(deployment, String(realm_id), String(id))] };
    }),
  );
}

async function endedSessions(deployment: Deployment, realm: string, id: string): Promise<string> {
  try {
    const [active, offline] = await withKeycloakAdmin(deployment, ({ clients }) =>
      Promise.all([clients.getSessionCount({ realm, id }), clients.getOfflineSessionCount({ realm, id })]),
    );
    return `its sessions end: ${active.count}, offline ones: ${offline.count}`;
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return "its sessions end, which nobody could count";
  }
}
