import type { Secret } from "../../workload/secret";

/**
 * Who says whose a token is. Keycloak calls a token active only for a client in its audience, then tells its claims of now,
 * and says by `typ` that it is an access token. Of any `other` OpenID provider only what the standards have is expected: its
 * introspection (RFC 7662) need say no more than whether a token, for whatever application, is active.
 */
export type OpenidProvider = "keycloak" | "other";

/**
 * A realm as clients of its OpenID Connect endpoints see it: the kit's own, one of an existing Keycloak (`realmAt`), or
 * any other OpenID provider.
 */
export interface IRealm {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** What clients are told, and read. */
  readonly discoveryUrl: string;
  /** The same document where services read it: its endpoints for them are those that they reach. @default discoveryUrl */
  readonly internalDiscoveryUrl?: string;
  /** Where services read its keys. */
  readonly jwksUrl: string;
  /** Where services ask about tokens, RFC 7662. @default none: only signature and expiry of tokens count, and no logout is heard */
  readonly introspectionUrl?: string;
  /** @default "keycloak" */
  readonly provider?: OpenidProvider;
  /** Claim of its access tokens that is the user's mail address. @default "email" */
  readonly userClaim?: string;
  /** Audience that its access tokens must have. @default the client id of who introspects */
  readonly audience?: string;
  /** Certificates in PEM, of which that of the server that services ask must be. @default those that the images trust */
  readonly ca?: string;
}

/** A confidential client that may ask the realm whether a token is active; tokens must name it in `aud`. */
export interface IResourceServer {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** Base URL of a Keycloak, the same inside and outside. */
export function keycloakUrl(host: string, port: number): string {
  return `http://${host}:${port}/auth`;
}

/** Where an OpenID provider logs people in. */
export interface LoginEndpoints {
  readonly authorization: string;
  readonly token: string;
  readonly logout?: string;
}

/** Of a Keycloak's realm. https://www.keycloak.org/securing-apps/oidc-layers */
export function loginEndpoints(issuer: string): LoginEndpoints {
  const endpoint = (path: string) => keycloakEndpoint(issuer, path);
  return { authorization: endpoint("auth"), token: endpoint("token"), logout: endpoint("logout") };
}

export const keycloakEndpoint = (issuer: string, path: string) => `${issuer}/protocol/openid-connect/${path}`;

/** Every Keycloak can be asked about tokens. */
type KeycloakEndpoints = IRealm & Required<Pick<IRealm, "introspectionUrl">>;

export interface RealmAtOptions extends Pick<IRealm, "ca"> {
  /**
   * Base URL by which services reach it. Keycloak must have `hostname-backchannel-dynamic=true`, so that its discovery
   * document there names endpoints that they reach. https://www.keycloak.org/server/hostname
   *
   * @default the same
   */
  readonly internalUrl?: string;
}

/**
 * A realm of a Keycloak by its base URL, e.g. `https://sso.example.com/auth`.
 */
export function realmAt(
  baseUrl: string,
  name: string,
  { ca, internalUrl = baseUrl }: RealmAtOptions = {},
): KeycloakEndpoints {
  const [issuer, internal] = [baseUrl, internalUrl].map(
    (url) => `${url.replace(/\/$/, "")}/realms/${encodeURIComponent(name)}`,
  ) as [string, string];
  const discovery = "/.well-known/openid-configuration";
  return {
    issuer,
    discoveryUrl: `${issuer}${discovery}`,
    ...(internal !== issuer && { internalDiscoveryUrl: `${internal}${discovery}` }),
    jwksUrl: keycloakEndpoint(internal, "certs"),
    introspectionUrl: keycloakEndpoint(internal, "token/introspect"),
    ...(ca !== undefined && { ca }),
  };
}
