import type { Secret } from "../workload/secret";

/** Methods that a route can allow. HEAD comes with GET; OPTIONS is answered by the gateway itself (cors.ts). */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Who decides about a request.
 *
 * - `oidc`: the gateway. It takes a bearer token from the Authorization header, nowhere else; the upstream gets the
 *   user's mail address in `X-User` and no token.
 * - `basic`: the upstream, about a password. What is not well-formed Basic authentication (RFC 7617) of a mail address
 *   the gateway itself answers 401.
 * - `public`: nobody. The upstream gets no Authorization header.
 *
 * Cookies pass on `public` routes only, both ways.
 */
export type RouteAuthentication = "oidc" | "basic" | "public";

/** A service behind the gateway, over plain HTTP. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
}

/**
 * What clients can reach through a gateway, in terms that every gateway has. Whatever no route names is answered 404;
 * a method that a route does not name is refused. Of routes that match one path the most specific wins: an exact
 * path before a prefix, a longer prefix before a shorter one.
 */
export interface GatewayRoute {
  /** Unique in the gateway: lower-case letters, digits, `-`. */
  readonly id: string;
  /** Path that clients ask for: exact, or a prefix that ends in `/*`. */
  readonly path: string;
  readonly methods: readonly HttpMethod[];
  readonly authentication: RouteAuthentication;
  readonly target: ForwardTarget | RedirectTarget | WebFingerTarget | DocumentTarget;
}

/** Requests go to an upstream. */
export interface ForwardTarget {
  readonly upstream: Upstream;
  /** Path there; a prefix exactly if the route's is one. What follows the prefix is kept byte for byte. @default the route's */
  readonly upstreamPath?: string;
  /** Whether clients may upgrade to a WebSocket. @default false */
  readonly webSocket?: boolean;
  /**
   * The WebSocket subprotocol that the upstream speaks without naming it in its answer: the gateway names it to a client
   * that offers it.
   *
   * @default what the upstream answers
   */
  readonly webSocketProtocol?: string;
  /** Headers set on every request to the upstream, in place of what the client sent. @default none */
  readonly requestHeaders?: Readonly<Record<string, string | Secret>>;
  /** Longest silence of the upstream or, on a WebSocket, of both sides, in seconds. @default 60; a WebSocket 3600 */
  readonly idleTimeoutSeconds?: number;
}

/** The gateway answers 302 to another path of its own, to anybody. */
export interface RedirectTarget {
  readonly redirectTo: string;
}

/** The gateway answers WebFinger itself (RFC 7033), to anybody, whichever users there are. */
export interface WebFingerTarget {
  readonly webFinger: WebFinger;
}

/** The gateway answers with a document, the same to anybody. */
export interface DocumentTarget {
  readonly document: GatewayDocument;
}

/** What a gateway answers with. */
export interface GatewayDocument {
  /** RFC 6838, e.g. `text/xml`. */
  readonly mediaType: string;
  /** Sent in UTF-8. */
  readonly text: string;
}

/** Where the users of some domains log in: what OpenID Connect Discovery 1.0 asks WebFinger for. */
export interface WebFinger {
  /** URL of the realm. */
  readonly issuer: string;
  /** Domains of the users' addresses, and of pages about them. */
  readonly domains: readonly string[];
}

export function isForward(target: GatewayRoute["target"]): target is ForwardTarget {
  return "upstream" in target;
}

export function isRedirect(target: GatewayRoute["target"]): target is RedirectTarget {
  return "redirectTo" in target;
}

export function isWebFinger(target: GatewayRoute["target"]): target is WebFingerTarget {
  return "webFinger" in target;
}

export function isDocument(target: GatewayRoute["target"]): target is DocumentTarget {
  return "document" in target;
}

/** The host that its requests are sent to. */
export function upstreamHosts({ target }: GatewayRoute): string[] {
  return isForward(target) ? [target.upstream.host] : [];
}

/** Whether the route's path is a prefix. */
export function isPrefix(path: string): boolean {
  return path.endsWith("/*");
}

/** The part of a path before the `*` of a prefix. */
export function pathStem(path: string): string {
  return isPrefix(path) ? path.slice(0, -1) : path;
}
