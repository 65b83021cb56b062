/** PostgreSQL, in which services keep what must last. */
export {
  type IPostgres,
  type IPostgresDatabase,
  type PostgresDatabaseProps,
  PostgresServer,
  type PostgresServerProps,
} from "../constructs/postgres/postgres-server";
