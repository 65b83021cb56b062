import type { Upstream } from "./gateway-route";

/**
 * A host of a gateway that one upstream answers for by itself, as Keycloak does for the login pages: cookies, authentication
 * and CORS are the upstream's. It is told the client's address, the scheme and the host by `X-Forwarded-For`,
 * `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-Port`.
 */
export interface ForwardedHost {
  /** DNS name, in lower case; the gateway has it on the environment's network too. */
  readonly host: string;
  /**
   * Where people find it: scheme, host and, unless it is the scheme's own, port, which the upstream is told.
   *
   * @default the gateway's own, `https://<host>:<tls.publicPort>` or `http://<host>:<port>`
   */
  readonly origin?: string;
  readonly upstream: Upstream;
  /** Paths below it are passed on, all others are 404: `/auth`, or the empty text for all. */
  readonly path: string;
  /** What stands for `path` at the upstream. @default the same */
  readonly upstreamPath?: string;
  /** Paths at the host that are 404 all the same, with what is below them. @default none */
  readonly hidden?: readonly string[];
}

/** Headers, beside those of an address, by which an upstream could be told another path than the gateway's. */
export const forwardingHeaders = ["X-Forwarded-Prefix", "X-Forwarded-Ssl", "X-Forwarded-Scheme"] as const;
