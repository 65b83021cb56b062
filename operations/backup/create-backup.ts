import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentFile } from "../../config/environment";
import { ExitCode, KitError, type Problem } from "../../kit/errors";
import { formatBytes } from "../../kit/format-bytes";
import { kitRelease } from "../../kit/package-root";
import { isDurable } from "../../platform/model/resolve-storage";
import type { Progress } from "../../setup/progress/progress";
import { copiedEnvironment, type DeployedCopy } from "../deployment/deployed-copy";
import type { Deployment } from "../deployment/deployment";
import { containers, isHealthy } from "../engine/engine";
import { type BackupAbout, databaseMember, FORMAT, kitMembers, REDIS } from "./archive/format";
import { encrypterFor, type Member, type WrittenArchive, writeArchive } from "./archive/write-archive";
import { remember } from "./schedule/backup-record";
import { type DatabasePlace, dumpOf, queryIn } from "./sources/databases";
import { commandsOf, keysOf, type RedisPlace } from "./sources/redis";
import { backupName } from "./store/backup-file";
import type { BackupStore } from "./store/backup-store";
import { databasesOf, lastingVolumes, redisOf, releasesOf } from "./stores";

export interface CreateBackupOptions {
  readonly store: BackupStore;
  /** Of age: `age1…`. */
  readonly recipients: readonly string[];
  /** What is deployed, where the settings are others by now. @default what they say */
  readonly deployed?: DeployedCopy;
  /** @default now */
  readonly now?: Date;
}

export interface CreatedBackup extends WrittenArchive {
  /** What of the environment is not in it, in words. */
  readonly leftOut: readonly string[];
}

/**
 * Writes what people have in an environment, and what is needed to use it again, while it runs.
 *
 * @param file what the environment is called by
 * @throws KitError where it keeps nothing, a part of it is somebody else's database, or a service does not run
 */
export async function createBackup(
  file: string,
  deployment: Deployment,
  { store, recipients, deployed, now = new Date() }: CreateBackupOptions,
  progress: Progress,
): Promise<CreatedBackup> {
  const { environment } = deployment;
  const { platform } = environment;
  // All that can refuse comes before anything is read or written.
  await encrypterFor(recipients);
  refuseWhatCannotBe(deployment);
  const volumes = volumesOf(deployment);
  const databases = databasesOf(environment);
  const redis = redisOf(environment);
  await refuseSick(environment.name, [
    ...databases.map(({ container }) => container),
    ...(redis ? [redis.container] : []),
  ]);
  for (const left of await store.prepare(environment.name)) {
    progress.done(left, "of a backup that was ended half-way, removed");
  }
  const leftOut = [...leftOutOf(deployment), ...volumes.leftOut];
  const about = {
    format: FORMAT,
    kit: kitRelease,
    environment: environment.name,
    createdAt: now.toISOString(),
    releases: releasesOf(environment, deployed?.releases),
    realms: platform.realms.map(({ name, domain }) => ({ name, domain })),
    people: platform.realms.flatMap(({ people }) => people.map(({ mail }) => mail)),
    identity: platform.identity,
    imported: await importedIn(databases, platform.identity),
    leftOut,
  };
  const members: Member[] = [
    {
      name: "environment.yaml",
      bytes: fileBytes(deployed ? copiedEnvironment(deployed) : environmentFile(file)),
    },
    { name: kitMembers.secrets, bytes: fileBytes(join(deployment.directory, "secrets.json")) },
    { name: kitMembers.identityState, bytes: fileBytes(deployment.identityStateFile, "") },
    ...(redis ? [{ name: REDIS, bytes: commandsOf(redis) }] : []),
    ...databases.map((where) => ({ name: databaseMember(where.database), bytes: dumpOf(where) })),
  ];
  const written = await progress.step(`back up environment ${environment.name}`, (detail) =>
    writeArchive(
      store,
      backupName(environment.name, now),
      {
        ...{ about, members, counts: () => countsOf(databases, redis) },
        onProgress: (member, bytes) => detail(`${member}, ${formatBytes(bytes)}`),
      },
      recipients,
    ),
  );
  remember(deployment.directory, { last: { path: written.path, createdAt: about.createdAt } });
  return { ...written, leftOut };
}

/** @throws KitError where an environment keeps nothing, or somebody else does */
export function refuseWhatCannotBe({ environment }: Pick<Deployment, "environment">): void {
  const { platform } = environment;
  const { postgres } = platform.services;
  const problems: Problem[] = [
    ...(isDurable(platform)
      ? []
      : [
          {
            where: "storage",
            what: "the environment keeps what people have in memory: nobody expects it to last",
            got: "memory",
            fix: "Say storage: durable where people have accounts and mail",
          },
        ]),
    ...(!postgres.managed && Object.keys(postgres.databases).length > 0
      ? [
          {
            where: "postgres",
            what: "accounts and sessions are in a PostgreSQL that is not the kit's",
            fix: "Back it up where it is run, and .kit/ with it",
          },
        ]
      : []),
  ];
  if (problems.length > 0) {
    throw new KitError(`environment ${environment.name} has nothing that can be backed up`, problems);
  }
}

/** Volumes whose content is in a backup, by what their service gives, and Keycloak's, which is of no durable environment. */
const covered = ["postgres-data", "redis-data", "keycloak-data"];

/** What is on volumes that a backup does without. @throws KitError for a volume of which the kit does not know how to copy it */
function volumesOf({ environment, secrets }: Deployment): { readonly leftOut: string[] } {
  const lasting = lastingVolumes(environment, secrets).filter(({ name }) => !covered.includes(name));
  const unknown = lasting.filter(({ name }) => name !== "james-queue");
  if (unknown.length > 0) {
    throw new KitError(
      `environment ${environment.name} cannot be backed up`,
      unknown.map(({ name, holds }) => ({
        where: `volume ${environment.name}-${name}`,
        what: `nobody knows how to copy ${holds} while it is used`,
      })),
    );
  }
  return { leftOut: lasting.map(({ holds }) => holds) };
}

/** @throws KitError that names those which do not work */
async function refuseSick(environment: string, names: readonly string[]): Promise<void> {
  const states = await containers(environment);
  const sick = names.filter((name) => !states.some((one) => one.name === name && isHealthy(one)));
  if (sick.length === 0) return;
  throw new KitError(
    `environment ${environment} cannot be backed up while it does not work`,
    sick.map((name) => {
      const state = states.find((one) => one.name === name);
      return {
        where: name,
        what: state
          ? `the container is ${state.status}, ${state.health ?? "without a health check"}`
          : "it is not up",
        fix: "Bring it up: `up`",
      };
    }),
    { exitCode: ExitCode.deployment },
  );
}

/** What a person would look for in a backup, and not find. */
function leftOutOf({ environment }: Deployment): string[] {
  const { storage, services, realms } = environment.platform;
  return [
    ...(storage.mail === "memory" ? ["mail, which James has in its memory"] : []),
    ...(storage.identity === "memory"
      ? ["accounts and sessions, which Keycloak has for a throw-away environment"]
      : []),
    ...(services.redis.managed ? [] : ["ended sessions, which are in a Redis that is not the kit's"]),
    ...(services.ldap.managed ? [] : ["people's passwords, which are in a directory that is not the kit's"]),
    ...(realms.every(({ provision }) => provision === "realm")
      ? []
      : ["accounts and sessions in a Keycloak that is not the kit's"]),
  ];
}

/** What Keycloak's start program has noted of its imports, in a table beside Keycloak's own. */
async function importedIn(
  databases: ReturnType<typeof databasesOf>,
  identity: BackupAbout["identity"],
): Promise<Record<string, string>> {
  const keycloak = databases.find(({ service }) => service === "keycloak");
  if (!keycloak || identity !== "import") return {};
  const rows = await queryIn(keycloak, "SELECT realm, source FROM kit_import");
  return Object.fromEntries(rows.map((row) => row.split("|") as [string, string]));
}

async function countsOf(
  databases: ReturnType<typeof databasesOf>,
  redis: RedisPlace | undefined,
): Promise<Record<string, number>> {
  const of = (service: string) => databases.find((one) => one.service === service);
  const [keycloak, james] = [of("keycloak"), of("james")];
  return {
    ...(keycloak && {
      accounts: await rowsOf(keycloak, "user_entity", "service_account_client_link IS NULL"),
      // What Keycloak keeps of logins; an offline one is a session of its own.
      sessions: await rowsOf(keycloak, "offline_user_session", "offline_flag = '0'"),
      offlineSessions: await rowsOf(keycloak, "offline_user_session", "offline_flag = '1'"),
    }),
    ...(james && { mails: await rowsOf(james, "message_mailbox", "true") }),
    ...(redis && { endedSessions: await keysOf(redis) }),
  };
}

/** How many rows of a table there are: none where nobody has made it yet. */
async function rowsOf(where: DatabasePlace, table: string, condition: string): Promise<number> {
  const found = await queryIn(where, `SELECT to_regclass('${table}')`);
  if (found.length === 0) return 0;
  return Number(await queryIn(where, `SELECT count(*) FROM ${table} WHERE ${condition}`));
}

async function* fileBytes(path: string, otherwise?: string): AsyncGenerator<Buffer> {
  try {
    yield readFileSync(path);
  } catch (error) {
    if (otherwise === undefined || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    yield Buffer.from(otherwise);
  }
}
