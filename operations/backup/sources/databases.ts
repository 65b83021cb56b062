import { Readable } from "node:stream";
import { outputOf, runIn, type ScriptPlace } from "./in-container";

/** A database in a PostgreSQL of the kit's. */
export interface DatabasePlace {
  readonly container: string;
  readonly database: string;
}

const place = ({ container }: DatabasePlace): ScriptPlace => ({ container, user: "postgres" });

/** The programs of the image's release, as the superuser, whom the container's own socket lets in. */
const program = (name: string) => `/usr/lib/postgresql/*/bin/${name} -h /dev/shm -U postgres`;

/**
 * A consistent copy of a database in use, in the custom format of `pg_dump`. It is not compressed: the archive is.
 *
 * @see https://www.postgresql.org/docs/15/app-pgdump.html
 */
export function dumpOf(where: DatabasePlace): AsyncGenerator<Uint8Array> {
  return outputOf(
    place(where),
    `exec ${program("pg_dump")} --format=custom --compress=0 --no-password ${where.database}`,
  );
}

/**
 * Restores what `dumpOf` wrote into an empty database, which then belongs to the role of its name: all of it, or nothing.
 *
 * @see https://www.postgresql.org/docs/15/app-pgrestore.html
 */
export async function restoreDump(where: DatabasePlace, dump: AsyncIterable<Uint8Array>): Promise<void> {
  const { database } = where;
  const options = `--no-owner --no-privileges --role=${database} --single-transaction --exit-on-error`;
  await runIn(place(where), `exec ${program("pg_restore")} ${options} --dbname=${database}`, dump);
  // What the planner knows of a database is not in a dump.
  await runIn(place(where), `exec ${program("psql")} -XqAt -d ${database} -c ANALYZE`);
}

/** What a query gives, a line a row, columns apart by `|`. */
export async function queryIn(where: DatabasePlace, query: string): Promise<string[]> {
  const script = `exec ${program("psql")} -XqAt -d ${where.database} -f -`;
  return (await runIn(place(where), script, Readable.from([Buffer.from(query)]))).split("\n").filter(Boolean);
}

/** Runs statements, each on its own, up to the first that fails. @throws KitError when one does */
export async function stateIn(where: DatabasePlace, statements: string): Promise<void> {
  const script = `exec ${program("psql")} -XqAt --set=ON_ERROR_STOP=1 -d ${where.database} -f -`;
  await runIn(place(where), script, Readable.from([Buffer.from(statements)]));
}
