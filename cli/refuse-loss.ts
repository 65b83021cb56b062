import { KitError, type Problem } from "../config/errors";
import { deployedRealms, type ManagedRealm, synthesizedRealms } from "./deployed-realms";
import type { Deployment } from "./deployment";
import { KeycloakUnreachable, realmRuns } from "./keycloak-admin";
import { lossCounts } from "./loss-counts";
import { type Loss, realmInTheWay, realmLosses } from "./realm-losses";

/** What `--allow-loss` is for `up`, for a `cdktf` that runs by itself: names of realms, separated by commas. */
export const allowLossVariable = "KIT_ALLOW_LOSS";

/**
 * Refuses a deployment by which people would lose a realm or a user federation, before anything is changed.
 *
 * @param stackFiles the synthesized stacks
 * @param allowed realms of which something may be lost
 * @returns what is lost, since it is allowed
 * @throws KitError that lists what would be lost, also when something is allowed that would not be
 */
export async function refuseLoss(
  deployment: Deployment,
  stackFiles: readonly string[],
  allowed: readonly string[],
): Promise<Loss[]> {
  const [deployed, wanted] = [deployedRealms(deployment), synthesizedRealms(stackFiles)];
  const losses = [...realmLosses(deployed, wanted), ...(await realmsInTheWay(deployment, deployed, wanted))];
  const needless = allowed.filter((name) => !losses.some(({ realm }) => realm === name));
  if (needless.length > 0) {
    throw new KitError(
      "nothing would be lost",
      needless.map((realm) => ({
        where: "--allow-loss",
        what: `all of realm ${realm} stays`,
        fix: "Leave the option out: it is for the one deployment that loses something",
      })),
    );
  }
  await refuse(
    deployment,
    losses.filter(({ realm }) => !allowed.includes(realm)),
  );
  return losses;
}

/**
 * What a `cdktf` that runs by itself cannot do: Terraform would remove a realm object by object, which Keycloak does not
 * let it, and does not know an imported one.
 *
 * @param lost what `refuseLoss` let pass
 * @throws KitError
 */
export function refuseWithoutUp({ environment }: Deployment, lost: readonly Loss[]): void {
  const imports = environment.identity === "import";
  const realms = lost.filter(({ federation, by }) => !federation && !(imports && by === "import"));
  if (realms.length === 0) return;
  throw new KitError(
    "Terraform alone cannot give up a realm",
    realms.map(({ realm, what }) => ({
      where: `realm ${realm}`,
      what,
      fix: `Use up --allow-loss ${realm}`,
    })),
  );
}

/** @throws KitError unless the environment protects nothing */
export async function refuse(deployment: Deployment, losses: readonly Loss[]): Promise<void> {
  if (losses.length === 0 || !deployment.environment.deletionProtection) return;
  const problems = losses.map(
    async (loss): Promise<Problem> => ({
      where:
        loss.federation === undefined
          ? `realm ${loss.realm}`
          : `realm ${loss.realm}, federation ${loss.federation}`,
      what: loss.what,
      fix: `${loss.fix}; or allow it: up --allow-loss ${loss.realm}`,
      lines: await lossCounts(deployment, loss),
    }),
  );
  throw new KitError("people would lose what they have in Keycloak", await Promise.all(problems));
}

/** Realms that Keycloak has, though the state from which its provider goes on knows nothing of them. */
async function realmsInTheWay(
  deployment: Deployment,
  deployed: readonly ManagedRealm[],
  wanted: readonly ManagedRealm[],
): Promise<Loss[]> {
  const unknown = wanted.filter(
    ({ realm, by }) => by === "provider" && !deployed.some((one) => one.realm === realm),
  );
  const running = await Promise.all(unknown.map(({ realm }) => runs(deployment, realm)));
  return unknown.filter((_, index) => running[index]).map(({ realm }) => realmInTheWay(realm));
}

async function runs(deployment: Deployment, realm: string): Promise<boolean> {
  try {
    return await realmRuns(deployment, realm);
  } catch (error) {
    // Asked again once it answers.
    if (error instanceof KeycloakUnreachable) return false;
    throw error;
  }
}
