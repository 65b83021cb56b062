import type { Secret } from "../../workload/secret";

/** A realm as clients of its OpenID Connect endpoints see it: the kit's own or an existing one. */
export interface IRealm {
  /** The `iss` of its tokens; endpoints are below it. */
  readonly issuer: string;
  readonly discoveryUrl: string;
  readonly jwksUrl: string;
  readonly introspectionUrl: string;
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

/**
 * A realm of a Keycloak by its base URL, e.g. `https://sso.example.com/auth`.
 * Paths: https://www.keycloak.org/securing-apps/oidc-layers
 */
export function realmAt(baseUrl: string, name: string): IRealm {
  const issuer = `${baseUrl.replace(/\/$/, "")}/realms/${encodeURIComponent(name)}`;
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    jwksUrl: `${issuer}/protocol/openid-connect/certs`,
    introspectionUrl: `${issuer}/protocol/openid-connect/token/introspect`,
  };
}
