import type { ForwardedHost } from "../gateway/forwarded-host";
import type { GatewayRoute } from "../gateway/gateway-route";
import type { GatewaySite, SiteUsers } from "../gateway/gateway-site";
import type { GatewayTls } from "../gateway/gateway-tls";
import type { OpenidProvider } from "../keycloak/server/realm";
import type { Secret } from "../workload/secret";
import type { TrustedProxy } from "../workload/trusted-proxy";

/** What the httpd gateway is told; render-httpd.ts turns it into files. */
export interface HttpdConfig {
  /** Port that it listens on, inside and outside. */
  readonly port: number;
  /** Its own name, for logs and generated URLs. */
  readonly host: string;
  readonly routes: readonly GatewayRoute[];
  readonly oidc: HttpdOidc;
  /** Further hosts, each with a realm of its own; `host` is then the only one that `routes` are for. @default none */
  readonly sites?: readonly GatewaySite<HttpdOidc>[];
  /** Origins of web clients, whose pages may use `routes`. @default none */
  readonly webOrigins?: readonly string[];
  /** How long Keycloak's answer to an introspection is trusted, in seconds; 0 asks at every request. At most 3600. */
  readonly introspectionIntervalSeconds: number;
  /** Where answers are kept when the interval is above 0. Without it: in shared memory, lost at a restart. */
  readonly redis?: { readonly host: string; readonly port: number; readonly password: Secret };
  /** Encrypts what is kept in Redis. */
  readonly cryptoPassphrase: Secret;
  readonly limits: HttpdLimits;
  /** @default none: `port` is what people use */
  readonly tls?: GatewayTls;
  /** Further hosts, each of which one upstream answers for. @default none */
  readonly forwardedHosts?: readonly ForwardedHost[];
  /** A proxy before the ports that people use. @default none: who connects is the client */
  readonly proxy?: TrustedProxy;
}

/** How tokens are checked: by Keycloak, or by the provider's keys and then, where it has introspection, by asking it. */
export interface HttpdOidc extends SiteUsers {
  /** What `iss` must be. */
  readonly issuer: string;
  /** @default "keycloak" */
  readonly provider?: OpenidProvider;
  /** Where its keys are; needed without `introspectionUrl` and for another provider than Keycloak. @default none */
  readonly jwksUrl?: string;
  /**
   * RFC 7662 endpoint, http or https; https certificates are verified.
   *
   * @default none: only signature and expiry count, and no logout is heard
   */
  readonly introspectionUrl?: string;
  /** Certificates in PEM, of which the provider's must be. @default those that the image trusts */
  readonly ca?: string;
  /** A confidential client; Keycloak calls a token active only for a client in its `aud`, so it is the audience too. */
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** What `aud` must be, or hold. @default clientId */
  readonly audience?: string;
  /** Claim whose value becomes `X-User`. @default "email", by which James knows its users */
  readonly userClaim?: string;
}

export interface HttpdLimits {
  /**
   * Largest request body, in bytes; a larger one is answered 413. One that is sent in chunks has no length to look at:
   * it streams through, up to the upstream's own limit.
   */
  readonly maxBodyBytes: number;
  /** Requests and WebSockets at a time: each holds a thread. Further ones wait. */
  readonly maxRequests: number;
}

export const defaultLimits: HttpdLimits = {
  // James takes uploads of 30 MB and mails of 20 MB by default.
  maxBodyBytes: 64 * 1024 * 1024,
  maxRequests: 256,
};
