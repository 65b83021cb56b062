import { KitError } from "../../kit/errors";
import { wantedRealms } from "../../stacks/wanted-realms";
import type { Deployment } from "../deployment/deployment";
import { deployedClients } from "./deployed-clients";
import { withKeycloakAdmin } from "./keycloak-admin";

/**
 * Refuses to make clients in existing realms that have others of the same names.
 *
 * @throws KitError that lists them
 * @throws as `withKeycloakAdmin`
 */
export async function refuseClientsInTheWay(deployment: Deployment): Promise<void> {
  const { environment, secrets } = deployment;
  const wanted = wantedRealms(environment, secrets)
    .filter(({ provision }) => provision === "clients")
    .flatMap(({ name, representation }) =>
      (representation.clients ?? []).map(({ clientId = "" }) => ({ realm: name, clientId })),
    );
  if (wanted.length === 0) return;
  const own = new Set(deployedClients(deployment)?.clients.map(({ id }) => id));
  const found = await withKeycloakAdmin(deployment, ({ clients }) =>
    Promise.all(wanted.map((client) => clients.find(client))),
  );
  const inTheWay = wanted.filter((_, index) => found[index]?.some(({ id = "" }) => !own.has(id)));
  if (inTheWay.length === 0) return;
  const { url } = environment.platform.services.keycloak;
  throw new KitError(
    "clients are there already that this environment has not made",
    inTheWay.map(({ realm, clientId }) => ({
      where: `client ${clientId} in realm ${realm} of ${url}`,
      what: "Terraform's state does not know it, so it may be somebody else's",
      fix: `Remove it there, or give it another client id; if this environment has made it, take .kit/${environment.name}/identity.tfstate from where that was`,
    })),
  );
}
