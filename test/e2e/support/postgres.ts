import { vi } from "vitest";
import { builtImages } from "../../../platform/image-set";
import { startContainer } from "../../gateway/lab/docker";
import { psql } from "./psql";

export interface PostgresOptions {
  /** Of the container. */
  readonly name: string;
  /** The run that it is of. */
  readonly test: string;
  /** Of the engine's machine, where it listens on port 5432. */
  readonly address: string;
  /** Name of a database, and of the role that owns it. */
  readonly database: string;
  readonly password: string;
}

const start = `umask 077
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
initdb --pgdata=/tmp/data --username=postgres --auth=peer >/dev/null
printf '%s\\n' 'local all all peer' 'host all all all scram-sha-256' >/tmp/data/pg_hba.conf
exec postgres -D /tmp/data -c listen_addresses="$0" -c unix_socket_directories=/dev/shm`;

/** Starts a PostgreSQL that is not the kit's. */
export async function startPostgres({ address, database, password, ...run }: PostgresOptions): Promise<void> {
  await startContainer({
    ...{ ...run, network: "host", aliases: [], image: builtImages().postgres.reference },
    files: [],
    command: ["bash", "-euc", start, address],
  });
  await vi.waitFor(
    () => psql(run.name, "postgres", `CREATE ROLE "${database}" LOGIN PASSWORD '${password}'`),
    {
      timeout: 60_000,
      interval: 500,
    },
  );
  psql(run.name, "postgres", `CREATE DATABASE "${database}" OWNER "${database}"`);
}
