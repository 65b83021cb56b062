import type { IPostgresDatabase } from "../../postgres/postgres-server";
import type { Image } from "../../workload/image";
import type { ContainerLimits } from "../../workload/limits";
import type { Secret } from "../../workload/secret";
import type { ServerCertificate } from "../../workload/server-certificate";
import type { TrustedProxy } from "../../workload/trusted-proxy";
import type { Engine } from "../../workload/workload";
import type { RealmRepresentation } from "../representation/realm-template";
import { keycloakUrl } from "./realm";

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
  /** Host name by which the environment's other services reach it. @default "sso.example.com" */
  readonly host?: string;
  /**
   * Port of plain HTTP, for the other services. It is published, under the same number, where browsers come by it too: with
   * neither `tls` nor `behindGateway`.
   *
   * @default 8080
   */
  readonly port?: number;
  /**
   * Base URL as browsers and mail clients have it, which begins the issuer of each realm. Its path is /auth, Keycloak's own,
   * unless the gateway or a proxy puts that in place of another.
   *
   * @default `http://<host>:<port>/auth`, the same inside and outside
   */
  readonly publicUrl?: string;
  /**
   * Base URL by which browsers use the administration console: `http://127.0.0.1:<adminPort>/auth`, say, from the engine's
   * machine. At other addresses the console does not work, but the administration API answers; the gateway hides both
   * (`ForwardedHost.hidden`).
   *
   * @default publicUrl
   */
  readonly adminUrl?: string;
  /** HTTPS on a port of its own. @default none: plain HTTP, or the gateway's HTTPS */
  readonly tls?: KeycloakTls;
  /**
   * Whether the kit's gateway passes on what comes to the host of `publicUrl` (`ForwardedHost`): Keycloak then believes it
   * about scheme, host and address of its clients, and publishes no port for them.
   *
   * @default false
   */
  readonly behindGateway?: boolean;
  /** Port of plain HTTP on 127.0.0.1 of the engine's machine, for its programs and administrators. @default none */
  readonly adminPort?: number;
  /**
   * A proxy of somebody else's straight before it; where the gateway is between them, the gateway is told instead. It must set
   * X-Forwarded-For, not add to what a client sends: Keycloak believes the first address in it. It takes the PROXY protocol
   * from everybody or nobody, so that `proxy-v2` needs the gateway.
   *
   * @default none: no header is believed
   */
  readonly proxy?: TrustedProxy;
  /**
   * A database in PostgreSQL, for which the image must be built: `ImageSet.keycloakPostgres`. Everything that it is to know
   * again is in it, and it has no volume.
   *
   * @default an embedded one, on a volume
   */
  readonly database?: IPostgresDatabase;
  /** Certificates in PEM that it trusts beside those that its image does: of directories, say. @default none */
  readonly trustedCertificates?: string;
  /** Largest Java heap, in MiB, 128 or more, 256 with an image of a registry. @default 256 */
  readonly heapMb?: number;
}

/** TLS 1.2 and 1.3 of a Keycloak, HTTP/1.1 and HTTP/2. */
export interface KeycloakTls {
  /** Port on the environment's bind address. */
  readonly port: number;
  /** For the host of `publicUrl`, and of an `adminUrl` by https. */
  readonly certificate: ServerCertificate;
}

/** A realm that is rendered at synthesis, as a `KeycloakRealm` is: what is added to it until then is not lost. */
export interface RealmSource {
  readonly realmName: string;
  representation(): RealmRepresentation;
}

export const defaultHost = "sso.example.com";
export const defaultPort = 8080;

/** Where it listens for HTTPS in its container. */
export const tlsPort = 8443;

/** Its base URLs, without a slash at the end. */
export function keycloakUrls({
  host = defaultHost,
  port = defaultPort,
  publicUrl,
}: Pick<KeycloakServerProps, "host" | "port" | "publicUrl">): { publicUrl: string; internalUrl: string } {
  const internalUrl = keycloakUrl(host, port);
  return { publicUrl: publicUrl === undefined ? internalUrl : withoutSlash(publicUrl), internalUrl };
}

export function withoutSlash(url: string): string {
  return url.replace(/\/$/, "");
}

export function nameOf(realm: RealmSource | RealmRepresentation): string {
  return "realmName" in realm ? realm.realmName : (realm.realm ?? "");
}
