import type { IPostgres, IPostgresDatabase } from "../../postgres/postgres-server";
import type { ConfigFile } from "../../workload/config-file";

/** Most connections that it opens. */
export const databaseConnections = 20;

/**
 * A database that went without a word, as when its network is cut or its machine is lost, is noticed within a minute. Left to
 * itself the kernel sends again for a quarter of an hour, and looks after a silent connection after two hours; whoever waits
 * for it holds one of the connections, until none is left.
 *
 * https://docs.kernel.org/networking/ip-sysctl.html */
export const noticesLostDatabase = {
  "net.ipv4.tcp_retries2": "7",
  "net.ipv4.tcp_keepalive_time": "30",
  "net.ipv4.tcp_keepalive_intvl": "10",
  "net.ipv4.tcp_keepalive_probes": "3",
};

/**
 * A connection is tried before it is used: after a restart of PostgreSQL nobody is answered 500 for one that is gone. It costs a
 * round trip. Keycloak has no option of its own for it.
 *
 * @see https://quarkus.io/guides/all-config#quarkus-agroal_quarkus-datasource-jdbc-validate-on-borrow
 */
export const livingConnections = "-Dquarkus.datasource.jdbc.validate-on-borrow=true";

const folder = "/opt/keycloak/kit";
const authorityFile = `${folder}/database-ca.pem`;

/**
 * URL of a database for Java. Without TLS none is tried, with TLS none but a server with a certificate of the host and of a
 * trusted authority is talked to. https://jdbc.postgresql.org/documentation/use/#connection-parameters
 */
export function jdbcUrl({ server, name }: Pick<IPostgresDatabase, "server" | "name">): string {
  return `jdbc:postgresql://${server.host}:${server.port}/${name}?${parametersOf(server)}&tcpKeepAlive=true`;
}

function parametersOf({ tls = false, ca }: IPostgres): string {
  if (!tls) return "sslmode=disable";
  return ca === undefined
    ? "sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory"
    : `sslmode=verify-full&sslrootcert=${authorityFile}`;
}

/** What `databaseName` calls one of the environment's own PostgreSQL, whatever its host is called. */
export const ownDatabase = "own";

/** Where the realms of a Keycloak are: `own`, or `<host>:<port>/<database>`. */
export function databaseName(
  { host, port }: IPostgres,
  { name, managed }: { readonly name: string; readonly managed: boolean },
): string {
  return managed ? ownDatabase : `${host}:${port}/${name}`;
}

/** What its start program is given to ask the database what has been imported (images/keycloak/start). */
export function databaseFiles(database: IPostgresDatabase): ConfigFile[] {
  const { user, password, server } = database;
  const args = ["-url", jdbcUrl(database), "-user", user, "-password", password.reveal()].map(quoted);
  return [
    { path: `${folder}/database`, content: `org.h2.tools.Shell\n${args.join("\n")}\n`, secret: true },
    ...(server.ca === undefined ? [] : [{ path: authorityFile, content: server.ca }]),
  ];
}

/** In a file of arguments of the JVM. https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html */
const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
