import { rmSync } from "node:fs";
import { containerNames } from "../constructs/mail-platform/addresses";
import { run } from "../setup/run";
import { deployedRealms } from "./deployed-realms";
import type { Deployment } from "./deployment";
import { realmRuns, withKeycloakAdmin } from "./keycloak-admin";
import { type Loss, realmInTheWay } from "./realm-losses";
import { refuse } from "./refuse-loss";

/**
 * Removes the realms that Keycloak's provider cannot: those that were imported, or are in the way of one that it makes.
 *
 * @param lost what `refuseLoss` let pass
 * @throws KitError when a realm is in the way that nobody allowed to lose
 */
export async function giveUpRealms(deployment: Deployment, lost: readonly Loss[]): Promise<void> {
  const { environment, identityStateFile } = deployment;
  const wanted = environment.realm.name;
  const given = lost.filter(({ federation }) => federation === undefined).map(({ realm }) => realm);
  // A state from before the realm was imported.
  if (given.includes(wanted)) rmSync(identityStateFile, { force: true });
  const known = deployedRealms(deployment).map(({ realm }) => realm);
  if (!known.includes(wanted) && !given.includes(wanted) && (await realmRuns(deployment, wanted))) {
    await refuse(deployment, [realmInTheWay(wanted)]);
    given.push(wanted);
  }
  const removed = given.filter((realm) => !known.includes(realm));
  if (removed.length === 0) return;
  // Else a later import of the same file would be taken for done.
  const marker = "/opt/keycloak/data/imported";
  await run("docker", ["exec", containerNames(environment.name).keycloak, "rm", "-f", marker]);
  await withKeycloakAdmin(deployment, async ({ realms }) => {
    for (const realm of removed) {
      if (await realms.findOne({ realm })) await realms.del({ realm });
    }
  });
}
