import { fetch, type Response } from "undici";
import { reasonOf } from "../../kit/errors";
import { agentTo, NETWORK_TIMEOUT } from "../../smoke/clients/http";
import type { Address } from "../../smoke/clients/socket";
import { type Finding, finding } from "./finding";

/** Seconds by which clocks may differ: more, and fresh tokens are refused as not good yet. */
const skew = { warning: 20, error: 60 };

/** Asks a server of HTTP at an address; no credentials are shown, so whoever it is may answer. */
export type Ask = (
  url: string,
  init?: { method?: string; headers?: Record<string, string> },
) => Promise<Answer>;

export interface Answer extends Pick<Response, "status" | "headers"> {
  readonly text: string;
  /** When it was asked. */
  readonly asked: Date;
  /** Whether by TLS: of an https URL it is not, where what has the TLS was not reached. */
  readonly secured: boolean;
}

/** Runs work that asks an address. */
export async function withAsk<T>(address: Address, work: (ask: Ask) => Promise<T>): Promise<T> {
  const dispatcher = agentTo(() => address, { rejectUnauthorized: false });
  try {
    return await work(async (url, init) => {
      const asked = new Date();
      const signal = AbortSignal.timeout(NETWORK_TIMEOUT);
      const answer = await fetch(url, { ...init, redirect: "manual", dispatcher, signal });
      const { status, headers } = answer;
      return { status, headers, text: await answer.text(), asked, secured: address.tls !== undefined };
    });
  } finally {
    await dispatcher.destroy();
  }
}

export interface GatewayExpectations {
  /** `https://mail.example.org/mail` */
  readonly gatewayUrl: string;
  /** Origins of pages that may use JMAP. */
  readonly webOrigins: readonly string[];
}

/** What is wrong with the gateway of JMAP, as browsers and programs without a token see it. */
export async function gatewayFindings(
  where: string,
  { gatewayUrl, webOrigins }: GatewayExpectations,
  ask: Ask,
): Promise<Finding[]> {
  const stranger = "https://doctor.invalid";
  const url = `${gatewayUrl}/oidc/jmap/session`;
  const answer = await tried(where, () => ask(url, { headers: { origin: stranger } }));
  if ("severity" in answer) return [answer];
  const allowed = answer.headers.get("access-control-allow-origin");
  const [origin] = webOrigins.filter((origin) => /^https?:\/\//.test(origin));
  return [
    ...(answer.status === 401
      ? []
      : [
          finding("error", "login", where, {
            what: "JMAP does not ask for a token",
            got: `${url} answers ${answer.status}`,
            allowed: "401",
            fix:
              answer.status >= 500 || answer.status === 404
                ? "Look whether the name leads to this environment, and whether a proxy before it passes paths and hosts on"
                : "Look whether a proxy before it answers itself",
          }),
        ]),
    ...(allowed === "*" || allowed === stranger
      ? [
          finding("warning", "cors", where, {
            what: "pages of every origin may read its answers",
            got: `Access-Control-Allow-Origin: ${allowed}`,
            allowed: webOrigins,
            fix: "Look whether a proxy before it adds this header",
          }),
        ]
      : []),
    ...commonFindings(where, answer),
    ...(origin === undefined ? [] : await originFindings(where, `${gatewayUrl}/oidc/jmap`, origin, ask)),
  ];
}

/** Whether a page that is said to use JMAP may. */
async function originFindings(where: string, url: string, origin: string, ask: Ask): Promise<Finding[]> {
  const headers = {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  };
  const answer = await tried(where, () => ask(url, { method: "OPTIONS", headers }));
  if ("severity" in answer) return [answer];
  const allowed = answer.headers.get("access-control-allow-origin");
  if (answer.status < 300 && (allowed === origin || allowed === "*")) return [];
  return [
    finding("error", "cors", where, {
      what: `pages of ${origin}, which are to use JMAP, may not`,
      got: `OPTIONS ${url} answers ${answer.status}, Access-Control-Allow-Origin: ${allowed ?? "none"}`,
      allowed: origin,
      fix: "Look whether a proxy before it answers OPTIONS itself",
    }),
  ];
}

/** What is wrong with an OpenID provider, as browsers and mail programs see it. */
export async function issuerFindings(
  where: string,
  { issuer, discoveryUrl }: { readonly issuer: string; readonly discoveryUrl: string },
  ask: Ask,
): Promise<Finding[]> {
  const answer = await tried(where, () => ask(discoveryUrl));
  if ("severity" in answer) return [answer];
  const said = answer.status === 200 ? issuerIn(answer.text) : undefined;
  return [
    ...(said === issuer
      ? []
      : [
          finding("error", "issuer", where, {
            what: "people cannot log in: the provider is not there under its name, or knows itself by another",
            got: said ?? `${discoveryUrl} answers ${answer.status}`,
            allowed: issuer,
            fix: "Look whether the name leads to this environment, and whether a proxy before it passes paths and hosts on as they are",
          }),
        ]),
    ...commonFindings(where, answer),
  ];
}

function issuerIn(text: string): string | undefined {
  try {
    const { issuer } = JSON.parse(text) as { issuer?: unknown };
    return typeof issuer === "string" ? issuer : undefined;
  } catch {
    return undefined;
  }
}

/** Whether plain HTTP leads to HTTPS. @param url of HTTP */
export async function redirectFindings(where: string, url: string, ask: Ask): Promise<Finding[]> {
  const answer = await tried(where, () => ask(url));
  if ("severity" in answer) return [answer];
  const location = answer.headers.get("location");
  const { hostname } = new URL(url);
  const leads = location !== null && URL.canParse(location) ? new URL(location) : undefined;
  if (
    answer.status >= 300 &&
    answer.status < 400 &&
    leads?.protocol === "https:" &&
    leads.hostname === hostname
  ) {
    return [];
  }
  return [
    finding(answer.status < 400 ? "error" : "warning", "redirect", where, {
      what: "plain HTTP does not lead to HTTPS",
      got: `${answer.status}${location === null ? "" : `, to ${location}`}`,
      allowed: `a redirect to https://${hostname}`,
      fix: "Look whether the port leads to this environment, or have the proxy before it redirect",
    }),
  ];
}

/** Of every answer: clocks, HSTS, what it tells of its server. */
function commonFindings(where: string, { headers, asked, secured }: Answer): Finding[] {
  const said = Date.parse(headers.get("date") ?? "");
  const behind = Math.round((said - asked.getTime()) / 1000);
  const apart = Math.abs(behind);
  const versions = ["server", "x-powered-by"].flatMap((name) => {
    const value = headers.get(name);
    return value !== null && /\d/.test(value) ? [`${name}: ${value}`] : [];
  });
  const hsts = headers.get("strict-transport-security");
  const age = Number(/(?:^|;)\s*max-age="?(\d+)/i.exec(hsts ?? "")?.[1] ?? 0);
  return [
    ...(apart > skew.warning
      ? [
          finding(apart > skew.error ? "error" : "warning", "clock", where, {
            what: `its clock and that of this machine are ${apart} seconds apart: tokens and certificates are refused by it`,
            ...{ got: new Date(said).toISOString(), allowed: asked.toISOString() },
            fix: "Have both keep time by NTP",
          }),
        ]
      : []),
    ...(secured && age === 0
      ? [
          finding("warning", "hsts", where, {
            what: "browsers are not told to come by HTTPS only",
            got: hsts === null ? "no Strict-Transport-Security" : `Strict-Transport-Security: ${hsts}`,
            allowed: "Strict-Transport-Security: max-age=31536000",
            fix: "Look whether a proxy before it takes the header away, or have the proxy that has the TLS add it",
          }),
        ]
      : []),
    ...(versions.length > 0
      ? [
          finding("warning", "headers", where, {
            what: "answers tell versions of programs",
            ...{ got: versions, fix: "Have whatever answers there leave them out" },
          }),
        ]
      : []),
  ];
}

async function tried(where: string, ask: () => Promise<Answer>): Promise<Answer | Finding> {
  try {
    return await ask();
  } catch (error) {
    return finding("error", "port", where, {
      what: "it does not answer HTTP",
      got: reasonOf(error),
      fix: "Look at what listens there: `status` shows the containers",
    });
  }
}
