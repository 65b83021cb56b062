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
  const { keycloak } = deployment.environment.platform.services;
  // A state from before the realms were imported, of another database, or of another Keycloak, whose objects are nobody's here.
  const others = lost.some(({ by, left }) => left || by === "import" || by === "clients");
  if (others || (!keycloak.managed && lost.some(({ by }) => by === "provider"))) {
    rmSync(deployment.identityStateFile, { force: true });
  }
  // What somebody else's has is never removed.
  if (!keycloak.managed) return;
  const given = lost.flatMap(({ realm, federation, by }) => (federation || by === "clients" ? [] : [realm]));
  const known = deployedRealms(deployment).map(({ realm }) => realm);
  const unfinished = unfinishedRealms(deployment);
  const begun: string[] = [];
  for (const { name: realm, provision } of deployment.environment.platform.realms) {
    if (provision !== "realm") continue;
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
