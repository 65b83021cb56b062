import { KitError } from "../../kit/errors";
import { keycloakAddress } from "../../stacks/identity-stack";
import type { Deployment } from "../deployment/deployment";
import { type DeployedClients, deployedClients } from "./deployed-clients";
import { withKeycloakAdmin } from "./keycloak-admin";

/** What became of the clients of an environment in a Keycloak that is not its own. */
export interface RemovedClients {
  /** `client oidc in realm acme of https://sso.example.com/auth`. */
  readonly removed: readonly string[];
  readonly left: readonly string[];
  /** Why some are left, as a sentence. */
  readonly reason?: string;
}

/**
 * Removes them there, and nothing else. Where that cannot be, it says what is left and why.
 *
 * @param open fails where the environment file cannot be read
 * @returns undefined when there are none
 */
export async function removeClients(
  files: Pick<Deployment, "identityStateFile">,
  open: () => Deployment,
): Promise<RemovedClients | undefined> {
  let deployed: DeployedClients | undefined;
  try {
    deployed = deployedClients(files);
    if (!deployed) return undefined;
    await remove(open(), deployed);
    return { removed: namesOf(deployed), left: [] };
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    const left = deployed ? namesOf(deployed) : ["clients, if it has made any in a Keycloak of others"];
    return { removed: [], left, reason: shortly(error) };
  }
}

async function remove(deployment: Deployment, { url, clients }: DeployedClients): Promise<void> {
  const { environment } = deployment;
  const { admin, managed } = environment.platform.services.keycloak;
  if (managed || !admin || keycloakAddress(environment) !== url) {
    throw new KitError(`the environment file no longer names an administrator of ${url}`);
  }
  await withKeycloakAdmin(deployment, async (api) => {
    for (const { realm, id } of clients) {
      if (await api.clients.findOne({ realm, id })) await api.clients.del({ realm, id });
    }
  });
}

function namesOf({ url, clients }: DeployedClients): string[] {
  return clients.map(({ realm, clientId }) => `client ${clientId} in realm ${realm} of ${url}`);
}

function shortly({ summary, problems }: KitError): string {
  const [first] = problems;
  return [summary, ...(first ? [[first.where, first.what].filter(Boolean).join(": ")] : [])].join(", ");
}
