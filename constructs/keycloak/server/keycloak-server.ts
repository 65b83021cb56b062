import { Construct } from "constructs";
import type { IPostgresDatabase } from "../../postgres/postgres-server";
import { checkProps } from "../../terraform/rules";
import type { ConfigFile } from "../../workload/config-file";
import { HealthCheck } from "../../workload/health-check";
import { noRenegotiation, shortDnsCache } from "../../workload/java";
import { limitsOf } from "../../workload/limits";
import { portsBehind } from "../../workload/trusted-proxy";
import { type PublishedPort, Workload } from "../../workload/workload";
import { withConsoles } from "../compare/console-clients";
import { hostsOfRealm } from "../representation/realm-hosts";
import { realmIdentity } from "../representation/realm-identity";
import type { RealmRepresentation } from "../representation/realm-template";
import { keycloakConfiguration, trustFile } from "./keycloak-configuration";
import { databaseFiles, databaseName, livingConnections, noticesLostDatabase } from "./keycloak-database";
import { keycloakMemory } from "./keycloak-memory";
import { keycloakRules } from "./keycloak-rules";
import {
  defaultHost,
  defaultPort,
  type KeycloakServerProps,
  keycloakUrls,
  nameOf,
  type RealmSource,
  tlsPort,
} from "./keycloak-server-props";
import { type IRealm, realmAt } from "./realm";

/** Where it finds the realms that it imports, a file each. */
export const importFolder = "/opt/keycloak/kit/import/";

/**
 * A Keycloak with a database in PostgreSQL, or an embedded one on a volume. Realms are imported at start, when they have
 * changed.
 */
export class KeycloakServer extends Construct {
  /** Label that tells which realms it imports: a list of `RealmIdentity` as JSON. */
  static readonly realmsLabel = "james-oidc-kit.realms";
  /**
   * Label that tells in which PostgreSQL they are, `own` or `<host>:<port>/<database>`; none where the database is embedded.
   */
  static readonly databaseLabel = "james-oidc-kit.database";

  /** Base URL as browsers and mail clients have it, e.g. `http://sso.example.com:8080/auth`. */
  readonly url: string;
  /** Base URL by which the environment's other services reach it. */
  readonly internalUrl: string;
  readonly service: Workload;

  constructor(scope: Construct, id: string, props: KeycloakServerProps) {
    super(scope, id);
    checkProps(this, props, keycloakRules);
    const {
      host = defaultHost,
      port = defaultPort,
      heapMb = keycloakMemory.defaultHeap,
      realms = [],
      database,
    } = props;
    const { publicUrl, internalUrl } = keycloakUrls(props);
    this.url = publicUrl;
    this.internalUrl = internalUrl;
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "keycloak",
      image: props.image,
      aliases: [host],
      ports: portsBehind(props.proxy, publishedPorts(props, port)),
      connectsTo: () => [
        ...realms.flatMap((realm) => hostsOfRealm(representationOf(realm))),
        ...(database ? [database.server.host] : []),
      ],
      files: () => [
        {
          path: "/opt/keycloak/conf/keycloak.conf",
          content: keycloakConfiguration(props, port),
          secret: true,
        },
        ...(props.trustedCertificates !== undefined
          ? [{ path: trustFile, content: props.trustedCertificates }]
          : []),
        ...(database ? databaseFiles(database) : []),
        ...realms.map((realm) => realmFile(realm, database !== undefined)),
      ],
      env: {
        KIT_JAVA_OPTS: [
          `-Xmx${heapMb}m`,
          shortDnsCache,
          ...(props.tls ? [noRenegotiation] : []),
          ...(database ? [livingConnections] : []),
        ].join(" "),
        ...(props.behindGateway && { KIT_TRUSTED_NETWORK: host }),
      },
      volumes: [
        ...(database
          ? []
          : [{ name: "keycloak-data", path: "/opt/keycloak/data", holds: "accounts and logins" }]),
        ...(props.tls ? [props.tls.certificate.volume] : []),
      ],
      labels: {
        ...(realms.length > 0 && {
          [KeycloakServer.realmsLabel]: () =>
            JSON.stringify(realms.map((realm) => realmIdentity(representationOf(realm)))),
        }),
        ...(database && { [KeycloakServer.databaseLabel]: nameOfDatabase(database) }),
      },
      healthCheck: HealthCheck.http(
        port,
        `/auth/realms/${realms[0] ? nameOf(realms[0]) : "master"}/.well-known/openid-configuration`,
        {
          host: `${host}:${port}`,
        },
      ),
      ...(database && { sysctls: noticesLostDatabase }),
      ...limitsOf(props),
    });
  }

  /** The endpoints of one of its realms. */
  realm(name: string): IRealm {
    return realmAt(this.url, name, { internalUrl: this.internalUrl });
  }
}

function publishedPorts(
  { tls, behindGateway, adminPort }: KeycloakServerProps,
  port: number,
): PublishedPort[] {
  return [
    ...(tls
      ? [{ internal: tlsPort, external: tls.port }]
      : behindGateway
        ? []
        : [{ internal: port, external: port }]),
    ...(adminPort === undefined ? [] : [{ internal: port, external: adminPort, address: "127.0.0.1" }]),
  ];
}

function nameOfDatabase({ server, name }: IPostgresDatabase): string {
  return databaseName(server, { name, managed: Construct.isConstruct(server) });
}

function representationOf(realm: RealmSource | RealmRepresentation): RealmRepresentation {
  return "realmName" in realm ? realm.representation() : realm;
}

/** @param anew whether each import is to give it another id, by which the start program knows that it was imported */
function realmFile(realm: RealmSource | RealmRepresentation, anew: boolean): ConfigFile {
  const { id, ...imported } = withConsoles(representationOf(realm));
  return {
    path: `${importFolder}${nameOf(realm)}.json`,
    content: `${JSON.stringify(anew || id === undefined ? imported : { id, ...imported }, null, 2)}\n`,
    secret: true,
  };
}
