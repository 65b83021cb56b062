import { KitError } from "../../kit/errors";
import type { Service } from "../../platform/model/addresses";
import type { Deployment } from "../deployment/deployment";
import { withKeycloakAdmin } from "../keycloak/keycloak-admin";
import type { PlannedChange } from "../terraform/planned-changes";
import { clientSessions } from "./loss-counts";
import type { MailLoss } from "./mail-loss";
import { importedAnew } from "./reimported-realms";

/** What people notice while a service is replaced. */
const meanwhile: Readonly<Record<Service, string>> = {
  gateway: "JMAP is away until it is up again, and its open connections end",
  james: "mail and JMAP are away until it is up again",
  keycloak: "nobody can log in until it is up again",
  ldap: "passwords are refused until it is up again",
  certificates:
    "the others go on with the certificates that they have; of another authority, whoever trusts the old one must trust it (`ca show`)",
  postgres: "logins and tokens fail until it is up again; what it keeps stays, on its volume",
  redis: "what it keeps of ended sessions stays, on its volume",
};

/** Says of changes what they end. */
export async function withEnds(
  deployment: Deployment,
  changes: readonly PlannedChange[],
  mail: readonly MailLoss[],
): Promise<PlannedChange[]> {
  return Promise.all(
    changes.map(async (change): Promise<PlannedChange> => {
      if (change.action !== "replace" || !(change.name in meanwhile)) return change;
      const service = change.name as Service;
      const ends = [
        meanwhile[service],
        ...(service === "james" ? mail.flatMap(({ counts }) => counts).map((count) => `lost: ${count}`) : []),
        ...(await endedSessions(deployment, importedAnew(change))),
      ];
      return { ...change, ends };
    }),
  );
}

/** A realm that is imported anew loses its sessions. */
async function endedSessions(deployment: Deployment, realms: readonly string[]): Promise<string[]> {
  if (realms.length === 0) return [];
  const what = (realm: string, sessions: string) =>
    `realm ${realm} is imported anew, which ends its ${sessions}`;
  try {
    return await withKeycloakAdmin(deployment, (admin) =>
      Promise.all(
        realms.map(async (realm) => {
          if (!(await admin.realms.findOne({ realm }))) return `realm ${realm} is imported`;
          const { active, offline } = await clientSessions(admin, realm);
          return what(realm, `sessions of clients: ${active}, offline ones: ${offline}`);
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return realms.map((realm) => what(realm, "sessions, which nobody could count"));
  }
}
