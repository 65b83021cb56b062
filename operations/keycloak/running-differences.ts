import { type Difference, difference } from "../../constructs/keycloak/compare/difference";
import { type NormalizedRealm, normalizeRealm } from "../../constructs/keycloak/compare/normalize";
import type { RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { type WantedRealm, wantedRealms } from "../../stacks/wanted-realms";
import type { Deployment } from "../deployment/deployment";
import type { KeycloakAdmin } from "./admin-api";
import { runningRealm, withKeycloakAdmin } from "./keycloak-admin";

/** Realms as they are to be against those that run, by the admin API: of others' realms, the kit's clients alone. */
export async function runningDifferences(deployment: Deployment): Promise<Difference[]> {
  const { environment, secrets } = deployment;
  const realms = wantedRealms(environment, secrets).filter(({ provision }) => provision !== "nothing");
  if (realms.length === 0) return [];
  const found = await withKeycloakAdmin(deployment, (admin) =>
    Promise.all(realms.map((realm) => differencesOf(admin, realm))),
  );
  return found.flat();
}

async function differencesOf(
  admin: KeycloakAdmin,
  { name, provision, representation }: WantedRealm,
): Promise<Difference[]> {
  if (provision === "clients")
    return clientDifferences(representation, await runningClients(admin, name, representation));
  const found = await runningRealm(admin, name);
  if (!found) return [{ realm: name, object: "realm", path: "", wanted: {} }];
  return difference(normalizeRealm(representation), normalizeRealm(found));
}

type Clients = Pick<RealmRepresentation, "realm" | "clients">;

async function runningClients(
  admin: KeycloakAdmin,
  realm: string,
  { clients = [] }: Clients,
): Promise<Clients> {
  const found = await Promise.all(
    clients.map(({ clientId = "" }) => admin.clients.find({ realm, clientId })),
  );
  return { realm, clients: found.flat() };
}

/** What is not as wanted of clients, whatever else their realm has. */
export function clientDifferences(wanted: Clients, found: Clients): Difference[] {
  // As an export is, what was found is complete.
  return difference(clientsOf(wanted), clientsOf({ ...found, keycloakVersion: "of the server" }));
}

/** Their client scopes are the realm's. */
function clientsOf(realm: RealmRepresentation): NormalizedRealm {
  const ids = realm.clients?.map(({ clientId }) => clientId) ?? [];
  const { objects } = normalizeRealm(realm);
  return {
    realm: realm.realm ?? "",
    objects: Object.fromEntries(
      ids.flatMap((id) => {
        const { [`client ${id}`]: client } = objects;
        if (!client) return [];
        const { defaultClientScopes: _, optionalClientScopes: __, ...own } = client;
        return [[`client ${id}`, own]];
      }),
    ),
  };
}
