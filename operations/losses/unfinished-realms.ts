import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Deployment } from "../deployment/deployment";
import { withKeycloakAdmin } from "../keycloak/keycloak-admin";
import { clientSessions } from "./loss-counts";

/**
 * Realms whose first making by Keycloak's provider was begun and not seen to its end. Keycloak may have objects of them
 * that Terraform's state does not know, and would refuse to make these again.
 */
function fileOf({ directory }: Pick<Deployment, "directory">): string {
  return join(directory, "unfinished-realms.json");
}

export function unfinishedRealms(deployment: Pick<Deployment, "directory">): string[] {
  const file = fileOf(deployment);
  if (!existsSync(file)) return [];
  try {
    return z.array(z.string()).parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // As without it: such a realm is then refused.
    return [];
  }
}

/** @param realms that are begun; none: all are finished */
export function keepUnfinished(deployment: Pick<Deployment, "directory">, realms: readonly string[]): void {
  if (realms.length === 0) rmSync(fileOf(deployment), { force: true });
  else writeFileSync(fileOf(deployment), `${JSON.stringify([...new Set(realms)])}\n`);
}

/** Whether a realm was begun only, and nobody has been in it since. @throws as `withKeycloakAdmin` */
export async function isAbandoned(deployment: Deployment, realm: string): Promise<boolean> {
  if (!unfinishedRealms(deployment).includes(realm)) return false;
  return withKeycloakAdmin(deployment, async (admin) => {
    const { realms, users } = admin;
    if (!(await realms.findOne({ realm }))) return false;
    const { active, offline } = await clientSessions(admin, realm);
    return active + offline === 0 && Number(await users.count({ realm })) === 0;
  });
}
