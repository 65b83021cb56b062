import { type DatabasePlace, queryIn, stateIn } from "../backup/sources/databases";

const copyOf = (database: string) => `${database}_before_upgrade`;
const failedOf = (database: string) => `${database}_failed_upgrade`;

/** In the database that every PostgreSQL has. */
const at = (place: DatabasePlace): DatabasePlace => ({ ...place, database: "postgres" });

/** A database under another name, which its owner alone may use. */
const closed = (database: string) => `REVOKE ALL ON DATABASE "${database}" FROM PUBLIC;`;

/**
 * Copies a database that nobody uses, within its PostgreSQL.
 *
 * @see https://www.postgresql.org/docs/15/manage-ag-templatedbs.html
 * @throws KitError when somebody uses it, or there is no room for it
 */
export async function copyDatabase(place: DatabasePlace): Promise<void> {
  const { database } = place;
  const copy = copyOf(database);
  await stateIn(
    at(place),
    `DROP DATABASE IF EXISTS "${copy}" WITH (FORCE);
CREATE DATABASE "${copy}" TEMPLATE "${database}" OWNER "${database}";
${closed(copy)}`,
  );
}

/**
 * Puts the copy in the place of a database that nobody may use meanwhile, which is kept under another name until the next upgrade.
 * Once it is there, nothing is done.
 *
 * @returns the name by which the other one is kept
 */
export async function putDatabaseBack(place: DatabasePlace): Promise<string> {
  const { database } = place;
  const [copy, failed] = [copyOf(database), failedOf(database)];
  const there = await databasesAt(place);
  if (!there.includes(copy)) return failed;
  if (there.includes(database)) {
    await stateIn(
      at(place),
      `DROP DATABASE IF EXISTS "${failed}" WITH (FORCE);
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}';
ALTER DATABASE "${database}" RENAME TO "${failed}";`,
    );
  }
  await stateIn(at(place), `ALTER DATABASE "${copy}" RENAME TO "${database}";`);
  return failed;
}

/** Removes the copy, and where all went well what an upgrade before has left. */
export async function forgetCopy(place: DatabasePlace, { failed = false } = {}): Promise<void> {
  const { database } = place;
  const gone = [copyOf(database), ...(failed ? [failedOf(database)] : [])];
  await stateIn(at(place), gone.map((name) => `DROP DATABASE IF EXISTS "${name}" WITH (FORCE);`).join("\n"));
}

async function databasesAt(place: DatabasePlace): Promise<string[]> {
  return queryIn(at(place), "SELECT datname FROM pg_database");
}

/** Whether a database has other tables than its copy, or notes of a migration that the copy has not. */
export async function isMigrated(place: DatabasePlace): Promise<boolean> {
  const copy = { ...place, database: copyOf(place.database) };
  if (!(await databasesAt(place)).includes(copy.database)) return false;
  const [was, is] = [await schemaOf(copy), await schemaOf(place)];
  return was !== is;
}

/** Liquibase, and Keycloak's own migration of realms, note here what they have done. */
const notes = ["databasechangelog", "migration_model"];

async function schemaOf(place: DatabasePlace): Promise<string> {
  const columns = await queryIn(
    place,
    `SELECT md5(string_agg(text, ',' ORDER BY text)) FROM (SELECT concat_ws(':', table_name, column_name, data_type,
character_maximum_length, is_nullable) AS text FROM information_schema.columns WHERE table_schema = 'public') AS columns`,
  );
  const counts: string[] = [];
  for (const table of notes) {
    if ((await queryIn(place, `SELECT to_regclass('${table}')`)).length === 0) continue;
    counts.push(...(await queryIn(place, `SELECT count(*) FROM ${table}`)));
  }
  return [...columns, ...counts].join();
}
