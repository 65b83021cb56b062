import { postgresPort } from "./postgres-port";

/** Where its container finds what it is given. */
export const configurationFolder = "/etc/postgresql/kit";
/** Of the container alone: by the socket there only the container itself logs in, as the superuser. */
export const runFolder = "/dev/shm";

/** For the superuser and for backups, beside those of the databases. */
const furtherConnections = 10;

export interface PostgresSettings {
  /** MiB that the container may take. */
  readonly memoryMb: number;
  /** Connections of all databases. */
  readonly connections: number;
  readonly tls: boolean;
}

/**
 * postgresql.conf, for what the container may take: a quarter of it for PostgreSQL's own cache, half or more for that of the
 * system, and a quarter for what connections sort. What queries share among processes would be in /dev/shm, which is small:
 * none is spread over several.
 *
 * https://www.postgresql.org/docs/15/runtime-config-resource.html, https://wiki.postgresql.org/wiki/Tuning_Your_PostgreSQL_Server */
export function renderPostgres({ memoryMb, connections, tls }: PostgresSettings): string {
  const maxConnections = connections + furtherConnections;
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: "'*'",
    port: postgresPort,
    unix_socket_directories: `'${runFolder}'`,
    unix_socket_permissions: "0700",
    hba_file: `'${runFolder}/pg_hba.conf'`,
    max_connections: maxConnections,
    password_encryption: "'scram-sha-256'",
    ...(tls && {
      ssl: "on",
      ssl_cert_file: `'${runFolder}/certificate.pem'`,
      ssl_key_file: `'${runFolder}/certificate.pem'`,
      ssl_min_protocol_version: "'TLSv1.2'",
    }),
    shared_buffers: megabytes(memoryMb / 4),
    effective_cache_size: megabytes(memoryMb / 2),
    work_mem: megabytes(memoryMb / 4 / maxConnections),
    maintenance_work_mem: megabytes(memoryMb / 16),
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    autovacuum_max_workers: 2,
    huge_pages: "off",
    jit: "off",
    max_wal_size: "'512MB'",
    log_timezone: "'UTC'",
    timezone: "'UTC'",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

const megabytes = (amount: number) => `'${Math.max(1, Math.floor(amount))}MB'`;

/**
 * pg_hba.conf: each role reaches the database of its name, by its password; nobody else reaches anything, and the superuser by
 * the container's socket alone. https://www.postgresql.org/docs/15/auth-pg-hba-conf.html */
export function renderAccess(databases: readonly string[], tls: boolean): string {
  const lines = databases.map(
    (name) => `${tls ? "hostssl" : "host"} "${name}" "${name}" all scram-sha-256\n`,
  );
  return ["local all postgres peer\n", ...lines].join("");
}
