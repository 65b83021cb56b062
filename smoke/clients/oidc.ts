import type { Configuration, IDToken, ServerMetadata } from "openid-client";
import type { OpenidProvider } from "../../constructs/keycloak/server/realm";
import type { Secret } from "../../constructs/workload/secret";
import { type CookieJar, createCookieJar } from "./cookie-jar";
import { type Http, NETWORK_TIMEOUT } from "./http";
import { messageOfPage, parseLoginForm } from "./login-form";

export interface OidcClientSettings {
  readonly clientId: string;
  readonly clientSecret?: Secret;
}

export interface Tokens {
  readonly accessToken: string;
  /** Not every provider gives one. */
  readonly refreshToken?: string;
  /** What a browser has of a login by the form. */
  readonly browser?: { readonly cookies: CookieJar; readonly idToken: string };
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
  { redirectUri, scope = "openid" }: { readonly redirectUri: string; readonly scope?: string },
): Promise<Tokens & { idToken: IDToken }> {
  const oidc = await import("openid-client");
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const start = oidc.buildAuthorizationUrl(config, {
    response_type: "code",
    redirect_uri: redirectUri,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const cookies = createCookieJar();
  const callback = await logInByForm(createBrowser(http, cookies, redirectUri), start, user);
  const answer = await withServerMessage(
    oidc.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    }),
  );
  const idToken = answer.claims();
  if (!idToken || answer.id_token === undefined) throw new Error("the token endpoint sent no ID token");
  return { ...tokens(answer), idToken, browser: { cookies, idToken: answer.id_token } };
}

interface Page {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
}

/** How a page is asked for, by whoever follows redirects, up to the redirect URI, which is never visited. */
type Browser = (url: URL, form?: URLSearchParams) => Promise<Page>;

function createBrowser(http: Http, cookies: CookieJar, redirectUri?: string): Browser {
  return async (start, form) => {
    let url = start;
    let init: { method?: string; body?: URLSearchParams } = form ? { method: "POST", body: form } : {};
    for (let hops = 0; hops < 10; hops++) {
      const response = await http.fetch(url, { ...init, headers: { cookie: cookies.header(url) } });
      cookies.store(url, response.headers.getSetCookie());
      const html = await response.text();
      const location = response.headers.get("location");
      if (!location) return { url, status: response.status, html };
      url = new URL(location, url);
      init = {};
      if (redirectUri !== undefined && url.href.startsWith(redirectUri)) return { url, status: 0, html };
    }
    throw new Error(`${start.origin}${start.pathname} leads on and on`);
  };
}

/** @returns the redirect URI with the server's answer in its query */
async function logInByForm(
  browse: Browser,
  start: URL,
  user: { username: string; password: Secret },
): Promise<URL> {
  const page = await browse(start);
  if (page.status === 0) {
    const { searchParams, pathname } = page.url;
    const why = searchParams.get("error_description") ?? searchParams.get("error") ?? pathname;
    throw new Error(`the authorization endpoint refused: ${why}`);
  }
  if (page.status !== 200)
    throw new Error(`the authorization endpoint answered ${page.status}: ${messageOfPage(page.html)}`);

  const form = parseLoginForm(page.html, page.url);
  form.fields.set(form.user, user.username);
  form.fields.set(form.password, user.password.reveal());
  const answer = await browse(form.action, form.fields);
  if (answer.status === 0) return answer.url;
  const { origin, pathname } = answer.url;
  if (pathname === form.action.pathname)
    throw new Error(`the login was refused: ${messageOfPage(answer.html)}`);
  throw new Error(
    `the login led to ${origin}${pathname}, not to the redirect URI; does the provider ask for more?`,
  );
}

/**
 * Ends the session of tokens. Keycloak takes a refresh token; any provider a browser that comes with an ID token
 * (OpenID Connect RP-Initiated Logout 1.0).
 *
 * @returns the HTTP status
 */
export async function logOut(
  http: Http,
  server: ServerMetadata,
  settings: OidcClientSettings,
  tokens: Tokens,
  provider: OpenidProvider = "keycloak",
): Promise<number> {
  const { end_session_endpoint: endpoint } = server;
  if (!endpoint) throw new Error("the discovery document names no end_session_endpoint");
  const { refreshToken, browser } = tokens;
  if (provider === "keycloak" && refreshToken !== undefined) {
    const body = new URLSearchParams({ client_id: settings.clientId, refresh_token: refreshToken });
    if (settings.clientSecret) body.set("client_secret", settings.clientSecret.reveal());
    const response = await http.fetch(endpoint, { method: "POST", body });
    await response.arrayBuffer();
    return response.status;
  }
  if (!browser) throw new Error("there is no browser's session to end");
  const url = new URL(endpoint);
  url.searchParams.set("id_token_hint", browser.idToken);
  url.searchParams.set("client_id", settings.clientId);
  return (await createBrowser(http, browser.cookies)(url)).status;
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
      throw new Error(
        `the provider answered ${error.status} ${error.error}: ${error.error_description ?? ""}`,
      );
    // An answer that is none of OAuth, as for an internal error.
    if (error instanceof Error && error.cause instanceof Object && "status" in error.cause)
      throw new Error(`the provider answered ${error.cause.status}: ${error.message}`);
    // "something went wrong", and what went wrong in the cause.
    if (error instanceof oidc.ClientError && error.cause instanceof Error) throw error.cause;
    throw error;
  }
}

function tokens(answer: { access_token: string; refresh_token?: string }): Tokens {
  return {
    accessToken: answer.access_token,
    ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
    claims: decodeClaims(answer.access_token),
  };
}

function decodeClaims(jwt: string): Record<string, unknown> {
  const payload = jwt.split(".")[1];
  if (!payload) throw new Error("the access token is no JWT");
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
}
