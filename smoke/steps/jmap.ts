import { randomBytes } from "node:crypto";
import { callJmap, download, type JmapSession, readSession, upload } from "../clients/jmap";
import { openJmapSocket } from "../clients/jmap-websocket";
import type { Tokens } from "../clients/oidc";
import { bearer, type SmokeContext } from "./context";
import { expect, PASSWORDS_OFF } from "./expect";
import type { Plan, Step } from "./plan";

/** JMAP through the gateway with a token, following the URLs of the session object. */
export function jmapSteps(plan: Plan, context: SmokeContext, tokens: Step<Tokens>): Step<JmapSession> {
  const session = plan.step(
    {
      id: "jmap.session",
      title: "JMAP session with the token",
      services: ["gateway", "james", "keycloak"],
      needs: { tokens },
    },
    async ({ tokens }, say) => {
      const session = await checkSession(context, "/oidc", bearer(tokens.accessToken));
      say(`for ${session.username}`);
      return session;
    },
  );
  const needs = { tokens, session };
  plan.step(
    { id: "jmap.mailboxes", title: "Mailbox/get", services: ["james", "gateway"], needs },
    async ({ tokens, session }, say) =>
      say(await checkMailboxes(context, session, bearer(tokens.accessToken))),
  );
  plan.step(
    { id: "jmap.blob", title: "upload and download", services: ["james", "gateway"], needs },
    async ({ tokens, session }, say) => say(await checkBlob(context, session, bearer(tokens.accessToken))),
  );
  plan.step(
    { id: "jmap.websocket", title: "JMAP over WebSocket", services: ["james", "gateway"], needs },
    async ({ tokens, session }, say) =>
      say(await checkWebSocket(context, session, bearer(tokens.accessToken))),
  );
  return session;
}

/** The same entrances without `/oidc`, with user name and password. */
export function basicJmapSteps(plan: Plan, context: SmokeContext): void {
  const skip = context.passwords.jmap ? context.nobody : PASSWORDS_OFF;
  const session = plan.step(
    { id: "basic.session", title: "Basic: JMAP session", services: ["james", "gateway", "ldap"], skip },
    () => checkSession(context, "", context.basic()),
  );
  const needs = { session };
  plan.step(
    { id: "basic.mailboxes", title: "Basic: Mailbox/get", services: ["james", "gateway"], needs, skip },
    async ({ session }, say) => say(await checkMailboxes(context, session, context.basic())),
  );
  plan.step(
    { id: "basic.blob", title: "Basic: upload and download", services: ["james", "gateway"], needs, skip },
    async ({ session }, say) => say(await checkBlob(context, session, context.basic())),
  );
  plan.step(
    {
      id: "basic.websocket",
      title: "Basic: JMAP over WebSocket",
      services: ["james", "gateway"],
      needs,
      skip,
    },
    async ({ session }, say) => say(await checkWebSocket(context, session, context.basic())),
  );
}

/** The session names the user, and URLs that lead back to the same kind of entrance. */
async function checkSession(
  { http, target, user }: SmokeContext,
  prefix: "/oidc" | "",
  authorization: string,
): Promise<JmapSession> {
  const base = `${target.gatewayUrl}${prefix}`;
  const { session, headers } = await readSession(http, `${base}/jmap/session`, authorization);
  expect(session.username === user.mail, `the session is of ${session.username}`);
  for (const [name, path] of [
    ["apiUrl", "/jmap"],
    ["uploadUrl", "/upload/"],
    ["downloadUrl", "/download/"],
    ["webSocketUrl", "/jmap/ws"],
  ] as const) {
    const expected = `${name === "webSocketUrl" ? base.replace(/^http/, "ws") : base}${path}`;
    expect(session[name].startsWith(expected), `${name} is ${session[name]}, not ${expected}`);
  }
  const leaked = [...headers.keys()].filter((name) => /^x-(user|access-token)/i.test(name));
  expect(leaked.length === 0, `the answer carries ${leaked.join(", ")}`);
  return session;
}

async function checkMailboxes(context: SmokeContext, session: JmapSession, authorization: string) {
  const answer = await callJmap(context.http, session, authorization, [
    "Mailbox/get",
    { accountId: session.accountId, ids: null },
  ]);
  return describeMailboxes(answer);
}

function describeMailboxes(answer: Record<string, unknown>): string {
  const mailboxes = answer.list as { name: string; role: string | null }[];
  expect(
    mailboxes.some(({ role }) => role === "inbox"),
    `no inbox among ${mailboxes.map(({ name }) => name).join(", ") || "no mailboxes"}`,
  );
  return `${mailboxes.length} mailboxes`;
}

async function checkBlob({ http }: SmokeContext, session: JmapSession, authorization: string) {
  const content = randomBytes(4096);
  const blobId = await upload(http, session, authorization, content);
  const back = await download(http, session, authorization, blobId);
  expect(back.equals(content), `${back.length} bytes came back, not the ${content.length} uploaded ones`);
  return `${content.length} bytes, equal`;
}

async function checkWebSocket({ http }: SmokeContext, session: JmapSession, authorization: string) {
  const socket = await openJmapSocket(http, session.webSocketUrl, authorization);
  try {
    const args = { smoke: randomBytes(4).toString("hex") };
    const echoed = await socket.call(["Core/echo", args]);
    expect(echoed.smoke === args.smoke, `Core/echo answered ${JSON.stringify(echoed)}`);
    const answer = await socket.call(["Mailbox/get", { accountId: session.accountId, ids: null }]);
    const unconfirmed = socket.confirmed ? "" : "; James does not confirm the subprotocol jmap";
    return `${describeMailboxes(answer)}${unconfirmed}`;
  } finally {
    socket.close();
  }
}
