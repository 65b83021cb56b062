import type { Http } from "../smoke/clients/http";

/** The parts of a JMAP session object that every server has (RFC 8620, section 2). */
export interface JmapSession {
  readonly username: string;
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly downloadUrl: string;
  readonly eventSourceUrl: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly primaryAccounts: Readonly<Record<string, string>>;
}

/** JMAP as one person. */
export interface JmapClient {
  readonly session: JmapSession;
  /** Of the person's mail. */
  readonly accountId: string;
  /**
   * One request with one method call, by all capabilities of the session.
   *
   * @param args `accountId` is added, unless it is there
   * @returns the arguments of its response
   * @throws Error for an error of the method, with what the server said
   */
  call<Answer = Record<string, unknown>>(method: string, args?: object): Promise<Answer>;
}

/** @param token access token of somebody */
export async function connectJmap(http: Http, sessionUrl: string, token: string): Promise<JmapClient> {
  const ask = async (url: string, init: { method?: string; body?: string } = {}) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await http.fetch(url, { ...init, headers: { ...headers, accept: "application/json" } });
    const text = await response.text();
    if (response.status !== 200) {
      throw new Error(`${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as unknown;
  };
  const session = (await ask(sessionUrl)) as JmapSession;
  const accountId = session.primaryAccounts["urn:ietf:params:jmap:mail"];
  if (accountId === undefined) throw new Error(`${sessionUrl}: the session object names no account of mail`);
  return {
    session,
    accountId,
    async call<Answer>(method: string, args: object = {}) {
      const body = JSON.stringify({
        using: Object.keys(session.capabilities),
        methodCalls: [[method, { accountId, ...args }, "0"]],
      });
      const { methodResponses } = (await ask(session.apiUrl, { method: "POST", body })) as {
        methodResponses: [name: string, args: unknown][];
      };
      const [name, answer] = methodResponses[0] ?? [];
      if (name !== method) throw new Error(`${method} answered ${name} ${JSON.stringify(answer)}`);
      return answer as Answer;
    },
  };
}
