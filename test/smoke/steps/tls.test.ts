import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { Secret } from "../../../constructs/workload/secret";
import { createHttp } from "../../../smoke/clients/http";
import type { Address } from "../../../smoke/clients/socket";
import { createContext } from "../../../smoke/steps/context";
import { createPlan } from "../../../smoke/steps/plan";
import type { SmokeTarget } from "../../../smoke/steps/target";
import { tlsSteps } from "../../../smoke/steps/tls";
import { Authority } from "../../authority";
import { serve, serveTalk, type Talk, thenTls } from "../tcp-server";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-tls-steps-"));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = new Authority(folder);
const pair = authority.issue("mail.invalid");
const identity = { name: "mail.invalid", ca: authority.certificate };
const nowhere = { host: "127.0.0.1", port: 1 };

/** Runs the steps of TLS against servers; what each that was not left out said. */
async function run(servers: Partial<SmokeTarget>) {
  const target = {
    ...{
      publishedAt: "127.0.0.1",
      isLocal: true,
      ports: { inside: {}, cleartext: [] },
      containers: { james: "" },
    },
    ...{ ssoUrl: "http://sso.invalid/", gatewayUrl: "https://mail.invalid/m", gateway: nowhere },
    ...{ imap: nowhere, smtp: nowhere, sieve: nowhere },
    user: { username: "u", mail: "u@localhost", password: new Secret("u", "p") },
    codeClient: { clientId: "oidc", redirectUri: "http://localhost" },
    capabilities: { sieveOidc: true, oauthbearerRfc7628: true, xUserSecret: true },
    ...servers,
  } satisfies SmokeTarget;
  const http = createHttp(target);
  onTestFinished(() => http.close());
  const plan = createPlan();
  const tokens = plan.step({ id: "tokens", title: "tokens", services: ["keycloak"] }, async () => ({
    accessToken: "the-token",
    claims: {},
  }));
  tlsSteps(plan, createContext(target, http), tokens);
  const results = await plan.run({ explain: async () => ({}) });
  return Object.fromEntries(
    results.slice(1).map(({ id, ok, error, skipped }) => [id, skipped ?? error ?? ok]),
  );
}

/** An IMAP server that is right unless it is told to be otherwise. */
const imap =
  ({ offers = "STARTTLS LOGINDISABLED", refuses = "NO first TLS", after = "AUTH=XOAUTH2" } = {}): Talk =>
  (line, secure) => {
    if (line === undefined) return "* OK ready\r\n";
    const [tag, command] = line.split(" ");
    if (command === "STARTTLS") return `${thenTls}${tag} OK\r\n`;
    if (command === "CAPABILITY") return `* CAPABILITY ${secure ? after : offers}\r\n${tag} OK\r\n`;
    return `${tag} ${secure ? "OK in" : refuses}\r\n`;
  };
const smtp: Talk = (line, secure) => {
  if (line === undefined) return "220 ready\r\n";
  if (line === "STARTTLS") return `${thenTls}220 go on\r\n`;
  if (line.startsWith("EHLO")) return `250-host\r\n250 ${secure ? "AUTH XOAUTH2" : "STARTTLS"}\r\n`;
  return secure ? "235 in\r\n" : "530 first TLS\r\n";
};
const sieve: Talk = (line, secure) => {
  if (line === undefined)
    return `"SASL" "${secure ? "XOAUTH2" : ""}"\r\n${secure ? "" : '"STARTTLS"\r\n'}OK\r\n`;
  if (line === "STARTTLS") return `${thenTls}OK\r\n`;
  return secure ? "OK in\r\n" : "NO first TLS\r\n";
};

async function mail(talk = imap()) {
  const startTls = async (talk: Talk, greetsAgain = false): Promise<Address> => ({
    ...(await serveTalk(talk, pair, { greetsAgain })).address,
    startTls: identity,
  });
  return { imap: await startTls(talk), smtp: await startTls(smtp), sieve: await startTls(sieve, true) };
}

describe("mail", () => {
  test("passes where nothing is taken before TLS", async () => {
    expect(await run(await mail())).toEqual({ "tls.mail": true, "tls.credentials": true });
  });

  test.each([
    ["a login is offered", { offers: "STARTTLS AUTH=PLAIN LOGINDISABLED" }, "IMAP offers PLAIN without TLS"],
    ["the command LOGIN is left", { offers: "STARTTLS" }, "IMAP offers LOGIN without TLS"],
    ["TLS is not offered", { offers: "LOGINDISABLED" }, "IMAP does not offer STARTTLS"],
    ["nobody can log in with TLS", { after: "LOGINDISABLED" }, "IMAP offers no login after STARTTLS"],
  ])("fails where %s", async (_, told, error) => {
    expect((await run(await mail(imap(told))))["tls.mail"]).toBe(error);
  });

  test("fails where a password or a token is taken in clear, whatever is offered", async () => {
    expect((await run(await mail(imap({ refuses: "OK in" }))))["tls.credentials"]).toBe(
      "IMAP answers PLAIN with: a1 OK in; IMAP answers XOAUTH2 with: a1 OK in",
    );
  });

  test("shows no password in clear to what is not on this machine", async () => {
    const found = await run({ ...(await mail()), isLocal: false });
    expect(found).toMatchObject({
      "tls.mail": true,
      "tls.credentials": expect.stringContaining("not sent in clear"),
    });
  });

  test("ports that begin with TLS take a token, and say nothing without", async () => {
    const { address } = await serveTalk(imap(), pair, { atOnce: true });
    const imaps = { ...address, tls: identity };
    expect(await run({ imaps })).toEqual({ "tls.imaps": true });
    const plain = await serve((socket) => void socket.write("* OK ready\r\n"));
    expect((await run({ imaps: { ...plain, tls: identity } }))["tls.imaps"]).toMatch(
      /packet|TLS|SSL|wrong version/i,
    );
  });
});

describe("web", () => {
  const listen = async (server: Server | ReturnType<typeof createHttpServer>): Promise<Address> => {
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { host: "127.0.0.1", port: (server.address() as { port: number }).port };
  };
  const gateway = async (headers: Record<string, string>) => {
    const answer: RequestListener = (_, response) => void response.writeHead(401, headers).end();
    return { ...(await listen(createHttpsServer(pair, answer))), tls: identity };
  };
  const hsts = { "strict-transport-security": "max-age=31536000" };

  test("passes where browsers are told to come by HTTPS", async () => {
    expect(await run({ gateway: await gateway(hsts) })).toEqual({ "tls.web": true });
  });

  test.each([{}, { "strict-transport-security": "max-age=0" }])(
    "fails where they are not: %j",
    async (headers) => {
      expect((await run({ gateway: await gateway(headers as Record<string, string>) }))["tls.web"]).toMatch(
        /Strict-Transport-Security/,
      );
    },
  );

  test("plain HTTP leads to the same page by HTTPS, and answers nothing else", async () => {
    const redirect = async (answer: RequestListener) =>
      (await run({ gateway: await gateway(hsts), redirect: await listen(createHttpServer(answer)) }))[
        "tls.redirect"
      ];
    const leadTo =
      (location: string): RequestListener =>
      (_, response) =>
        void response.writeHead(308, { location }).end();
    const there = "https://mail.invalid/m/oidc/jmap/session?a=b";
    expect(await redirect(leadTo(there))).toBe(true);
    expect(await redirect(leadTo("https://elsewhere.invalid/m/oidc/jmap/session?a=b"))).toMatch(/not led to/);
    expect(await redirect((_, response) => void response.end("mail"))).toMatch(/GET was answered 200/);
  });
});
