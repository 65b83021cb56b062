import * as z from "zod";

/**
 * The form of a backup's archive: a tar archive, compressed by gzip, encrypted by age, so that `age --decrypt | tar xz` reads it
 * (docs/decisions/0024-a-backup-is-an-age-file.md). Its first file says what it is, its last what it must have held.
 */
export const FORMAT = 1;

/** Its first file. */
export const ABOUT = "backup.json";

/** Its last file. */
export const CONTENTS = "contents.json";

/** Bytes of a file in it at most: a larger member comes in parts, `<name>.part-000001` and so on. */
export const PART = 4 * 1024 * 1024;

/** What the kit keeps of an environment, as members. */
export const kitMembers = { secrets: "kit/secrets.json", identityState: "kit/identity.tfstate" } as const;

/** Redis's data, as commands that make it. */
export const REDIS = "redis/appendonly.aof";

/** A database of PostgreSQL, as `pg_restore` reads it. */
export const databaseMember = (database: string) => `postgres/${database}.dump`;

/** What is known of a backup before it is made. */
export interface BackupAbout {
  readonly format: number;
  /** Release of the kit that has made it. */
  readonly kit: string;
  /** Name of the environment. */
  readonly environment: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Of services whose data is in it. */
  readonly releases: Readonly<Record<string, string>>;
  readonly realms: readonly { readonly name: string; readonly domain: string }[];
  /** Mail addresses. */
  readonly people: readonly string[];
  /** How its realms are made. */
  readonly identity: "import" | "provider" | "none";
  /** SHA-256 of what Keycloak has imported, by realm: it imports anew what is another. */
  readonly imported: Readonly<Record<string, string>>;
  /** What of the environment is not in it, in words. */
  readonly leftOut: readonly string[];
}

/** What is known of a backup once it is made. */
export interface BackupContents {
  readonly members: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** How many accounts, sessions and so on. */
  readonly counts: Readonly<Record<string, number>>;
}

const count = z.int().nonnegative();

/** What every release of the kit can read of every archive. */
export const anyAboutForm = z.looseObject({ format: z.int().positive(), kit: z.string() });

export const aboutForm = z.strictObject({
  ...{ format: z.literal(FORMAT), kit: z.string(), environment: z.string() },
  createdAt: z.iso.datetime(),
  releases: z.record(z.string(), z.string()),
  realms: z.array(z.strictObject({ name: z.string(), domain: z.string() })),
  people: z.array(z.string()),
  identity: z.enum(["import", "provider", "none"]),
  imported: z.record(z.string(), z.string()),
  leftOut: z.array(z.string()),
});

export const contentsForm = z.strictObject({
  members: z.array(
    z.strictObject({ name: z.string(), bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  counts: z.record(z.string(), count),
});
