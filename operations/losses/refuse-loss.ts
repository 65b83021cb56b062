import { KitError, type Problem } from "../../kit/errors";
import type { Deployment } from "../deployment/deployment";
import { KeycloakUnreachable } from "../keycloak/admin-api";
import { realmRuns } from "../keycloak/keycloak-admin";
import { clientsLeft } from "./clients-left";
import { deployedRealms, type ManagedRealm, wantedIdentities } from "./deployed-realms";
import { lossCounts } from "./loss-counts";
import type { MailLoss } from "./mail-loss";
import { type Loss, realmInTheWay, realmLosses } from "./realm-losses";
import { isAbandoned } from "./unfinished-realms";

/** What `--allow-loss` is for `up`, for a `cdktf` that runs by itself: the same words, separated by commas. */
export const allowLossVariable = "KIT_ALLOW_LOSS";

/** The word of `--allow-loss` for what James has in its memory. */
export const mailWord = "mail";

/** What people would lose by a deployment. */
export type AnyLoss = Loss | MailLoss;

const isMail = (loss: AnyLoss): loss is MailLoss => "mail" in loss;

/** Words of `--allow-loss` that let it go, the one to tell first. A realm may be called as the mail is. */
function wordsFor(loss: AnyLoss, all: readonly AnyLoss[]): string[] {
  if (isMail(loss)) return [mailWord];
  const whole = `realm:${loss.realm}`;
  const ambiguous = loss.realm === mailWord && all.some((other) => isMail(other) && !other.empty);
  return ambiguous ? [whole] : [loss.realm, whole];
}

/** Realms and user federations that people would lose between what is deployed and what is wanted. */
export async function realmsLost(deployment: Deployment): Promise<Loss[]> {
  const [deployed, wanted] = [deployedRealms(deployment), wantedIdentities(deployment)];
  return [
    ...realmLosses(deployed, wanted),
    ...(await realmsInTheWay(deployment, deployed, wanted)),
    ...(await clientsLeft(deployment)),
  ];
}

/**
 * Refuses a deployment by which people would lose something, before anything is changed.
 *
 * @param losses all that would be lost
 * @param allowed words of what may be
 * @param command that is to be told of
 * @throws KitError that lists what would be lost, also when something is allowed that would not be
 */
export async function refuseLoss(
  deployment: Deployment,
  losses: readonly AnyLoss[],
  allowed: readonly string[],
  command = "up",
): Promise<void> {
  const needless = allowed.filter((word) => !losses.some((loss) => wordsFor(loss, losses).includes(word)));
  if (needless.length > 0) {
    throw new KitError(
      "nothing would be lost",
      needless.map((word) => ({
        where: `--allow-loss ${word}`,
        what: word === mailWord ? "all mail stays" : `all of realm ${word.replace(/^realm:/, "")} stays`,
        fix: "Leave the option out: it is for the one deployment that loses something",
      })),
    );
  }
  await refuse(deployment, losses, allowed, command);
}

/**
 * What a `cdktf` that runs by itself cannot do: Terraform would remove a realm object by object, which Keycloak does not
 * let it, and does not know an imported one.
 *
 * @param lost what `refuseLoss` let pass
 * @throws KitError
 */
export function refuseWithoutUp({ environment }: Deployment, lost: readonly Loss[]): void {
  const imports = environment.platform.identity === "import";
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

/** @throws KitError unless all is allowed, or the environment protects nothing */
export async function refuse(
  deployment: Deployment,
  losses: readonly AnyLoss[],
  allowed: readonly string[] = [],
  command = "up",
): Promise<void> {
  if (!deployment.environment.deletionProtection) return;
  const refused = losses.filter(
    (loss) => !(isMail(loss) && loss.empty) && !wordsFor(loss, losses).some((word) => allowed.includes(word)),
  );
  if (refused.length === 0) return;
  const problems = refused.map(async (loss): Promise<Problem> => {
    if (isMail(loss)) return mailProblem(loss, command);
    const [word] = wordsFor(loss, losses);
    return {
      where: `realm ${loss.realm}${loss.federation === undefined ? "" : `, federation ${loss.federation}`}`,
      what: loss.what,
      fix: `${loss.fix}; or allow it: up --allow-loss ${word}`,
      lines: await lossCounts(deployment, loss),
    };
  });
  const ofPeople = refused.filter((loss) => isMail(loss) || loss.by !== "clients");
  const of = [
    ...(ofPeople.some(isMail) ? ["James"] : []),
    ...(ofPeople.every(isMail) ? [] : ["Keycloak"]),
  ].join(" and ");
  throw new KitError(
    of === ""
      ? "clients would be left behind in a Keycloak that is not the kit's"
      : `people would lose what they have in ${of}`,
    await Promise.all(problems),
  );
}

/** @param command that was to keep it. @throws KitError for mail that it cannot keep */
export function refuseMail(loss: MailLoss, command: string): void {
  if (!loss.empty) throw new KitError("mail cannot be kept", [mailProblem(loss, command)]);
}

function mailProblem({ where, what, counts }: MailLoss, command: string): Problem {
  return {
    where,
    what: `${what}; it keeps mail in its memory`,
    fix: `Copy it away first, by IMAP; or allow it: ${command} --allow-loss ${mailWord}`,
    lines: counts,
  };
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
  const running = await Promise.all(unknown.map(({ realm }) => isInTheWay(deployment, realm)));
  return unknown.filter((_, index) => running[index]).map(({ realm }) => realmInTheWay(realm));
}

async function isInTheWay(deployment: Deployment, realm: string): Promise<boolean> {
  try {
    return (await realmRuns(deployment, realm)) && !(await isAbandoned(deployment, realm));
  } catch (error) {
    // Asked again once it answers.
    if (error instanceof KeycloakUnreachable) return false;
    throw error;
  }
}
