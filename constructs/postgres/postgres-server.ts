import { Construct } from "constructs";
import { hasControlCharacter } from "../../kit/control-character";
import { KitError } from "../../kit/errors";
import { checkProps, type Rule } from "../terraform/rules";
import { HealthCheck } from "../workload/health-check";
import type { Image } from "../workload/image";
import { type ContainerLimits, limitsOf } from "../workload/limits";
import type { Secret } from "../workload/secret";
import type { InternalTls } from "../workload/server-certificate";
import { type Engine, Workload } from "../workload/workload";
import { databaseNameProblem } from "./database-name";
import { configurationFolder, renderAccess, renderPostgres, runFolder } from "./postgres-configuration";
import { postgresPort } from "./postgres-port";

/** How to reach a PostgreSQL: the kit's own or an existing one. */
export interface IPostgres {
  readonly host: string;
  readonly port: number;
  /** Whether by TLS, with a certificate of `host`, which is a DNS name. @default false */
  readonly tls?: boolean;
  /** Certificates in PEM of which its own must be, with `tls`. @default those that the images trust */
  readonly ca?: string;
}

/** A database of a PostgreSQL, and who logs in to it. */
export interface IPostgresDatabase {
  readonly server: IPostgres;
  readonly name: string;
  /** Role that owns it. */
  readonly user: string;
  readonly password: Secret;
}

export interface PostgresServerProps extends ContainerLimits {
  readonly engine: Engine;
  /** A PostgreSQL 15, 16 or 17. Another major release cannot read what this one wrote, and says so in its log. */
  readonly image: Image;
  /** DNS name on the environment's network. @default "postgres.example.com" */
  readonly host?: string;
  /** TLS, and nothing else for others, on the same port. @default none: they come in clear */
  readonly tls?: InternalTls;
  /** Upper bound of memory, in MiB, 64 or more, to which its caches are fitted. @default 256 */
  readonly memoryMb?: number | undefined;
}

export interface PostgresDatabaseProps {
  readonly password: Secret;
  /** Most connections at a time. @default 20 */
  readonly connections?: number;
}

const defaultMemoryMb = 256;
const defaultConnections = 20;

const rules: Rule<PostgresServerProps>[] = [
  {
    prop: "memoryMb",
    check: ({ memoryMb = defaultMemoryMb }) =>
      memoryMb < 64 ? { what: "too little for PostgreSQL", got: memoryMb, allowed: "64 or more" } : undefined,
  },
];

/**
 * A PostgreSQL with a database and a role for each service that uses it. Its data is on a volume; names, passwords and rights of
 * the roles are made what the code says at each start.
 */
export class PostgresServer extends Construct implements IPostgres {
  readonly host: string;
  readonly port = postgresPort;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly service: Workload;
  readonly #databases = new Map<string, PostgresDatabaseProps>();

  constructor(scope: Construct, id: string, props: PostgresServerProps) {
    super(scope, id);
    checkProps(this, props, rules);
    const { tls, memoryMb = defaultMemoryMb } = props;
    this.host = props.host ?? "postgres.example.com";
    if (tls) {
      this.tls = true;
      this.ca = tls.ca;
    }
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "postgres",
      image: props.image,
      aliases: [this.host],
      files: () => [
        {
          path: `${configurationFolder}/postgresql.conf`,
          content: renderPostgres({ memoryMb, tls: tls !== undefined, connections: this.#connections() }),
        },
        {
          path: `${configurationFolder}/pg_hba.conf`,
          content: renderAccess([...this.#databases.keys()], tls !== undefined),
        },
        ...[...this.#databases].map(([name, { password }]) => ({
          path: `${configurationFolder}/passwords/${name}`,
          content: password.reveal(),
          secret: true,
        })),
      ],
      ...(tls && {
        env: { KIT_CHAIN_FILE: tls.certificate.chainFile, KIT_KEY_FILE: tls.certificate.keyFile },
      }),
      volumes: [
        {
          name: "postgres-data",
          path: "/var/lib/postgresql/data",
          holds: "databases, with accounts, sessions or mail",
        },
        ...(tls ? [tls.certificate.volume] : []),
      ],
      healthCheck: HealthCheck.script(
        `[[ -e ${runFolder}/ready ]] && /usr/lib/postgresql/*/bin/psql -XqAt -h ${runFolder} -U postgres -c 'SELECT 1' | grep -qx 1`,
      ),
      ...limitsOf({ ...props, memoryMb }),
    });
  }

  /**
   * A database and the role to which it belongs, of one name; may come until synthesis.
   *
   * @throws KitError when it is there already, or for what cannot be a name or password
   */
  addDatabase(name: string, props: PostgresDatabaseProps): IPostgresDatabase {
    const { password, connections = defaultConnections } = props;
    const problem =
      databaseNameProblem(name) ??
      (this.#databases.has(name) ? { what: "the database is there already", got: name } : undefined) ??
      (hasControlCharacter(password.reveal())
        ? { what: "a password cannot hold a line break or another control character" }
        : undefined) ??
      (Number.isInteger(connections) && connections > 0
        ? undefined
        : { what: "no number of connections", got: connections, allowed: "a whole number from 1 on" });
    if (problem) {
      throw new KitError(`${this.node.path} cannot have this database`, [
        { where: `${this.node.path}.addDatabase(${name})`, ...problem },
      ]);
    }
    this.#databases.set(name, props);
    return { server: this, name, user: name, password };
  }

  #connections(): number {
    return [...this.#databases.values()].reduce(
      (sum, { connections = defaultConnections }) => sum + connections,
      0,
    );
  }
}
