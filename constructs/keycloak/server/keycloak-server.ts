import { Construct } from "constructs";
import { hasControlCharacter } from "../../../kit/control-character";
import { checkProps, type Rule } from "../../terraform/rules";
import type { ConfigFile } from "../../workload/config-file";
import { HealthCheck } from "../../workload/health-check";
import type { Image } from "../../workload/image";
import { freshAddresses } from "../../workload/java";
import { type ContainerLimits, limitsOf } from "../../workload/limits";
import type { Secret } from "../../workload/secret";
import { type Engine, Workload } from "../../workload/workload";
import { withConsoles } from "../compare/console-clients";
import { hostsOfRealm } from "../representation/realm-hosts";
import { realmIdentity } from "../representation/realm-identity";
import type { RealmRepresentation } from "../representation/realm-template";
import { keycloakMemory } from "./keycloak-memory";
import { type IRealm, keycloakUrl, realmAt } from "./realm";

export interface KeycloakServerProps extends ContainerLimits {
  readonly engine: Engine;
  readonly image: Image;
  /** Password of the first administrator, `admin`. */
  readonly adminPassword: Secret;
  /**
   * Realms that it imports; a changed one replaces the stored one at the next start.
   * @default none: they are made through its API
   */
  readonly realms?: readonly (RealmSource | RealmRepresentation)[];
  /** Host name that browsers, mail clients and the other services use alike. @default "sso.example.com" */
  readonly host?: string;
  /** Port, the same inside and outside, so that the issuer is one URL everywhere. @default 8080 */
  readonly port?: number;
  /** Certificates in PEM that it trusts beside those that its image does: of directories, say. @default none */
  readonly trustedCertificates?: string;
  /** Largest Java heap, in MiB, 128 or more, 256 with an image of a registry. @default 256 */
  readonly heapMb?: number;
}

/** A realm that is rendered at synthesis, as a `KeycloakRealm` is: what is added to it until then is not lost. */
export interface RealmSource {
  readonly realmName: string;
  representation(): RealmRepresentation;
}

const { defaultHeap, leastHeap, besideHeap } = keycloakMemory;

const kindOf = ({ folder }: Image) => (folder === undefined ? "registry" : "built");

const rules: Rule<KeycloakServerProps>[] = [
  {
    prop: "adminPassword",
    check: ({ adminPassword }) =>
      // A line of its file would end, and another setting begin.
      hasControlCharacter(adminPassword.reveal())
        ? { what: "a password cannot hold a line break or another control character" }
        : undefined,
  },
  {
    prop: "realms",
    check: ({ realms = [] }) => {
      const names = realms.map(nameOf);
      return new Set(names).size < names.length
        ? { what: "two realms have one name", got: names }
        : undefined;
    },
  },
  {
    prop: "realms",
    check: ({ realms = [] }) =>
      realms.some((realm) => nameOf(realm) === "master")
        ? { what: "realm master is Keycloak's own", fix: "Name the realm otherwise" }
        : undefined,
  },
  {
    prop: "heapMb",
    check: ({ heapMb = defaultHeap, image }) => {
      const least = leastHeap[kindOf(image)];
      return Number.isInteger(heapMb) && heapMb >= least
        ? undefined
        : { what: "Keycloak cannot run with this heap", got: heapMb, allowed: `${least} or more` };
    },
  },
  {
    prop: "memoryMb",
    check: ({ heapMb = defaultHeap, memoryMb, image }) => {
      const beside = besideHeap[kindOf(image)];
      return memoryMb !== undefined && memoryMb < heapMb + beside
        ? {
            what: `too little for the heap and ${beside} MiB beside it`,
            got: memoryMb,
            allowed: `${heapMb + beside} or more`,
          }
        : undefined;
    },
  },
];

/** Where it finds the realms that it imports, a file each. */
export const importFolder = "/opt/keycloak/kit/import/";

const trustFile = "/opt/keycloak/kit/trusted.pem";

/** A Keycloak with an embedded database on a volume. Realms are imported at start, when they have changed. */
export class KeycloakServer extends Construct {
  /** Label that tells which realms it imports: a list of `RealmIdentity` as JSON. */
  static readonly realmsLabel = "james-oidc-kit.realms";

  /** E.g. `http://sso.example.com:8080/auth`. */
  readonly url: string;
  readonly service: Workload;

  constructor(scope: Construct, id: string, props: KeycloakServerProps) {
    super(scope, id);
    checkProps(this, props, rules);
    const { host = "sso.example.com", port = 8080, heapMb = defaultHeap, realms = [] } = props;
    this.url = keycloakUrl(host, port);
    this.service = new Workload(this, "service", {
      engine: props.engine,
      name: "keycloak",
      image: props.image,
      aliases: [host],
      ports: [{ internal: port, external: port }],
      connectsTo: () => realms.flatMap((realm) => hostsOfRealm(representationOf(realm))),
      files: () => [
        {
          path: "/opt/keycloak/conf/keycloak.conf",
          content: this.#configuration(port, props, { imports: realms.length > 0 }),
          secret: true,
        },
        ...(props.trustedCertificates !== undefined
          ? [{ path: trustFile, content: props.trustedCertificates }]
          : []),
        ...realms.map(realmFile),
      ],
      env: { KIT_JAVA_OPTS: `-Xmx${heapMb}m ${freshAddresses}` },
      volumes: [{ name: "keycloak-data", path: "/opt/keycloak/data" }],
      ...(realms.length > 0 && {
        labels: {
          [KeycloakServer.realmsLabel]: () =>
            JSON.stringify(realms.map((realm) => realmIdentity(representationOf(realm)))),
        },
      }),
      healthCheck: HealthCheck.http(
        port,
        `/auth/realms/${realms[0] ? nameOf(realms[0]) : "master"}/.well-known/openid-configuration`,
        {
          host: `${host}:${port}`,
        },
      ),
      ...limitsOf(props),
    });
  }

  /** The endpoints of one of its realms. */
  realm(name: string): IRealm {
    return realmAt(this.url, name);
  }

  /** https://www.keycloak.org/server/all-config; http-relative-path and db are fixed when the image is built. */
  #configuration(
    port: number,
    { adminPassword, trustedCertificates }: KeycloakServerProps,
    { imports }: { imports: boolean },
  ): string {
    return `http-enabled=true
http-port=${port}
hostname=${this.url}
bootstrap-admin-username=admin
bootstrap-admin-password=${propertyValue(adminPassword.reveal())}
log-level=WARN
${imports ? "" : concurrentLogins}${trustedCertificates === undefined ? "" : `truststore-paths=${trustFile}\n`}`;
  }
}

/**
 * What makes realms through the API logs in several times at once, as Keycloak's Terraform provider does: brute-force
 * protection would take the second login for a guess. Keycloak 26.8 lets it wait instead.
 */
const concurrentLogins =
  "spi-brute-force-protector--default-brute-force-detector--allow-concurrent-requests=true\n";

/**
 * Text in a file of java.util.Properties that Keycloak reads: there a backslash escapes, and what comes out is expanded
 * as an expression, in which `\$` is a dollar. https://smallrye.io/smallrye-config/Main/config/expressions/
 */
function propertyValue(text: string): string {
  return text
    .replace(/\\/g, "\\\\")
    .replaceAll("$", () => "\\\\$")
    .replace(/^\s/, "\\$&");
}

function nameOf(realm: RealmSource | RealmRepresentation): string {
  return "realmName" in realm ? realm.realmName : (realm.realm ?? "");
}

function representationOf(realm: RealmSource | RealmRepresentation): RealmRepresentation {
  return "realmName" in realm ? realm.representation() : realm;
}

function realmFile(realm: RealmSource | RealmRepresentation): ConfigFile {
  return {
    path: `${importFolder}${nameOf(realm)}.json`,
    content: `${JSON.stringify(withConsoles(representationOf(realm)), null, 2)}\n`,
    secret: true,
  };
}
