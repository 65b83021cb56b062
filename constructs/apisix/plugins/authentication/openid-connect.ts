import type { Secret } from "../../../workload/secret";
import type { ApisixCapabilities } from "../../schema/capabilities";
import { type ApisixProblem, type ConfigMap, isMap, snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of openid-connect. https://apisix.apache.org/docs/apisix/plugins/openid-connect/ */
export interface OpenidConnectOptions extends PluginOptions {
  readonly clientId: string;
  /** Needed unless tokens are verified here: by `useJwks` or `publicKey` with `bearerOnly`. @default none */
  readonly clientSecret?: Secret;
  /** URL of the discovery document. */
  readonly discovery: string;
  /** Scopes asked for, with blanks between. @default "openid" */
  readonly scope?: string;
  /** Name in `WWW-Authenticate`. @default "apisix" */
  readonly realm?: string;
  /** Takes a bearer token or answers 401; nobody is sent to log in. @default false */
  readonly bearerOnly?: boolean;
  /** Verifies tokens by the keys that the discovery document names, asking nobody. @default false: introspection */
  readonly useJwks?: boolean;
  /** Verifies tokens by this key, in PEM. @default none */
  readonly publicKey?: string;
  /** The only signature algorithm that is taken, as `RS256`. @default what the key is for */
  readonly tokenSigningAlgorithm?: string;
  /** Seconds that keys are kept. @default 86400 */
  readonly jwkExpiresInSeconds?: number;
  /** Verifies a token each time, not once until it expires. @default false */
  readonly jwtVerificationCacheIgnore?: boolean;
  /**
   * Keeps apart what is remembered of verified and introspected tokens. Without it a token that was verified for one realm is
   * taken for any other: what is remembered names neither keys nor issuer.
   *
   * @default one for all
   */
  readonly cacheSegment?: string;
  /** @default the discovery document's */
  readonly introspectionEndpoint?: string;
  /** @default "client_secret_basic" */
  readonly introspectionEndpointAuthMethod?: "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  /** Seconds that the answer to an introspection is trusted; 0 asks at every request. @default 0 */
  readonly introspectionIntervalSeconds?: number;
  /** `iss` and `aud` that are taken; APISIX 3.12, for the audience 3.14. @default the discovery document's issuer */
  readonly claimValidator?: ClaimValidator;
  /** Scopes that a token must have; APISIX 3.8. @default none */
  readonly requiredScopes?: readonly string[];
  /** Verifies certificates of the identity provider. APISIX before 3.16 did not by default. @default true */
  readonly sslVerify?: boolean;
  /** Longest wait for the identity provider, in seconds. @default 3 */
  readonly timeoutSeconds?: number;
  /** Passes the access token on, in `X-Access-Token`. @default true */
  readonly setAccessTokenHeader?: boolean;
  /** … in `Authorization` instead. @default false */
  readonly accessTokenInAuthorizationHeader?: boolean;
  /** Passes the ID token on, in `X-ID-Token`. @default true */
  readonly setIdTokenHeader?: boolean;
  /** Passes the ID token on as it was signed, in `X-Raw-ID-Token`; APISIX 3.18. @default false */
  readonly setRawIdTokenHeader?: boolean;
  /** Passes the claims on as base64 of JSON, in `X-Userinfo`. @default true */
  readonly setUserinfoHeader?: boolean;
  /** Passes the refresh token on, in `X-Refresh-Token`. @default false */
  readonly setRefreshTokenHeader?: boolean;
  /** What an unknown user gets: sent to log in, 401, or let in. @default "auth" */
  readonly unauthAction?: "auth" | "deny" | "pass";
  /** Needed unless `bearerOnly`: releases make up different ones. @default none */
  readonly redirectUri?: string;
  /** Needed unless `bearerOnly`. @default none */
  readonly session?: OpenidConnectSession;
  /** @default "client_secret_basic" */
  readonly tokenEndpointAuthMethod?: "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  /** @default "/logout" */
  readonly logoutPath?: string;
  /** @default none */
  readonly postLogoutRedirectUri?: string;
  /** Proof key for code exchange (RFC 7636). @default false */
  readonly usePkce?: boolean;
  /** Sends a nonce to log in. @default false */
  readonly useNonce?: boolean;
  /** Further parameters of the authorization request. @default none */
  readonly authorizationParams?: Readonly<Record<string, string>>;
}

export interface ClaimValidator {
  /** @default the discovery document's */
  readonly validIssuers?: readonly string[];
  /** @default nothing is checked */
  readonly audience?: {
    /** @default "aud" */
    readonly claim?: string;
    /** A token without the claim is refused. @default false */
    readonly required?: boolean;
    /** The claim must be, or hold, the client id. @default false */
    readonly matchWithClientId?: boolean;
  };
}

export interface OpenidConnectSession {
  /** Encrypts the session cookie; 16 characters or more. */
  readonly secret: Secret;
  /** Further options under APISIX's names; APISIX 3.17. @default none */
  readonly options?: ConfigMap;
}

/** Users by OpenID Connect: by a bearer token, or by a login with a session. */
export function openidConnect(options: OpenidConnectOptions): Plugin {
  return new Plugin("openid-connect", (apisix) => render(options, apisix), options.meta);
}

/** Whatever has another default in another release is written, so that all releases do the same. */
function render(options: OpenidConnectOptions, apisix: ApisixCapabilities): ConfigMap {
  const {
    meta: _,
    claimValidator,
    introspectionIntervalSeconds: interval = 0,
    jwkExpiresInSeconds,
    session,
    timeoutSeconds,
    tokenSigningAlgorithm,
    ...same
  } = options;
  const verifiesItself = same.useJwks === true || same.publicKey !== undefined;
  return {
    ...snakeCase({ useJwks: false, sslVerify: true, ...same }),
    ...(same.bearerOnly && verifiesItself && !same.clientSecret && !apisix.oidcSecretOptional
      ? { client_secret: "unused" }
      : {}),
    ...(same.bearerOnly
      ? {}
      : { token_endpoint_auth_method: same.tokenEndpointAuthMethod ?? "client_secret_basic" }),
    // An interval of 0 is no interval to APISIX: it would trust the answer until the token expires.
    ...(verifiesItself
      ? {}
      : { introspection_cache_ignore: interval === 0, introspection_interval: interval }),
    jwk_expires_in: jwkExpiresInSeconds,
    timeout: timeoutSeconds,
    token_signing_alg_values_expected: tokenSigningAlgorithm,
    session: session && { ...session.options, secret: session.secret },
    claim_validator: claimValidator && {
      issuer: claimValidator.validIssuers && { valid_issuers: claimValidator.validIssuers },
      audience: claimValidator.audience && snakeCase(claimValidator.audience),
    },
  };
}

export function openidConnectProblems(config: ConfigMap, apisix: ApisixCapabilities): ApisixProblem[] {
  const missing = [
    ...(config.bearer_only === true
      ? []
      : [
          { at: "redirect_uri", what: "needed without bearer_only: releases make up different ones" },
          {
            at: "session",
            what: "needed without bearer_only: users who log in have one",
            refused: apisix.oidcSessionNeeded,
          },
        ]),
    // Before, the schema asks for it.
    ...(apisix.oidcSecretOptional && needsSecret(config)
      ? [
          {
            at: "client_secret",
            what: "needed: APISIX proves by it to the identity provider who asks",
            refused: true,
          },
        ]
      : []),
  ].filter(({ at }) => config[at] === undefined);
  const audience = isMap(config.claim_validator) && config.claim_validator.audience !== undefined;
  const since = audience ? apisix.lacks("openid-connect", "claim_validator.audience") : undefined;
  // Where the release lacks the whole validator, that is reported already.
  return since && !apisix.lacks("openid-connect", "claim_validator")
    ? [
        ...missing,
        { at: "claim_validator.audience", what: `new in APISIX ${since}: ${apisix.version} ignores it` },
      ]
    : missing;
}

function needsSecret(config: ConfigMap): boolean {
  return config.bearer_only === true
    ? config.use_jwks !== true &&
        config.public_key === undefined &&
        config.introspection_endpoint_auth_method !== "private_key_jwt"
    : config.token_endpoint_auth_method !== "private_key_jwt" && config.use_pkce !== true;
}
