import { JamesRelease } from "../../constructs/james/james-release";
import { toldOf } from "../../constructs/james/known-releases";
import { isAtLeast } from "../../kit/release";
import type { Service } from "../../platform/model/addresses";

/** What a service's release notes demand of whoever changes from one release to another. */
export interface Demand {
  /** As a sentence without its final stop. */
  readonly what: string;
  /** Whether `upgrade` refuses it, or tells of it. */
  readonly outcome: "refused" | "told";
  /** What to do about it, as a sentence. */
  readonly fix?: string;
}

/** A demand, and of whom. */
interface KnownDemand extends Demand {
  readonly service: Service;
  readonly when: (from: string, to: string) => boolean;
  /** Where it is written. */
  readonly source: string;
}

const major = (release: string) => release.split(".")[0];
const series = (release: string) => release.split(".").slice(0, 2).join(".");
const older = (from: string, to: string) => !isAtLeast(to, from);
const newer = (from: string, to: string) => !isAtLeast(from, to);

/** Of two releases of James, where both are known. */
const jamesWhen = (test: (from: JamesRelease, to: JamesRelease) => boolean) => (from: string, to: string) => {
  const [was, is] = [JamesRelease.parse(from), JamesRelease.parse(to)];
  return was !== undefined && is !== undefined && test(was, is);
};

const demands: readonly KnownDemand[] = [
  {
    service: "postgres",
    when: (from, to) => newer(from, to) && major(from) !== major(to),
    what: "a major release of PostgreSQL does not read the data of another one",
    outcome: "refused",
    fix: "Make a backup with the former settings, and bring it into the new release: `backup create`, then `restore FILE --identity KEYFILE --delete-data NAME`",
    source: "https://www.postgresql.org/docs/current/upgrading.html",
  },
  {
    service: "postgres",
    when: (from, to) => older(from, to) && major(from) !== major(to),
    what: "an older major release of PostgreSQL reads neither the data nor the dumps of a newer one",
    outcome: "refused",
    fix: "Restore a backup from before, with the older release: `restore FILE --identity KEYFILE --delete-data NAME`",
    source: "https://www.postgresql.org/docs/current/app-pgdump.html",
  },
  {
    service: "keycloak",
    when: older,
    what: "an older Keycloak is not made for the database that a newer one has migrated: it starts, and warns",
    outcome: "refused",
    fix: "Restore a backup from before, with the older release: `restore FILE --identity KEYFILE --delete-data NAME`",
    source: "org.keycloak.migration.DefaultMigrationManager, 'Possibly incorrect state of migration'",
  },
  {
    service: "keycloak",
    when: (from, to) => newer(from, to) && series(from) !== series(to),
    what: "Keycloak migrates its database at its first start, and cannot go back by itself: `upgrade` puts back the copy from before",
    outcome: "told",
    source: "https://www.keycloak.org/docs/latest/upgrading/",
  },
  {
    service: "keycloak",
    when: (from, to) => newer(from, to) && major(from) !== major(to),
    what: "a major release of Keycloak removes what was deprecated; templates of realms and providers of one's own may want changes",
    outcome: "told",
    fix: "Read its upgrading guide before",
    source: "https://www.keycloak.org/docs/latest/upgrading/",
  },
  {
    service: "james",
    when: jamesWhen((from, to) => from.flavour !== to.flavour),
    what: "no mail goes from one flavour of James to another",
    outcome: "told",
    fix: "Copy it by IMAP, with both running",
    source: "constructs/james/known-releases.ts",
  },
  {
    service: "james",
    when: jamesWhen(
      (from, to) =>
        from.flavour === "postgres" && to.flavour === "postgres" && older(from.version, to.version),
    ),
    what: "nobody has given an older James the tables of a newer one",
    outcome: "refused",
    fix: "Restore a backup from before, with the older release: `restore FILE --identity KEYFILE --delete-data NAME`",
    source: "https://github.com/apache/james-project/blob/master/upgrade-instructions.md",
  },
  {
    service: "james",
    when: jamesWhen(
      (from, to) =>
        from.flavour === "postgres" && to.flavour === "postgres" && newer(from.version, to.version),
    ),
    what: "James changes its tables at its first start, and cannot go back by itself: `upgrade` puts back the copy from before",
    outcome: "told",
    source: "https://github.com/apache/james-project/blob/master/upgrade-instructions.md",
  },
  {
    service: "redis",
    when: (from, to) => older(series(from), series(to)),
    what: "an older Redis may not read the file of a newer one",
    outcome: "told",
    fix: "Where it does not start, ended sessions must begin anew: `upgrade` goes back then",
    source: "https://redis.io/docs/latest/operate/oss_and_stack/install/upgrade/",
  },
];

/** What a service's change of release demands; nothing where nobody knows from which it is. */
export function demandsOf(service: string, from: string | undefined, to: string | undefined): Demand[] {
  if (to === undefined) return [];
  const known =
    from === undefined ? [] : demands.filter((one) => one.service === service && one.when(from, to));
  const james = service === "james" && from !== to ? JamesRelease.parse(to) : undefined;
  return [
    ...known.map(({ what, outcome, fix }) => ({ what, outcome, ...(fix !== undefined && { fix }) })),
    ...(james ? toldOf(james).map((what) => ({ what, outcome: "told" as const })) : []),
  ];
}
