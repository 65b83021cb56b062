import { describe, expect, it } from "vitest";
import {
  type OpenidConnectOptions,
  openidConnect,
} from "../../../../constructs/apisix/plugins/authentication/openid-connect";
import { apisixCapabilities } from "../../../../constructs/apisix/schema/capabilities";
import { secret } from "../../../template";
import { pluginProblems, releases } from "../../model";

const clientSecret = secret("s3cret");
const least = { clientId: "james", discovery: "https://sso.example.com/d" };
const jwks: OpenidConnectOptions = { ...least, bearerOnly: true, useJwks: true };
const introspection: OpenidConnectOptions = { ...least, clientSecret, bearerOnly: true };
const login: OpenidConnectOptions = {
  ...least,
  clientSecret,
  redirectUri: "https://mail.example.com/back",
  session: { secret: secret("0123456789abcdef") },
};
const written = (options: OpenidConnectOptions, version = "3.18.0"): Record<string, unknown> =>
  JSON.parse(JSON.stringify(openidConnect(options).config(apisixCapabilities(version))));

describe("openidConnect", () => {
  it.each(releases)("verifies by JWKS the same way in %s", (version) => {
    expect(pluginProblems(openidConnect(jwks), version)).toEqual([]);
    expect(written(jwks, version)).toEqual({
      client_id: "james",
      discovery: "https://sso.example.com/d",
      bearer_only: true,
      use_jwks: true,
      ssl_verify: true,
      ...(version === "3.2.0" && { client_secret: "unused" }),
    });
  });

  it.each(releases)("asks at every request unless told otherwise, in %s", (version) => {
    expect(pluginProblems(openidConnect(introspection), version)).toEqual([]);
    expect(written(introspection, version)).toEqual({
      client_id: "james",
      client_secret: "[secret test]",
      discovery: "https://sso.example.com/d",
      bearer_only: true,
      use_jwks: false,
      ssl_verify: true,
      introspection_cache_ignore: true,
      introspection_interval: 0,
    });
    expect(written({ ...introspection, introspectionIntervalSeconds: 30 }, version)).toMatchObject({
      introspection_cache_ignore: false,
      introspection_interval: 30,
    });
  });

  it.each(releases)("logs users in the same way in %s", (version) => {
    expect(pluginProblems(openidConnect(login), version)).toEqual([]);
    expect(written(login, version)).toMatchObject({
      redirect_uri: "https://mail.example.com/back",
      session: { secret: "[secret test]" },
      ssl_verify: true,
      token_endpoint_auth_method: "client_secret_basic",
    });
  });

  it("writes every option", () => {
    const everything: OpenidConnectOptions = {
      ...login,
      scope: "openid email",
      realm: "mail",
      publicKey: "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----",
      tokenSigningAlgorithm: "RS256",
      jwkExpiresInSeconds: 60,
      jwtVerificationCacheIgnore: true,
      cacheSegment: "mail",
      introspectionEndpoint: "https://sso.example.com/i",
      introspectionEndpointAuthMethod: "client_secret_post",
      claimValidator: {
        validIssuers: ["https://sso.example.com"],
        audience: { claim: "aud", required: true, matchWithClientId: true },
      },
      requiredScopes: ["email"],
      sslVerify: false,
      timeoutSeconds: 5,
      setAccessTokenHeader: false,
      accessTokenInAuthorizationHeader: true,
      setIdTokenHeader: false,
      setRawIdTokenHeader: true,
      setUserinfoHeader: true,
      setRefreshTokenHeader: false,
      unauthAction: "deny",
      session: { secret: secret("0123456789abcdef"), options: { cookie_name: "mail" } },
      tokenEndpointAuthMethod: "client_secret_post",
      logoutPath: "/out",
      postLogoutRedirectUri: "https://mail.example.com/",
      usePkce: true,
      useNonce: true,
      authorizationParams: { kc_idp_hint: "x" },
    };
    expect(pluginProblems(openidConnect(everything))).toEqual([]);
    expect(written(everything)).toEqual({
      client_id: "james",
      client_secret: "[secret test]",
      discovery: "https://sso.example.com/d",
      redirect_uri: "https://mail.example.com/back",
      session: { secret: "[secret test]", cookie_name: "mail" },
      scope: "openid email",
      realm: "mail",
      public_key: "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----",
      token_signing_alg_values_expected: "RS256",
      jwk_expires_in: 60,
      jwt_verification_cache_ignore: true,
      cache_segment: "mail",
      introspection_endpoint: "https://sso.example.com/i",
      introspection_endpoint_auth_method: "client_secret_post",
      claim_validator: {
        issuer: { valid_issuers: ["https://sso.example.com"] },
        audience: { claim: "aud", required: true, match_with_client_id: true },
      },
      required_scopes: ["email"],
      use_jwks: false,
      ssl_verify: false,
      timeout: 5,
      set_access_token_header: false,
      access_token_in_authorization_header: true,
      set_id_token_header: false,
      set_raw_id_token_header: true,
      set_userinfo_header: true,
      set_refresh_token_header: false,
      unauth_action: "deny",
      token_endpoint_auth_method: "client_secret_post",
      logout_path: "/out",
      post_logout_redirect_uri: "https://mail.example.com/",
      use_pkce: true,
      use_nonce: true,
      authorization_params: { kc_idp_hint: "x" },
    });
  });

  it.each<[string, OpenidConnectOptions, string, string]>([
    [
      "an issuer that 3.2 does not check",
      { ...jwks, claimValidator: { validIssuers: ["x"] } },
      "3.2.0",
      "claim_validator: new in APISIX 3.12",
    ],
    [
      "an audience that 3.12 does not check",
      { ...jwks, claimValidator: { audience: { required: true } } },
      "3.12.0",
      "claim_validator.audience: new in APISIX 3.14",
    ],
    [
      "scopes that 3.2 does not check",
      { ...jwks, requiredScopes: ["x"] },
      "3.2.0",
      "required_scopes: new in APISIX 3.8",
    ],
    [
      "a header that 3.2 does not set",
      { ...jwks, setRawIdTokenHeader: true },
      "3.2.0",
      "set_raw_id_token_header: new in APISIX 3.18",
    ],
    ["introspection without a secret", { ...least, bearerOnly: true }, "3.18.0", "client_secret: "],
    ["introspection without a secret", { ...least, bearerOnly: true }, "3.2.0", "client_secret: "],
    [
      "a login without a session",
      { ...least, clientSecret, redirectUri: "/x" },
      "3.2.0",
      "session: needed without bearer_only",
    ],
    [
      "a login without a way back",
      { ...least, clientSecret, session: login.session as never },
      "3.18.0",
      "redirect_uri: needed without bearer_only",
    ],
    [
      "a short session secret",
      { ...login, session: { secret: secret("short") } },
      "3.18.0",
      "session.secret: ",
    ],
    ["half a second", { ...jwks, timeoutSeconds: 0.5 }, "3.18.0", "timeout: "],
  ])("refuses %s", (_, options, version, problem) => {
    const found = pluginProblems(openidConnect(options), version);
    expect(found.filter((line) => line.startsWith(problem))).not.toEqual([]);
  });
});

describe("apisixCapabilities", () => {
  it.each([
    ["3.2.0", "tinyyaml", "values", false],
    ["3.9.1", "tinyyaml", "values", false],
    ["3.10.0", "libyaml", "values", false],
    ["3.16.0", "libyaml", "values", true],
    ["3.17.0", "libyaml", "text", true],
    ["3.18.0", "libyaml", "text", true],
    ["4.0.0", "libyaml", "text", true],
  ])("knows %s", (version, yamlReader, environmentReplacedIn, oidcChecksIssuer) => {
    expect(apisixCapabilities(version)).toMatchObject({
      yamlReader,
      environmentReplacedIn,
      oidcChecksIssuer,
    });
  });
});
