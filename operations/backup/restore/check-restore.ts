import type { Environment } from "../../../config/environment";
import type { SecretStore } from "../../../config/secrets";
import { KitError, type Problem } from "../../../kit/errors";
import { isAtLeast } from "../../../kit/release";
import { isDurable } from "../../../platform/model/resolve-storage";
import { type BackupAbout, databaseMember, REDIS } from "../archive/format";
import type { ReadArchive } from "../archive/read-archive";
import { databasesOf, importsOf, redisOf, releasesOf } from "../stores";

/**
 * Whether a backup fits an environment, by its settings alone: nothing is asked or touched.
 *
 * @param file the backup
 * @param secrets those in the backup
 * @throws KitError that lists what does not fit
 */
export function checkRestore(
  file: string,
  { about, contents }: ReadArchive,
  environment: Environment,
  secrets: Pick<SecretStore, "get">,
): void {
  const { platform } = environment;
  const has = (member: string) => contents.members.some(({ name }) => name === member);
  const known = databasesOf(environment).map(({ database }) => databaseMember(database));
  const databases = contents.members.map(({ name }) => name).filter((name) => name.startsWith("postgres/"));
  const problems: Problem[] = [
    ...(isDurable(platform)
      ? []
      : [
          {
            where: "storage",
            what: "what is restored is to last",
            got: "memory",
            fix: "Say storage: durable, or as the environment had it that was backed up: environment.yaml in the backup",
          },
        ]),
    ...(about.identity === platform.identity
      ? []
      : [
          {
            where: "identity",
            what: `the realms were made by ${about.identity}, and would be made anew otherwise`,
            got: platform.identity,
            allowed: about.identity,
          },
        ]),
    ...databases
      .filter((name) => !known.includes(name))
      .map((name) => ({
        where: "storage",
        what: `the environment has no database for ${name} of the backup`,
      })),
    ...known
      .filter((name) => !has(name))
      .map((name) => ({
        where: "storage",
        what: `the environment would begin without ${name}, which is not in the backup`,
      })),
    ...(has(REDIS) && !redisOf(environment)
      ? [
          {
            where: "redis",
            what: "ended sessions are in the backup, and the environment's Redis is not the kit's",
          },
        ]
      : []),
    ...(wantedOf(about.realms).join() === wantedOf(platform.realms).join() &&
    about.identity === platform.identity
      ? platform.storage.identity === "durable"
        ? importProblems(about, importsOf(environment, secrets))
        : []
      : realmProblems(about, environment)),
    ...releaseProblems(about, releasesOf(environment)),
  ];
  if (problems.length > 0) {
    throw new KitError(`backup ${file} does not fit environment ${environment.name}`, problems);
  }
}

const wantedOf = (all: readonly { readonly name: string; readonly domain: string }[]) =>
  all.map(({ name, domain }) => `${name} for ${domain}`).sort();

/** Keycloak would import it anew, over what the backup has of people. */
function importProblems({ imported }: BackupAbout, imports: Readonly<Record<string, string>>): Problem[] {
  return Object.keys(imports)
    .filter((realm) => imported[realm] !== imports[realm])
    .map((realm) => ({
      where: `realm ${realm}`,
      what: "the settings make another realm of it than the backup has: it would be imported anew, over people's accounts and sessions",
      fix: "Let hosts, ports, clients and the template be those of environment.yaml in the backup. Where Keycloak's Terraform provider makes realms (identity: provider) they may be others",
    }));
}

function realmProblems(about: BackupAbout, { platform: { realms } }: Environment): Problem[] {
  const [wanted, have] = [wantedOf(about.realms), wantedOf(realms)];
  if (wanted.join() === have.join()) return [];
  return [
    {
      where: "realm, realms",
      what: "the backup is of other realms or mail domains",
      got: have,
      allowed: wanted,
      fix: "Name them as in environment.yaml of the backup",
    },
  ];
}

/** What a newer release has written an older one cannot read. */
function releaseProblems(about: BackupAbout, releases: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(about.releases).flatMap(([service, release]) => {
    const own = releases[service];
    // PostgreSQL's dumps are alike within a major release.
    const parts = service === "postgres" ? 1 : 3;
    const full = (one: string) => [...one.split("."), "0", "0"].slice(0, parts).join(".");
    if (own === undefined || isAtLeast(full(own), full(release))) return [];
    return [
      {
        where: service,
        what: "the backup was made with a newer release, whose data this one cannot read",
        got: own,
        allowed: `${release} or newer`,
        fix: "Use the kit, or the image, of that release",
      },
    ];
  });
}

/** People of the backup whom the environment's settings do not have: they find their accounts, and cannot log in. */
export function missingPeople(about: BackupAbout, { platform }: Environment): string[] {
  const people = platform.realms.flatMap((realm) => realm.people.map(({ mail }) => mail));
  return platform.services.ldap.managed ? about.people.filter((mail) => !people.includes(mail)) : [];
}
