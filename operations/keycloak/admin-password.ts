import { existsSync, readFileSync } from "node:fs";
import { ExitCode, KitError } from "../../kit/errors";
import type { Deployment } from "../deployment/deployment";
import { KeycloakUnreachable, withKeycloakAdmin } from "./keycloak-admin";

/**
 * Asks Keycloak about an administrator's password that is given and differs from the stored one. Stored unasked, it
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

/** Whether there is a volume in which Keycloak may have a password. */
function hasStarted({ environment, stateFile }: Deployment): boolean {
  return (
    existsSync(stateFile) && readFileSync(stateFile, "utf8").includes(`"${environment.name}-keycloak-data"`)
  );
}
