import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import * as oidc from "openid-client";

/** What the application must be told. */
export interface Settings {
  readonly issuer: string;
  readonly jmapSessionUrl: string;
}

interface Session {
  /** Of a login that is not finished. */
  readonly login?: { readonly verifier: string; readonly state: string };
  readonly token?: string;
}

/** A web application that shows who has logged in the newest mails, unread ones in bold. */
export async function createMailReader({ issuer, jmapSessionUrl }: Settings): Promise<Server> {
  const insecure = issuer.startsWith("http:") ? [oidc.allowInsecureRequests] : [];
  const client = await oidc.discovery(new URL(issuer), "mail-reader", undefined, oidc.None(), {
    execute: insecure,
  });
  const sessions = new Map<string, Session>();

  return createServer(async (request, response) => {
    let id = /\bsession=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? randomUUID();
    const session = sessions.get(id) ?? {};
    const goTo = (location: string | URL) =>
      response
        .writeHead(302, {
          location: String(location),
          "set-cookie": `session=${id}; HttpOnly; SameSite=Lax; Path=/`,
        })
        .end();
    try {
      const url = new URL(`http://${request.headers.host}${request.url}`);
      if (url.pathname === "/callback" && session.login) {
        const tokens = await oidc.authorizationCodeGrant(client, url, {
          pkceCodeVerifier: session.login.verifier,
          expectedState: session.login.state,
        });
        // Nobody else knows the session of who has logged in.
        sessions.delete(id);
        id = randomUUID();
        sessions.set(id, { token: tokens.access_token });
        goTo("/");
      } else if (session.token === undefined) {
        const login = { verifier: oidc.randomPKCECodeVerifier(), state: oidc.randomState() };
        sessions.set(id, { login });
        goTo(
          oidc.buildAuthorizationUrl(client, {
            redirect_uri: `${url.origin}/callback`,
            scope: "openid",
            state: login.state,
            code_challenge: await oidc.calculatePKCECodeChallenge(login.verifier),
            code_challenge_method: "S256",
          }),
        );
      } else {
        const mails = await newestMails(jmapSessionUrl, session.token);
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page(mails));
      }
    } catch (error) {
      // The next request begins with a login: the token may have expired.
      sessions.delete(id);
      response.writeHead(502, { "content-type": "text/plain; charset=utf-8" }).end(String(error));
    }
  });
}

interface Mail {
  readonly subject: string;
  readonly isRead: boolean;
}

/** By JMAP (RFC 8620, RFC 8621): one request, in which the second method takes what the first one finds. */
async function newestMails(sessionUrl: string, token: string): Promise<Mail[]> {
  const ask = async (url: string, body?: object) => {
    const response = await fetch(url, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "content-type": "application/json",
      },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return response.json();
  };
  const session = await ask(sessionUrl);
  const mail = "urn:ietf:params:jmap:mail";
  const accountId = session.primaryAccounts[mail];
  const { methodResponses } = await ask(session.apiUrl, {
    using: ["urn:ietf:params:jmap:core", mail],
    methodCalls: [
      [
        "Email/query",
        { accountId, sort: [{ property: "receivedAt", isAscending: false }], limit: 20 },
        "found",
      ],
      [
        "Email/get",
        {
          accountId,
          "#ids": { resultOf: "found", name: "Email/query", path: "/ids/*" },
          properties: ["subject", "keywords"],
        },
        "mails",
      ],
    ],
  });
  const [, answer] = methodResponses[1];
  return answer.list.map((mail: { subject: string; keywords: Record<string, true> }) => ({
    subject: mail.subject,
    isRead: mail.keywords.$seen === true,
  }));
}

function page(mails: readonly Mail[]): string {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const items = mails.map(
    ({ subject, isRead }) => `<li>${isRead ? escaped(subject) : `<b>${escaped(subject)}</b>`}</li>`,
  );
  return `<!doctype html><title>Mail</title><ul>${items.join("\n")}</ul>`;
}
