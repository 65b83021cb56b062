import type { ForwardedHost } from "../gateway/forwarded-host";
import type { GatewayRoute } from "../gateway/gateway-route";
import type { GatewaySite, SiteUsers } from "../gateway/gateway-site";
import type { GatewayTls } from "../gateway/gateway-tls";
import type { OpenidProvider } from "../keycloak/server/realm";
import type { IRedis } from "../redis/redis-server";
import type { Image } from "../workload/image";
import type { ContainerLimits } from "../workload/limits";
import type { Secret } from "../workload/secret";
import type { TrustedProxy } from "../workload/trusted-proxy";
import type { Engine } from "../workload/workload";
import type { Revocation } from "./revocation";

export interface ApisixGatewayProps extends ContainerLimits {
  readonly engine: Engine;
  readonly image: Image;
  /** Release of APISIX in the image, e.g. `3.18.0`: defaults and options differ by it. */
  readonly version: string;
  /** What clients can reach; `addRoute` adds to it. */
  readonly routes: readonly GatewayRoute[];
  readonly oidc: ApisixOidc;
  /** Further hosts, each with a realm of its own; `host` is then the only one that `routes` are for. @default none */
  readonly sites?: readonly GatewaySite<ApisixOidc>[];
  /** Origins of web clients, whose pages may use `routes`. @default none */
  readonly webOrigins?: readonly string[];
  /** @default "redis" */
  readonly revocation?: Revocation;
  /**
   * Where revoked sessions are kept: needed for `redis`; `linagora-java-plugin` keeps them in memory without it.
   *
   * @default none
   */
  readonly redis?: IRedis;
  /**
   * How long the answer to an introspection is trusted, in seconds; 0 asks at every request. At most 3600. Only for
   * `introspection`.
   *
   * @default 0
   */
  readonly introspectionIntervalSeconds?: number;
  /** DNS name on the environment's network. @default "apisix.example.com" */
  readonly host?: string;
  /** Port of plain HTTP, the same inside and outside; with `tls` only inside. @default 9080 */
  readonly port?: number;
  /** `host` is then the only one that `routes` are for. @default plain HTTP alone */
  readonly tls?: GatewayTls;
  /** Further hosts that others answer for; `host` is then the only one that `routes` are for. @default none */
  readonly forwardedHosts?: readonly ForwardedHost[];
  /**
   * With `proxy-v2` every connection from outside must begin with a header of the PROXY protocol, also of who is not trusted,
   * whose header says nothing.
   *
   * @default none: who connects is the client
   */
  readonly proxy?: TrustedProxy;
  /** @default those of `defaultApisixLimits` */
  readonly limits?: Partial<ApisixLimits>;
}

export interface ApisixLimits {
  /** Largest request body, in bytes; a larger one is answered 413. */
  readonly maxBodyBytes: number;
  /** Requests a second that one client address may send; further ones are delayed. */
  readonly requestsPerSecond: number;
  /** Delayed requests of one client address; further ones are answered 429. */
  readonly burst: number;
  /** Processes, each with its own memory: about 40 MiB. */
  readonly workers: number;
}

/**
 * The rate is that of the reference example. Its api-breaker is left out: it counts for all clients together what any one
 * of them can make the upstream answer, who could so shut a path to everybody.
 */
export const defaultApisixLimits: ApisixLimits = {
  // James takes uploads of 30 MB and mails of 20 MB by default.
  maxBodyBytes: 64 * 1024 * 1024,
  requestsPerSecond: 100,
  burst: 50,
  workers: 2,
};

/** The discovery document that the gateway reads. */
export function readDiscoveryUrl({ discoveryUrl, internalDiscoveryUrl = discoveryUrl }: ApisixOidc): string {
  return internalDiscoveryUrl;
}

/** How tokens are checked. */
export interface ApisixOidc extends SiteUsers {
  /** @default "keycloak" */
  readonly provider?: OpenidProvider;
  /**
   * For another provider than Keycloak: that it can be asked about tokens (RFC 7662); where, its discovery document says.
   *
   * @default none: with revocation `introspection` only signature and expiry count, and no logout is heard
   */
  readonly introspectionUrl?: string;
  /** Certificates in PEM, of which the provider's must be. @default those that the image trusts */
  readonly ca?: string;
  /** What `iss` must be. */
  readonly issuer: string;
  /** The realm's discovery document, http or https; https certificates are verified. */
  readonly discoveryUrl: string;
  /** The same document where the gateway reads it, when not at `discoveryUrl`. @default discoveryUrl */
  readonly internalDiscoveryUrl?: string;
  /** A confidential client; Keycloak calls a token active only for a client in its `aud`, so it is the audience too. */
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** What `aud` must be, or hold. @default clientId */
  readonly audience?: string;
  /** Claim whose value becomes `X-User`. @default "email", by which James knows its users */
  readonly userClaim?: string;
  /** JWS algorithm of the realm's tokens (RFC 7518): APISIX's library reads no other keys. @default "RS256", Keycloak's own */
  readonly signatureAlgorithm?: "RS256" | "RS384" | "RS512";
  /** Clients of whose logouts Keycloak tells the gateway. Needed for `redis`. @default none */
  readonly logoutClients?: readonly string[];
  /**
   * How long a session's logout is remembered, in seconds: best as long as an access token lives. About older tokens the realm
   * is asked at every request; the Java plugin takes them.
   *
   * @default 3600; for the Java plugin 604800, 7 days
   */
  readonly rememberLogoutSeconds?: number;
}
