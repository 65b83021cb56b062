import { rmSync } from "node:fs";
import { ExitCode, KitError } from "../config/errors";
import { containerNames } from "../constructs/mail-platform/addresses";
import { RunError, run } from "../setup/run";
import { deployedRealms, synthesizedRealms } from "./deployed-realms";
import type { Deployment } from "./deployment";
import { realmRuns, withKeycloakAdmin } from "./keycloak-admin";
import { type Loss, realmInTheWay } from "./realm-losses";
import { refuse } from "./refuse-loss";

/**
 * Makes Keycloak's start program forget what it imported, before another one makes the realms: else it would take an
 * import of the same file for done, or replace realm master, and with it the administrator, as at a first start.
 *
 * @param lost what `refuseLoss` let pass
 * @throws KitError when Keycloak does not run
 */
export async function forgetImports({ environment }: Deployment, lost: readonly Loss[]): Promise<void> {
  const { name, identity } = environment;
  const moved = lost.filter(({ federation, by }) => federation === undefined && by && by !== identity);
  if (moved.length === 0) return;
  const { keycloak } = containerNames(name);
  const files = ["imported", "unused"].map((file) => `/opt/keycloak/data/${file}`);
  try {
    await run("docker", ["exec", keycloak, "rm", "-f", ...files]);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new KitError(
      "identity cannot be changed now",
      moved.map(({ by }) => ({
        where: keycloak,
        what: error.reason,
        lines: error.tail,
        fix: `Bring it up with identity: ${by} first`,
      })),
      { exitCode: ExitCode.machine, cause: error },
    );
  }
}

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
