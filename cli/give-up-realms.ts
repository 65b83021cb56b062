import { rmSync } from "node:fs";
import { deployedRealms, synthesizedRealms } from "./deployed-realms";
import type { Deployment } from "./deployment";
import { realmRuns, withKeycloakAdmin } from "./keycloak-admin";
import { type Loss, realmInTheWay } from "./realm-losses";
import { refuse } from "./refuse-loss";

/**
 * Removes realms before Keycloak's provider makes others: those that it does not know, and its own too. It would remove
 * them object by object, and Keycloak lets nobody remove the last client scope of a realm.
 *
 * @param stackFile the stack of Keycloak's provider
 * @param lost what `refuseLoss` let pass
 * @throws KitError when a realm is in the way that nobody allowed to lose
 */
export async function giveUpRealms(
  deployment: Deployment,
  stackFile: string,
  lost: readonly Loss[],
): Promise<void> {
  // A state from before the realms were imported.
  if (lost.some(({ by }) => by === "import")) rmSync(deployment.identityStateFile, { force: true });
  const given = lost.flatMap(({ realm, federation }) => (federation ? [] : [realm]));
  const known = [...given, ...deployedRealms(deployment).map(({ realm }) => realm)];
  for (const { realm } of synthesizedRealms([stackFile])) {
    if (known.includes(realm) || !(await realmRuns(deployment, realm))) continue;
    await refuse(deployment, [realmInTheWay(realm)]);
    given.push(realm);
  }
  if (given.length === 0) return;
  await withKeycloakAdmin(deployment, async ({ realms }) => {
    for (const realm of given) {
      if (await realms.findOne({ realm })) await realms.del({ realm });
    }
  });
}
