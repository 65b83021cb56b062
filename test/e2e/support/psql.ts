import { execFileSync } from "node:child_process";

/** What an environment's PostgreSQL answers to its superuser, by the container's own socket. */
export function psql(container: string, database: string, statement: string): string {
  const command = '/usr/lib/postgresql/*/bin/psql -XqAt -h /dev/shm "$@"';
  return execFileSync(
    "docker",
    ["exec", container, "bash", "-c", command, "psql", "--dbname", database, "--command", statement],
    { encoding: "utf8" },
  ).trim();
}
