import type { Configuration, IDToken, ServerMetadata } from "openid-client";
import type { Secret } from "../../constructs/workload/secret";
import { createCookieJar } from "./cookie-jar";
import { type Http, NETWORK_TIMEOUT } from "./http";
import { messageOfPage, parseLoginForm } from "./login-form";

export interface OidcClientSettings {
  readonly clientId: string;
  readonly clientSecret?: Secret;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Claims of the access token, read without checking it: that is the platform's part. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Reads the discovery document. @throws when its issuer is another one than `issuer` */
export async function discover(http: Http, issuer: string): Promise<ServerMetadata> {
  const oidc = await import("openid-client");
  const config = await withServerMessage(
    oidc.discovery(new URL(issuer), "discovery-only", undefined, oidc.None(), {
      [oidc.customFetch]: http.fetch as never,
      timeout: NETWORK_TIMEOUT / 1000,
      execute: insecure(oidc, issuer),
    }),
  );
  return config.serverMetadata();
}

/** A client of the server, whose answers it checks: ID token signature, issuer, audience, nonce. */
export async function createClient(
  http: Http,
  server: ServerMetadata,
  settings: OidcClientSettings,
): Promise<Configuration> {
  const oidc = await import("openid-client");
  const { clientId, clientSecret } = settings;
  const authentication = clientSecret ? oidc.ClientSecretPost(clientSecret.reveal()) : oidc.None();
  const config = new oidc.Configuration(server, clientId, undefined, authentication);
  config[oidc.customFetch] = http.fetch as never;
  config.timeout = NETWORK_TIMEOUT / 1000;
  for (const allow of insecure(oidc, server.issuer)) allow(config);
  // Without it the signature of an ID token that comes straight from the token endpoint is not checked.
  oidc.enableNonRepudiationChecks(config);
  return config;
}

/** Plain http is fine where the issuer itself is http: the environment chose so. */
function insecure(oidc: typeof import("openid-client"), issuer: string) {
  return issuer.startsWith("http:") ? [oidc.allowInsecureRequests] : [];
}

export async function passwordGrant(
  config: Configuration,
  user: { username: string; password: Secret },
): Promise<Tokens> {
  const oidc = await import("openid-client");
  const answer = await withServerMessage(
    oidc.genericGrantRequest(config, "password", {
      username: user.username,
      password: user.password.reveal(),
      scope: "openid",
    }),
  );
  return tokens(answer);
}

/** Logs in as a browser would: authorization endpoint, login form, redirect with the code, token endpoint. */
export async function codeGrant(
  http: Http,
  config: Configuration,
  user: { username: string; password: Secret },
  redirectUri: string,
): Promise<Tokens & { idToken: IDToken }> {
  const oidc = await import("openid-client");
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const start = oidc.buildAuthorizationUrl(config, {
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid",
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const callback = await logInByForm(http, start, redirectUri, user);
  const answer = await withServerMessage(
    oidc.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    }),
  );
  const idToken = answer.claims();
  if (!idToken) throw new Error("the token endpoint sent no ID token");
  return { ...tokens(answer), idToken };
}

/** @returns the redirect URI with the server's answer in its query */
async function logInByForm(
  http: Http,
  start: URL,
  redirectUri: string,
  user: { username: string; password: Secret },
): Promise<URL> {
  const jar = createCookieJar();
  const request = async (url: URL, init: { method?: string; body?: URLSearchParams } = {}) => {
    const response = await http.fetch(url, { ...init, headers: { cookie: jar.header(url) } });
    jar.store(url, response.headers.getSetCookie());
    return response;
  };

  const page = await request(start);
  const location = page.headers.get("location");
  if (location) {
    const sent = new URL(location, start);
    throw new Error(
      `the authorization endpoint refused: ${sent.searchParams.get("error_description") ?? sent.searchParams.get("error") ?? sent.pathname}`,
    );
  }
  const html = await page.text();
  if (page.status !== 200)
    throw new Error(`the authorization endpoint answered ${page.status}: ${messageOfPage(html)}`);

  const { action, fields } = parseLoginForm(html, start);
  fields.set("username", user.username);
  fields.set("password", user.password.reveal());
  const answer = await request(action, { method: "POST", body: fields });
  const target = answer.headers.get("location");
  if (!target) throw new Error(`the login was refused: ${messageOfPage(await answer.text())}`);
  const sent = new URL(target, action);
  if (!sent.href.startsWith(redirectUri))
    throw new Error(
      `the login led to ${sent.origin}${sent.pathname}, not to the redirect URI; does Keycloak ask for more?`,
    );
  return sent;
}

/** Ends the session that the refresh token belongs to. @returns the HTTP status; 204 is success */
export async function logOut(
  http: Http,
  server: ServerMetadata,
  settings: OidcClientSettings,
  refreshToken: string,
): Promise<number> {
  if (!server.end_session_endpoint) throw new Error("the discovery document names no end_session_endpoint");
  const body = new URLSearchParams({ client_id: settings.clientId, refresh_token: refreshToken });
  if (settings.clientSecret) body.set("client_secret", settings.clientSecret.reveal());
  const response = await http.fetch(server.end_session_endpoint, { method: "POST", body });
  await response.arrayBuffer();
  return response.status;
}

/** Whether the server still takes the refresh token. */
export async function canRefresh(config: Configuration, refreshToken: string): Promise<boolean> {
  const oidc = await import("openid-client");
  try {
    await oidc.refreshTokenGrant(config, refreshToken);
    return true;
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError && error.error === "invalid_grant") return false;
    throw error;
  }
}

/** Puts what the server said into an error: openid-client's own messages leave it out. */
async function withServerMessage<T>(answer: Promise<T>): Promise<T> {
  const oidc = await import("openid-client");
  try {
    return await answer;
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError)
      throw new Error(`Keycloak answered ${error.status} ${error.error}: ${error.error_description ?? ""}`);
    // An answer that is none of OAuth, as for an internal error.
    if (error instanceof Error && error.cause instanceof Object && "status" in error.cause)
      throw new Error(`Keycloak answered ${error.cause.status}: ${error.message}`);
    // "something went wrong", and what went wrong in the cause.
    if (error instanceof oidc.ClientError && error.cause instanceof Error) throw error.cause;
    throw error;
  }
}

function tokens(answer: { access_token: string; refresh_token?: string }): Tokens {
  if (!answer.refresh_token) throw new Error("the token endpoint sent no refresh token");
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    claims: decodeClaims(answer.access_token),
  };
}

function decodeClaims(jwt: string): Record<string, unknown> {
  const payload = jwt.split(".")[1];
  if (!payload) throw new Error("the access token is no JWT");
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
}
