import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readJson } from "../../constructs/keycloak/representation/json-text";
import { LdapDirectory } from "../../constructs/ldap/ldap-directory";
import { type LdifEntry, normalizeDn, parseLdif } from "../../constructs/ldap/ldif";
import { KitError } from "../../kit/errors";
import { readText } from "../../kit/read-text";
import { someOf } from "../../kit/some-of";
import { containerNames } from "../../platform/model/addresses";
import type { Progress } from "../../setup/progress/progress";
import type { Deployment } from "../deployment/deployment";
import { readContainerFile } from "../engine/engine";
import { type KeycloakAdmin, KeycloakUnreachable } from "../keycloak/admin-api";
import { withKeycloakAdmin } from "../keycloak/keycloak-admin";
import type { Examination } from "./examination";

/** Mail addresses of people who may no longer do what they could. */
export interface ChangedPeople {
  /** Those whom the directory is to have no longer, or by another address. */
  readonly removed: readonly string[];
  /** Those with another password or login name. */
  readonly changed: readonly string[];
}

/** What the people of a directory lose by another one that takes its place. */
export function changedPeople(before: readonly LdifEntry[], after: readonly LdifEntry[]): ChangedPeople {
  const wanted = new Map(after.map((entry) => [normalizeDn(entry.dn), entry]));
  const removed: string[] = [];
  const changed: string[] = [];
  for (const entry of before) {
    const now = wanted.get(normalizeDn(entry.dn));
    const [mail] = valuesOf(entry, "mail");
    if (mail === undefined) continue;
    if (!now || !valuesOf(now, "mail").includes(mail)) removed.push(mail);
    else if (identity(entry) !== identity(now)) changed.push(mail);
  }
  return { removed, changed };
}

const valuesOf = ({ attributes }: LdifEntry, wanted: string) =>
  attributes.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [String(value)] : []));

const identity = (entry: LdifEntry) =>
  JSON.stringify(["mail", "uid", "userpassword"].map((name) => valuesOf(entry, name)));

/**
 * Ends the sessions of people whom a deployment is about to remove, while Keycloak still knows them: it tells the gateway
 * of the logouts of people whom it knows. What is left to do is noted for `logOutChanged`, also for another run.
 *
 * @throws KitError when Keycloak does not take the stored password
 */
export async function logOutRemoved(
  deployment: Deployment,
  found: Pick<Examination, "present" | "wanted">,
  progress: Progress,
): Promise<void> {
  const { removed, changed } = await deploymentChanges(deployment, found);
  // Of another Keycloak the users are not the kit's.
  const { managed } = deployment.environment.platform.services.keycloak;
  if (!managed || removed.length + changed.length === 0) return;
  const noted = readNote(deployment);
  const all: ChangedPeople = {
    removed: [...new Set([...noted.removed, ...removed])],
    changed: [...new Set([...noted.changed, ...changed])],
  };
  writeFileSync(noteFile(deployment), JSON.stringify(all), { mode: 0o600 });
  if (removed.length === 0) return;
  await progress.step(`log out ${someOf(removed)}, to be removed`, async () => {
    try {
      await withKeycloakAdmin(deployment, async (admin) =>
        logOut(admin, await find(admin, deployment, removed)),
      );
    } catch (error) {
      // A Keycloak that does not answer serves nobody either. The deployment starts it, and its caches are then empty.
      if (!(error instanceof KeycloakUnreachable)) throw error;
    }
  });
}

/**
 * Ends the sessions of people whose password is another since the deployment, and has Keycloak forget those who are gone.
 *
 * @throws KitError when Keycloak does not do it
 */
export async function logOutChanged(deployment: Deployment, progress: Progress): Promise<void> {
  const { removed, changed } = readNote(deployment);
  const { managed } = deployment.environment.platform.services.keycloak;
  if (!managed || removed.length + changed.length === 0) return;
  const who = [...removed.map((mail) => `${mail}, removed`), ...changed];
  await progress.step(`end sessions of ${someOf(who)}`, () =>
    withKeycloakAdmin(deployment, async (admin) => {
      const realms = await runningRealms(admin, deployment);
      for (const realm of realms) await admin.cache.clearUserCache({ realm });
      // Looking for people who were removed makes Keycloak drop its copies of them. It looks by the addresses that it has
      // copied, so the others are looked for before they are read anew.
      const found = await find(admin, deployment, [...removed, ...changed]);
      for (const realm of realms)
        await readPeople(admin, realm, deployment.environment.platform.services.ldap.host);
      await logOut(admin, found);
    }),
  );
  rmSync(noteFile(deployment));
}

interface KeycloakUser {
  readonly realm: string;
  readonly id: string;
}

async function find(
  admin: KeycloakAdmin,
  deployment: Deployment,
  mails: readonly string[],
): Promise<KeycloakUser[]> {
  const found: KeycloakUser[] = [];
  for (const realm of await runningRealms(admin, deployment)) {
    for (const email of mails) {
      const users = await admin.users.find({ realm, email, exact: true });
      found.push(...users.map(({ id }) => ({ realm, id: id as string })));
    }
  }
  return found;
}

async function logOut({ users }: KeycloakAdmin, found: readonly KeycloakUser[]): Promise<void> {
  for (const user of found) await users.logout({ ...user });
}

/** Makes Keycloak read people's addresses anew. By itself it does so at a first login only: tokens would name the old ones. */
async function readPeople(
  { components, userStorageProvider }: KeycloakAdmin,
  realm: string,
  host: string,
): Promise<void> {
  const type = "org.keycloak.storage.UserStorageProvider";
  for (const { id = "", config } of await components.find({ realm, type })) {
    const urls = [config?.connectionUrl ?? []].flat();
    if (urls.some((url) => url.split(/[\s:/]+/).includes(host))) {
      await userStorageProvider.sync({ realm, id, action: "triggerFullSync" });
    }
  }
}

/** The environment's realms that Keycloak has: another may be new, or still have its old name. */
async function runningRealms({ realms }: KeycloakAdmin, { environment }: Deployment): Promise<string[]> {
  const names = environment.platform.realms.map(({ name }) => name);
  const found = await Promise.all(names.map((realm) => realms.findOne({ realm })));
  return names.filter((_, index) => found[index]);
}

/** By the directory that runs, since an interrupted run may have written the files of one that never ran. */
async function deploymentChanges(
  { environment, privateDirectory }: Deployment,
  { present, wanted }: Pick<Examination, "present" | "wanted">,
): Promise<ChangedPeople> {
  const nobody = { removed: [], changed: [] };
  const { ldap } = containerNames(environment.name);
  const running = present.containers.find(({ name }) => name === ldap);
  const next = wanted.find(({ name }) => name === ldap);
  const file = join(privateDirectory, "ldap", LdapDirectory.ldifPath);
  if (!running || !existsSync(file) || running.configuration === next?.configuration) return nobody;
  const before = await readContainerFile(running.id, LdapDirectory.ldifPath);
  const after = readFileSync(file, "utf8");
  if (before === undefined || before === after) return nobody;
  return changedPeople(deployedEntries(before, ldap), parseLdif(after, file));
}

/** None where an earlier release deployed what this one would refuse. */
function deployedEntries(text: string, container: string): LdifEntry[] {
  try {
    return parseLdif(text, `${container}:${LdapDirectory.ldifPath}`);
  } catch (error) {
    if (error instanceof KitError) return [];
    throw error;
  }
}

function noteFile({ directory }: Deployment): string {
  return join(directory, "changed-people.json");
}

const noteForm = z.object({ removed: z.array(z.string()), changed: z.array(z.string()) });

function readNote(deployment: Deployment): ChangedPeople {
  const file = noteFile(deployment);
  if (!existsSync(file)) return { removed: [], changed: [] };
  const read = readJson(readText(file), file);
  const { data } = noteForm.safeParse("json" in read ? read.json : undefined);
  if (data) return data;
  throw new KitError("the note of people to log out cannot be read", [
    {
      where: file,
      what: "problem" in read ? read.problem.what : "not what the kit wrote",
      fix: "Remove it: sessions that it was about then last until they end by themselves",
    },
  ]);
}
