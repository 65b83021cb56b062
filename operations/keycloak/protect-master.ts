import { KitError } from "../../kit/errors";
import type { Deployment } from "../deployment/deployment";
import { withKeycloakAdmin } from "./keycloak-admin";

/** As in the realms of the kit: after ten wrong passwords, or two within a second, longer and longer waits. */
const bruteForce = {
  bruteForceProtected: true,
  failureFactor: 10,
  waitIncrementSeconds: 30,
  maxFailureWaitSeconds: 900,
};

/**
 * Slows down whoever guesses the administrator's password of the kit's own Keycloak. Keycloak makes realm `master` without; nothing else of it is
 * changed, and protection that is on stays as it is.
 *
 * @throws KitError when Keycloak does not do it
 */
export async function protectMaster(deployment: Deployment): Promise<void> {
  if (!deployment.environment.platform.services.keycloak.managed) return;
  await withKeycloakAdmin(deployment, async ({ realms }) => {
    const master = await realms.findOne({ realm: "master" });
    if (!master?.bruteForceProtected) await realms.update({ realm: "master" }, bruteForce);
  });
}

/** Whether realm `master` is as Keycloak makes it. False where nobody can tell: a deployment that changes something asks again. */
export async function isMasterUnprotected(deployment: Deployment): Promise<boolean> {
  if (!deployment.environment.platform.services.keycloak.managed) return false;
  try {
    return await withKeycloakAdmin(
      deployment,
      async ({ realms }) => !(await realms.findOne({ realm: "master" }))?.bruteForceProtected,
    );
  } catch (error) {
    if (error instanceof KitError) return false;
    throw error;
  }
}
