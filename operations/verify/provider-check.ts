import { snakeCase } from "../../config/overrides";
import type { IRealm } from "../../constructs/keycloak/server/realm";
import type { Secret } from "../../constructs/workload/secret";
import { clientAuthorization } from "../../kit/client-authorization";
import { withoutTail } from "../../kit/client-uris";
import { ExitCode, KitError, type Problem, reasonOf } from "../../kit/errors";
import { isWebUrl } from "../../kit/web-url";
import type { RealmModel } from "../../platform/model/platform-model";
import type { Deployment } from "../deployment/deployment";

/** Longest wait for one answer, in milliseconds. */
const timeout = 20_000;

/** What a discovery document says, as far as it is read. https://openid.net/specs/openid-connect-discovery-1_0.html */
interface Discovery {
  readonly issuer?: unknown;
  readonly jwks_uri?: unknown;
  readonly introspection_endpoint?: unknown;
  readonly authorization_endpoint?: unknown;
  readonly token_endpoint?: unknown;
  readonly end_session_endpoint?: unknown;
  readonly code_challenge_methods_supported?: unknown;
}

/** An OpenID provider does not answer. */
export class ProviderUnreachable extends KitError {}

/** An OpenID provider is otherwise than the environment says. */
export class ProviderDiffers extends KitError {}

/**
 * Asks the OpenID providers that are not the kit's, before anything is changed, whether they are as the environment says: by
 * discovery and, where others made the clients, as these clients would.
 *
 * @throws ProviderDiffers that lists what they say otherwise
 * @throws ProviderUnreachable with the machine's exit code
 */
export async function checkProviders({ environment, secrets }: Deployment): Promise<void> {
  const foreign = environment.platform.realms.filter(({ provision }) => provision !== "realm");
  const found = await Promise.all(
    foreign.map((realm) => providerProblems(realm, () => secrets.get(`${realm.secretPrefix}jamesClient`))),
  );
  const problems = found.flat();
  if (problems.length > 0) {
    throw new ProviderDiffers(
      "people cannot log in by the OpenID provider as the environment says",
      problems,
    );
  }
}

/**
 * Where a realm's provider logs people in, as it says itself.
 *
 * @throws KitError with the machine's exit code when it does not answer
 */
export async function loginEndpoints({ oidc }: RealmModel) {
  const discovery = await discover(oidc, await asker(oidc.ca));
  const {
    authorization_endpoint: authorization,
    token_endpoint: token,
    end_session_endpoint: logout,
  } = discovery ?? {};
  return typeof authorization === "string" && typeof token === "string"
    ? { authorization, token, ...(typeof logout === "string" && { logout }) }
    : undefined;
}

async function discover({ discoveryUrl }: IRealm, ask: Ask): Promise<Discovery | undefined> {
  const { status, text } = await ask(discoveryUrl);
  if (status >= 500) throw unreachable(discoveryUrl, `it answers ${status}`);
  const said = jsonIn(text);
  return status === 200 && said instanceof Object ? said : undefined;
}

async function providerProblems(realm: RealmModel, jamesSecret: () => Secret): Promise<Problem[]> {
  const { oidc, provision } = realm;
  const ask = await asker(oidc.ca);
  const discovery = await discover(oidc, ask);
  if (discovery === undefined) {
    return [
      {
        where: oidc.discoveryUrl,
        what: "there is no discovery document",
        fix: realm.existing
          ? "Write openid.issuer as the provider has it"
          : "Look whether keycloak.url is its base URL, often with /auth at its end, and realm.name a realm of it",
      },
    ];
  }
  const differences = discoveryProblems(realm, discovery);
  if (differences.length > 0 || provision === "clients") return differences;
  const probes = await Promise.all([
    introspectionProblems(realm, jamesSecret(), ask),
    ...redirectUris(realm).map((login) => loginProblems(discovery, login, ask)),
  ]);
  return probes.flat();
}

type Ask = (
  url: string,
  init?: { method: string; headers: Record<string, string>; body: string },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}>;

async function asker(ca: string | undefined): Promise<Ask> {
  const { Agent, fetch } = await import("undici");
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  return async (url, init) => {
    try {
      const signal = AbortSignal.timeout(timeout);
      const answer = await fetch(url, { ...init, redirect: "manual", dispatcher, signal });
      const { status, headers } = answer;
      // All of it: what nobody reads would keep the connection, and the command, waiting.
      return { status, headers, text: await answer.text() };
    } catch (error) {
      throw unreachable(url, reasonOf(error), error as Error);
    }
  };
}

/** Undefined where it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, what: string, cause?: Error): KitError {
  return new ProviderUnreachable(
    "the OpenID provider does not answer",
    [{ where: url, what, fix: fixOf(cause) }],
    {
      ...{ exitCode: ExitCode.machine, cause },
    },
  );
}

/** Codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function fixOf(error: Error | undefined): string {
  const { code = "" } = (error?.cause ?? {}) as { code?: string };
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code))
    return "Name the certificates of its authority by `ca`, beside its address in the environment file";
  return code === "ERR_TLS_CERT_ALTNAME_INVALID"
    ? "Write its address by a name that its certificate has"
    : "Start it, or look whether this machine reaches it";
}

function discoveryProblems({ oidc, existing }: RealmModel, discovery: Discovery): Problem[] {
  const setting = (name: string) => (existing ? ` (openid.${name})` : "");
  const same = (key: keyof Discovery & string, wanted: string | undefined, name: string): Problem[] =>
    wanted === undefined || discovery[key] === wanted
      ? []
      : [
          {
            where: `${oidc.discoveryUrl} ${key}`,
            what: `the provider says otherwise than the environment${setting(name)}`,
            got: discovery[key] ?? null,
            allowed: wanted,
            fix: existing
              ? `Write openid.${name} as the provider says it`
              : "Write keycloak.url by the name under which Keycloak knows itself",
          },
        ];
  const login = discovery.authorization_endpoint;
  const methods = discovery.code_challenge_methods_supported;
  return [
    ...same("issuer", oidc.issuer, "issuer"),
    ...same("jwks_uri", oidc.jwksUrl, "jwksUrl"),
    ...same("introspection_endpoint", oidc.introspectionUrl, "introspectionUrl"),
    ...(typeof login === "string" && isWebUrl(login)
      ? []
      : [
          {
            where: `${oidc.discoveryUrl} authorization_endpoint`,
            what: "the provider does not say where people log in",
            got: login ?? null,
            allowed: "an http or https URL",
          },
        ]),
    ...(Array.isArray(methods) && !methods.includes("S256")
      ? [
          {
            where: `${oidc.discoveryUrl} code_challenge_methods_supported`,
            what: "the provider takes no PKCE with S256, which mail clients log in with",
            got: methods,
            allowed: ["S256"],
          },
        ]
      : []),
  ];
}

/** Whether the client by which James and the gateway ask about tokens is known with its secret. RFC 7662 */
async function introspectionProblems(
  { oidc: { introspectionUrl } }: RealmModel,
  secret: Secret,
  ask: Ask,
): Promise<Problem[]> {
  if (introspectionUrl === undefined) return [];
  const answer = await ask(introspectionUrl, {
    method: "POST",
    headers: {
      authorization: clientAuthorization("james", secret.reveal()),
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "token=none",
  });
  if (answer.status >= 500) throw unreachable(introspectionUrl, `it answers ${answer.status}`);
  const told = jsonIn(answer.text) as { active?: unknown } | null | undefined;
  if (answer.status === 200 && told?.active === false) return [];
  return [
    {
      where: `client james, ${introspectionUrl}`,
      what: "James and the gateway cannot ask about tokens: the client is not there, or its secret is another",
      got: answer.status,
      allowed: "200, the token is not active",
      fix: `\`client show james\` says how it must be; its secret is told by KIT_SECRET_${snakeCase(secret.name)}`,
    },
  ];
}

interface Login {
  readonly clientId: string;
  readonly redirectUri: string;
}

function redirectUris({ clients: { oidc, thunderbird, others } }: RealmModel): Login[] {
  const own = [
    { clientId: "oidc", redirectUris: oidc.redirectUris },
    { clientId: "james-thunderbird", redirectUris: thunderbird.redirectUris },
    ...others.map(({ name, redirectUris }) => ({ clientId: name, redirectUris })),
  ];
  return own.flatMap(({ clientId, redirectUris }) =>
    redirectUris.map((uri) => ({ clientId, redirectUri: withoutTail(uri) })),
  );
}

/** Whether the provider would let a client begin a login; some tell only after it. */
async function loginProblems(
  { authorization_endpoint: endpoint }: Discovery,
  { clientId, redirectUri }: Login,
  ask: Ask,
): Promise<Problem[]> {
  if (typeof endpoint !== "string" || !isWebUrl(endpoint)) return [];
  const url = new URL(endpoint);
  const challenge = Buffer.alloc(32, 1).toString("base64url");
  for (const [key, value] of Object.entries({
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: "code", scope: "openid" },
    ...{ state: "kit", nonce: "kit", code_challenge: challenge, code_challenge_method: "S256" },
  })) {
    url.searchParams.set(key, value);
  }
  const answer = await ask(url.href);
  const location = answer.headers.get("location") ?? "";
  const sent =
    location.startsWith(redirectUri) && URL.canParse(location) ? new URL(location).searchParams : undefined;
  const error = sent?.get("error");
  if (answer.status < 400 && !error) return [];
  return [
    {
      where: `client ${clientId}, ${endpoint}`,
      what: error
        ? `no login: ${sent?.get("error_description") ?? error}`
        : "no login: the client is not there, or may not come back to this redirect URI",
      got: error ? error : answer.status,
      allowed: redirectUri,
      fix: `\`client show ${clientId}\` says how it must be`,
    },
  ];
}
