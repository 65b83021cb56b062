import { rmSync } from "node:fs";
import type { Deployment } from "../deployment/deployment";
import { realmRuns, withKeycloakAdmin } from "../keycloak/keycloak-admin";
import { deployedRealms } from "./deployed-realms";
import { type Loss, realmInTheWay } from "./realm-losses";
import { refuse } from "./refuse-loss";
import { isAbandoned, keepUnfinished, unfinishedRealms } from "./unfinished-realms";

/**
 * Removes realms before Keycloak's provider makes new ones in their place: whole, since the provider would remove them
 * object by object, and Keycloak refuses to remove the last client scope of a realm. A realm that an interrupted run has
 * begun, and that nobody has used, is removed too. Remembers which realms are begun now.
 *
 * @param stackFile the stack of Keycloak's provider
 * @param lost what `refuseLoss` let pass
 * @throws KitError when a realm is in the way that nobody allowed to lose
 */
export async function giveUpRealms(deployment: Deployment, lost: readonly Loss[]): Promise<void> {
  // A state from before the realms were imported.
  if (lost.some(({ by }) => by === "import")) rmSync(deployment.identityStateFile, { force: true });
  const given = lost.flatMap(({ realm, federation }) => (federation ? [] : [realm]));
  const known = deployedRealms(deployment).map(({ realm }) => realm);
  const unfinished = unfinishedRealms(deployment);
  const begun: string[] = [];
  for (const { name: realm } of deployment.environment.platform.realms) {
    if (given.includes(realm)) begun.push(realm);
    else if (unfinished.includes(realm)) {
      begun.push(realm);
      if (await isAbandoned(deployment, realm)) given.push(realm);
    } else if (!known.includes(realm)) {
      begun.push(realm);
      if (!(await realmRuns(deployment, realm))) continue;
      await refuse(deployment, [realmInTheWay(realm)]);
      given.push(realm);
    }
  }
  keepUnfinished(deployment, begun);
  if (given.length === 0) return;
  await withKeycloakAdmin(deployment, async ({ realms }) => {
    for (const realm of given) {
      if (await realms.findOne({ realm })) await realms.del({ realm });
    }
  });
}
