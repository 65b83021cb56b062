import { existsSync, readFileSync } from "node:fs";
import { KeycloakServer } from "../../constructs/keycloak/server/keycloak-server";
import { ExitCode, KitError } from "../../kit/errors";
import type { KeycloakAdministrator } from "../../platform/model/platform-spec";
import type { Deployment } from "../deployment/deployment";
import { KeycloakUnreachable } from "./admin-api";
import { withKeycloakAdmin } from "./keycloak-admin";
import { mayNotManage } from "./others-keycloak";

/**
 * Asks Keycloak whether the kit's administrator there may do what it wants to do.
 *
 * @throws KitError when not, before anything is changed
 */
export async function proveAdministrator(deployment: Deployment): Promise<void> {
  const { keycloak } = deployment.environment.platform.services;
  if (keycloak.managed) await proveAdminPassword(deployment);
  else if (keycloak.admin) await proveRights(deployment, keycloak.admin);
}

/** That somebody may manage the clients of each realm, which Keycloak says of any of them. */
async function proveRights(deployment: Deployment, administrator: KeycloakAdministrator): Promise<void> {
  const { environment, secrets } = deployment;
  await withKeycloakAdmin(deployment, async ({ clients }) => {
    for (const { name } of environment.platform.realms.filter(({ provision }) => provision === "clients")) {
      const [any] = await clients.find({ realm: name, max: 1 });
      if (any?.access?.manage !== true) throw mayNotManage(administrator, name);
    }
  });
  secrets.proven("keycloakAdmin");
}

/**
 * Asks the kit's own Keycloak about an administrator's password that is given and differs from the stored one. Stored unasked, it
 * would lock the kit out: Keycloak takes it from its configuration at its first start only.
 *
 * @throws KitError when Keycloak refuses it, or cannot be asked; nothing is stored then
 */
export async function proveAdminPassword(deployment: Deployment): Promise<void> {
  const { secrets } = deployment;
  if (!secrets.isUnproven("keycloakAdmin")) return;
  try {
    await withKeycloakAdmin(deployment, async () => {});
  } catch (error) {
    if (!(error instanceof KeycloakUnreachable)) throw error;
    if (hasStarted(deployment)) {
      throw new KitError(
        "the administrator's password cannot be checked",
        [
          {
            where: secrets.givenBy("keycloakAdmin") as string,
            what: "another one is stored, and Keycloak, which keeps its own, does not answer",
            fix: "Leave it out and run `up`; give it again once Keycloak has it",
          },
        ],
        { exitCode: ExitCode.machine, cause: error },
      );
    }
  }
  secrets.proven("keycloakAdmin");
}

/** Whether there is a volume, or a database elsewhere, in which Keycloak may have a password. */
function hasStarted({ environment: { name }, stateFile }: Deployment): boolean {
  if (!existsSync(stateFile)) return false;
  const state = readFileSync(stateFile, "utf8");
  const places = [`${name}-keycloak-data`, `${name}-postgres-data`, KeycloakServer.databaseLabel];
  return places.some((place) => state.includes(`"${place}"`));
}
