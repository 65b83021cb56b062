import { NETWORK_TIMEOUT } from "../clients/http";
import { connectLines } from "../clients/line-client";
import { loginImap, loginSmtp } from "../clients/login";
import { type MailProtocol, offerOf, openSession } from "../clients/mail-session";
import type { Tokens } from "../clients/oidc";
import { base64, type SaslMessage } from "../clients/sasl";
import type { Address } from "../clients/socket";
import { bearer, type SmokeContext } from "./context";
import { accepted, expect } from "./expect";
import type { Plan, Step } from "./plan";

/** Milliseconds for what may never answer. */
const SILENCE = 1_000;

const inWords: Readonly<Record<MailProtocol, string>> = {
  imap: "IMAP",
  smtp: "SMTP",
  sieve: "ManageSieve",
};

/** What there is with TLS only: ports that begin with it, and what must not be without. */
export function tlsSteps(plan: Plan, context: SmokeContext, tokens: Step<Tokens>): void {
  mailTlsSteps(plan, context, tokens);
  webTlsSteps(plan, context);
}

function mailTlsSteps(plan: Plan, context: SmokeContext, tokens: Step<Tokens>): void {
  const { target } = context;
  for (const [id, title, address, login] of [
    ["tls.imaps", "IMAPS: login with XOAUTH2", target.imaps, loginImap],
    ["tls.submissions", "submissions: login with XOAUTH2", target.submissions, loginSmtp],
  ] as const) {
    if (!address?.tls) continue;
    plan.step(
      { id, title, services: ["james", "certificates", "keycloak"], needs: { tokens } },
      async ({ tokens }, say) => {
        const lines = accepted(await login(address, context.xoauth2(tokens.accessToken)), "the token");
        lines.close();
        const answer = await inClear(address);
        expect(answer === undefined, `without TLS it answers ${answer}`);
        say(`port ${address.port}, certificate for ${address.tls?.name}`);
      },
    );
  }

  if (!context.imap.startTls) return;
  const offering = (["imap", "smtp", "sieve"] as const).filter(
    (protocol) => protocol !== "sieve" || context.passwords.sieve || target.capabilities.sieveOidc,
  );
  plan.step(
    {
      id: "tls.mail",
      title: "mail: nobody is asked to log in before STARTTLS",
      services: ["james", "certificates"],
    },
    async (_, say) => {
      const wrong = await Promise.all(
        offering.map(async (protocol) => {
          const { startTls: _, ...clear } = context[protocol];
          const [before, after] = await Promise.all([
            offerOf(protocol, clear),
            offerOf(protocol, context[protocol]),
          ]);
          return [
            ...(before.startTls ? [] : [`${inWords[protocol]} does not offer STARTTLS`]),
            ...(before.logins.length === 0
              ? []
              : [`${inWords[protocol]} offers ${before.logins.join(", ")} without TLS`]),
            ...(after.startTls ? [`${inWords[protocol]} offers STARTTLS once more`] : []),
            ...(after.logins.length > 0 ? [] : [`${inWords[protocol]} offers no login after STARTTLS`]),
          ];
        }),
      );
      expect(wrong.flat().length === 0, wrong.flat().join("; "));
      say(offering.map((protocol) => inWords[protocol]).join(", "));
    },
  );

  plan.step(
    {
      id: "tls.credentials",
      title: "mail: no password and no token taken before STARTTLS",
      services: ["james"],
      needs: { tokens },
      skip: target.isLocal
        ? undefined
        : "a password is not sent in clear over a network, not even to be refused",
    },
    async ({ tokens }, say) => {
      const shown: readonly SaslMessage[] = [
        context.plain(context.user.password.reveal()),
        context.xoauth2(tokens.accessToken),
      ];
      const taken = await Promise.all(
        offering.flatMap((protocol) =>
          shown
            // James 3.8 hangs when it is asked.
            .filter(
              ({ mechanism }) =>
                protocol !== "sieve" || mechanism === "PLAIN" || target.capabilities.sieveOidc,
            )
            .map(async (sasl) => {
              const reply = await clearReply(protocol, context[protocol], sasl);
              return reply === undefined
                ? []
                : [`${inWords[protocol]} answers ${sasl.mechanism} with: ${reply}`];
            }),
        ),
      );
      expect(taken.flat().length === 0, taken.flat().join("; "));
      say(shown.map(({ mechanism }) => mechanism).join(", "));
    },
  );
}

/** How each protocol is asked to let somebody in, and refuses it. */
const authentication: Readonly<
  Record<MailProtocol, { command: (sasl: SaslMessage) => string; refused: RegExp }>
> = {
  imap: {
    command: ({ mechanism, message }) => `a1 AUTHENTICATE ${mechanism} ${base64(message)}`,
    refused: /^a1 (NO|BAD)\b|^\* BYE\b/i,
  },
  smtp: {
    command: ({ mechanism, message }) => `AUTH ${mechanism} ${base64(message)}`,
    refused: /^5\d\d/,
  },
  sieve: {
    command: ({ mechanism, message }) => `AUTHENTICATE "${mechanism}" "${base64(message)}"`,
    refused: /^(NO|BYE)\b/i,
  },
};

/** Shows something without TLS. @returns what was answered, unless it was refused */
async function clearReply(
  protocol: MailProtocol,
  { startTls: _, ...clear }: Address,
  sasl: SaslMessage,
): Promise<string | undefined> {
  const { command, refused } = authentication[protocol];
  const { lines } = await openSession(protocol, clear);
  try {
    lines.writeLine(command(sasl));
    const reply = await lines.readLine();
    return refused.test(reply) ? undefined : reply;
  } finally {
    lines.close();
  }
}

function webTlsSteps(plan: Plan, context: SmokeContext): void {
  const { target, http } = context;
  const { gateway, sso, redirect, gatewayUrl, ssoUrl } = target;
  const secured = [
    ...(gateway.tls ? [{ url: `${gatewayUrl}/oidc/jmap/session`, address: gateway }] : []),
    ...(sso?.tls ? [{ url: `${ssoUrl}/.well-known/openid-configuration`, address: sso }] : []),
  ];
  if (secured.length === 0) return;

  plan.step(
    {
      id: "tls.web",
      title: "HTTPS: HSTS, and no answer in clear",
      services: ["gateway", "keycloak", "certificates"],
    },
    async (_, say) => {
      const wrong = await Promise.all(
        secured.map(async ({ url, address }) => {
          const response = await http.fetch(url);
          await response.arrayBuffer();
          const { host, pathname } = new URL(url);
          const hsts = response.headers.get("strict-transport-security");
          const { tls: _, ...clear } = address;
          const status = await clearStatus(clear, { method: "GET", host, path: pathname });
          return [
            ...(maxAge(hsts) > 0 ? [] : [`${host} sends ${hsts ?? "no"} Strict-Transport-Security`]),
            // Some servers say in clear that they want TLS, others, as Traefik, that there is nothing.
            ...(status === undefined || [400, 404].includes(status.status)
              ? []
              : [`${host} answers ${status.status} in clear`]),
          ];
        }),
      );
      expect(wrong.flat().length === 0, wrong.flat().join("; "));
      say([...new Set(secured.map(({ url }) => new URL(url).host))].join(", "));
    },
  );

  if (!redirect) return;
  plan.step(
    {
      id: "tls.redirect",
      title: "plain HTTP leads to HTTPS, and takes nothing",
      services: ["gateway"],
    },
    async (_, say) => {
      const { hostname } = new URL(gatewayUrl);
      const wrong = await Promise.all(
        (["GET", "POST"] as const).map(async (method) => {
          const path = `${new URL(gatewayUrl).pathname.replace(/\/$/, "")}/oidc/jmap/session?a=b`;
          const answer = await clearStatus(redirect, {
            ...{ method, host: hostname, path },
            headers: { authorization: bearer("none") },
          });
          const wanted = `${new URL(gatewayUrl).origin}${path}`;
          if (!answer) return [`${method} got no answer`];
          const { status, location } = answer;
          const leads = [301, 302, 307, 308].includes(status);
          if (!leads && method === "POST" && status >= 400) return [];
          return leads && location === wanted
            ? []
            : [`${method} was answered ${status}${location ? `, to ${location}` : ""}, not led to ${wanted}`];
        }),
      );
      expect(wrong.flat().length === 0, wrong.flat().join("; "));
      say(`${redirect.host}:${redirect.port}`);
    },
  );
}

/** Seconds for which a Strict-Transport-Security header holds (RFC 6797, section 6.1). */
function maxAge(header: string | null): number {
  return Number(/(?:^|;)\s*max-age="?(\d+)/i.exec(header ?? "")?.[1] ?? 0);
}

interface ClearRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a request of HTTP that is sent in clear; undefined where none comes. */
async function clearStatus(
  address: Address,
  { method, host, path, headers = {} }: ClearRequest,
): Promise<{ status: number; location?: string } | undefined> {
  try {
    const lines = await connectLines(address, NETWORK_TIMEOUT);
    try {
      const fields = Object.entries({ host, connection: "close", "content-length": "0", ...headers });
      lines.writeLine(`${method} ${path} HTTP/1.1`);
      for (const [name, value] of fields) lines.writeLine(`${name}: ${value}`);
      lines.writeLine("");
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(await lines.readLine())?.[1]);
      if (Number.isNaN(status)) return undefined;
      for (let line = await lines.readLine(); line !== ""; line = await lines.readLine()) {
        const location = /^location:\s*(.*)$/i.exec(line)?.[1];
        if (location !== undefined) return { status, location };
      }
      return { status };
    } finally {
      lines.close();
    }
  } catch {
    return undefined;
  }
}

/** What a port that begins with TLS says to whoever does not; undefined where it says nothing, or closes. */
async function inClear({ tls: _, ...clear }: Address): Promise<string | undefined> {
  try {
    const lines = await connectLines(clear, SILENCE);
    try {
      lines.writeLine("a1 CAPABILITY");
      const line = await lines.readLine();
      // An alert of TLS is no line of text.
      return /^[\x20-\x7e]+$/.test(line) ? line : undefined;
    } finally {
      lines.close();
    }
  } catch {
    return undefined;
  }
}
