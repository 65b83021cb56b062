import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { connect as connectSecurely } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { GatewayRoute } from "../../../constructs/gateway/gateway-route";
import { identityHeaders } from "../../../constructs/gateway/identity-headers";
import { autoconfigBehaviour } from "./autoconfig-behaviour";
import { backchannelBehaviour } from "./backchannel-behaviour";
import { type EchoUpstream, mailUser } from "./echo-upstream";
import { otherKey, symmetric, tampered, unsigned } from "./forged-tokens";
import { type Answer, basic, bearer, lookup } from "./http";
import { observer, values } from "./observer";
import { unspeakable } from "./realm";
import { securityHeadersBehaviour } from "./security-headers-behaviour";
import { webFingerBehaviour } from "./web-finger-behaviour";

export interface Tokens {
  readonly access: string;
  readonly id: string;
  readonly refresh: string;
}

/** A gateway with the mail routes in front of an echo upstream, and a realm whose user is `mailUser`. */
export interface GatewayUnderTest {
  /** Where the tests reach it. */
  readonly baseUrl: string;
  /** By TLS the authority of its certificate. */
  readonly ca?: string;
  /** What its routes call it. */
  readonly publicUrl: string;
  readonly upstream: EchoUpstream;
  readonly routes: readonly GatewayRoute[];
  /** What its routes send in `X-User-Secret`. */
  readonly userSecret: string;
  /** Longest time, in seconds, that a logged-out token may still be taken. */
  readonly revocationSeconds: number;
  /** Largest body that it takes. */
  readonly maxBodyBytes: number;
  /** A login, good for a minute at least. */
  login(): Promise<Tokens>;
  /** Likewise, of one of the `unspeakable` users. */
  loginAs(address: string): Promise<Tokens>;
  logout(tokens: Tokens): Promise<void>;
  /** A token that has run out. */
  expired(): Promise<string>;
  /** Active tokens of another realm of the same Keycloak, and of a client that is not meant for mail. */
  otherIssuer(): Promise<string>;
  otherAudience(): Promise<string>;
  /** What Keycloak sends over the back channel at a logout. */
  logoutToken(): Promise<string>;
  /** Makes Keycloak unreachable; of what comes after it, nothing needs Keycloak. */
  stopKeycloak(): Promise<void>;
  /** Whether it answers for an upstream that speaks a WebSocket's subprotocol without saying so; httpd cannot. */
  readonly namesSubprotocol: boolean;
  /** Of a gateway that verifies tokens itself. */
  readonly backchannel?: Backchannel;
}

/** How a gateway learns that sessions have ended, when it does not ask Keycloak. */
export interface Backchannel {
  /** Where it takes logout tokens. */
  readonly path: string;
  /** Ends a session at Keycloak, and gives the logout token, of which the gateway is not told. */
  logoutToken(tokens: Tokens): Promise<string>;
  /** Makes what it remembers sessions in unreachable. */
  stopRedis(): Promise<void>;
  /** Makes it reachable again; it has forgotten everything. */
  startRedis(): Promise<void>;
}

/** What a gateway does about tokens: asks Keycloak, or verifies them itself and is told of logouts. */
export type TokenCheck = "introspection" | "redis";

const session = "/oidc/jmap/session";

/** Each WWW-Authenticate of an answer. */
function challenges({ rawHeaders }: Answer): string[] {
  return rawHeaders.filter(
    (_, index) => /^www-authenticate$/i.test(rawHeaders[index - 1] ?? "") && index % 2 === 1,
  );
}

/** Origins of the pages that may use the gateway under test. */
export const webOrigins = ["https://webmail.example.org", "http://localhost:3000", "moz-extension://a-b.c"];

/**
 * What every gateway of the kit must do, whatever it is made of. Refused is 401 or 403; and 503 too where the gateway
 * cannot tell, since it cannot ask.
 */
export function gatewayBehaviour(
  underTest: () => GatewayUnderTest,
  check: TokenCheck = "introspection",
): void {
  let gateway: GatewayUnderTest;
  let tokens: Tokens;

  beforeAll(async () => {
    gateway = underTest();
    tokens = await gateway.login();
  });

  const { to, observe } = observer(underTest);
  /** Opens a WebSocket, says something after the upstream's greeting, and gives the answer. */
  const talk = (url: string, headers: Record<string, string>, message = "hello", protocols: string[] = []) =>
    new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(url, protocols, { headers, lookup, ca: gateway.ca });
      let greeted = false;
      socket.on("error", reject);
      socket.on("message", (data) => {
        if (!greeted) {
          greeted = true;
          socket.send(message);
          return;
        }
        resolve(data.toString());
        socket.close();
      });
    });
  /** The gateway's answer to an upgrade, whatever it is. */
  const upgrade = (path: string, headers: Record<string, string>, protocols: string[]) =>
    to(path, {
      headers: {
        ...headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
        ...(protocols.length > 0 && { "sec-websocket-protocol": protocols.join(", ") }),
      },
    });
  /** Sends bytes and gives what comes back until the other side closes or is silent. */
  const raw = (text: string) => sendBytes(gateway.baseUrl, text, gateway.ca);
  const withToken = (token: string, path = session) => to(path, { headers: bearer(token) });
  const credentials = () => basic(mailUser.address, mailUser.password);

  describe("bearer tokens", () => {
    it("takes a valid one, and tells the upstream its user, not the token", async () => {
      const { answer, seen } = await observe(session, { headers: bearer(tokens.access) });
      expect(answer.status).toBe(200);
      expect(values(seen[0], "X-User")).toEqual([mailUser.address]);
      expect(values(seen[0], "X-User-Secret")).toEqual([gateway.userSecret]);
      expect(values(seen[0], "Authorization")).toEqual([]);
      expect(JSON.stringify(seen)).not.toContain(tokens.access);
      // Claims may travel encoded.
      expect(seen[0]?.headers.map(([name]) => name.toLowerCase())).not.toContain("x-userinfo");
    });

    it("takes the scheme in any case (RFC 9110)", async () => {
      expect((await to(session, { headers: { authorization: `bearer ${tokens.access}` } })).status).toBe(200);
    });

    it("asks for one with WWW-Authenticate (RFC 6750)", async () => {
      const answer = await to(session);
      expect(answer.status).toBe(401);
      expect(challenges(answer)).toEqual(["Bearer"]);
    });

    it.each<[string, () => string | Promise<string>]>([
      ["tampered", () => tampered(tokens.access)],
      ["cut short", () => tokens.access.slice(0, -4)],
      ["signed by another key", () => otherKey(tokens.access)],
      ["alg none", () => unsigned(tokens.access)],
      ["HS256 with the client's id", () => symmetric(tokens.access, "james")],
      ["expired", () => gateway.expired()],
      ["of another issuer", () => gateway.otherIssuer()],
      ["for another audience", () => gateway.otherAudience()],
      ["an ID token", () => tokens.id],
      ["a refresh token", () => tokens.refresh],
      ["a logout token", () => gateway.logoutToken()],
      ["no token at all", () => "x"],
      ["two tokens", () => `${tokens.access}, Bearer ${tokens.access}`],
    ])("refuses one that is %s", async (_, token) => {
      const { answer, seen } = await observe(session, { headers: bearer(await token()) });
      expect([401, 403]).toContain(answer.status);
      if (answer.status === 401) expect(challenges(answer)).toEqual(['Bearer error="invalid_token"']);
      expect(seen).toEqual([]);
    });

    it("takes one from the Authorization header only", async () => {
      const form = { "content-type": "application/x-www-form-urlencoded" };
      const body = `access_token=${tokens.access}`;
      const answers = await Promise.all([
        to(`${session}?access_token=${tokens.access}`),
        to("/oidc/jmap", { method: "POST", headers: form, body }),
        to(session, { headers: { cookie: `access_token=${tokens.access}; Authorization=${tokens.access}` } }),
        to(session, { headers: { "x-access-token": tokens.access } }),
        to(session, { headers: basic(mailUser.address, tokens.access) }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    });

    it("does not take a password where a token is asked for", async () => {
      expect((await to(session, { headers: credentials() })).status).toBe(401);
    });

    it("refuses a logged-out one, at the latest after the promised time", async () => {
      const other = await gateway.login();
      expect((await withToken(other.access)).status).toBe(200);
      await gateway.logout(other);
      await new Promise((resolve) =>
        setTimeout(resolve, gateway.revocationSeconds * 1000 + 1100 * +(gateway.revocationSeconds > 0)),
      );
      expect((await withToken(other.access)).status).toBe(401);
      expect((await withToken(tokens.access)).status).toBe(200);
    });
  });

  describe("users", () => {
    it.each(unspeakable)("that no header holds unchanged are refused: %j", async (user) => {
      const { access } = await gateway.loginAs(user);
      const { answer, seen } = await observe(session, { headers: bearer(access) });
      expect([401, 403]).toContain(answer.status);
      expect(seen).toEqual([]);
    });
  });

  describe("Basic authentication", () => {
    it("passes it on to the upstream, which decides", async () => {
      const { answer, seen } = await observe("/jmap/session", { headers: credentials() });
      expect(answer.status).toBe(200);
      expect(values(seen[0], "Authorization")).toEqual([credentials().authorization]);
      expect(values(seen[0], "X-User")).toEqual([]);
      expect(values(seen[0], "X-User-Secret")).toEqual([]);
      const refused = await to("/jmap/session", { headers: basic(mailUser.address, "wrong") });
      expect(refused.status).toBe(401);
      expect(challenges(refused)).toEqual(['Basic realm="echo"']);
    });

    it("passes on any password", async () => {
      for (const password of ["", "a:b", "ü€😀", "\u0080", "~?>ÿ"]) {
        const headers = basic(mailUser.address, password);
        const { answer, seen } = await observe("/jmap/session", { headers });
        expect(answer.status, password).toBe(401);
        expect(values(seen[0], "Authorization")).toEqual([headers.authorization]);
      }
    });

    const encoded = (credentials: string | Uint8Array) =>
      `Basic ${Buffer.from(credentials).toString("base64")}`;
    it.each<[string, () => string | string[] | undefined]>([
      ["nothing", () => undefined],
      ["a token", () => `Bearer ${tokens.access}`],
      ["what is no base64", () => "Basic YWJ=j="],
      ["base64 that is cut short", () => encoded(`${mailUser.address}:xx`).replace(/=+$/, "")],
      ["base64 for URLs", () => "Basic Ym9iQGxvY2FsaG9zdDrDv8O_"],
      ["base64 that is padded twice", () => `${encoded(`${mailUser.address}:x`)}====`],
      ["base64 in two parts", () => encoded(`${mailUser.address}:secret`).replace(/(.{12})$/, " $1")],
      ["nothing after the scheme", () => "Basic "],
      ["no colon", () => encoded(mailUser.address)],
      ["no user", () => encoded(":secret")],
      ["a control character", () => encoded(`${mailUser.address}:sec\nret`)],
      ["what is no UTF-8", () => encoded(Uint8Array.from([...Buffer.from("bob@localhost:"), 0xff]))],
      ["two users", () => `${encoded("bob@localhost:x")}, ${encoded("eve@localhost:x")}`],
      ["two headers", () => [encoded("bob@localhost:x"), encoded("eve@localhost:x")]],
      ...unspeakable.map((user): [string, () => string] => [
        `user ${JSON.stringify(user)}`,
        () => encoded(`${user}:secret`),
      ]),
    ])("asks for a password itself where there is %s", async (_, authorization) => {
      const value = authorization();
      const headers = value === undefined ? {} : { authorization: value };
      const { answer, seen } = await observe("/jmap/session", { headers });
      expect(seen).toEqual([]);
      // Two headers are no request to some.
      expect(Array.isArray(value) ? [400, 401] : [401]).toContain(answer.status);
      if (answer.status === 401) expect(challenges(answer)).toEqual(['Basic realm="mail", charset="UTF-8"']);
    });
  });

  describe("cookies", () => {
    it("reach no upstream that asks who it is, and come from none", async () => {
      const cookie = `a=b; ${"c=d; ".repeat(2000)}`;
      for (const [path, headers] of [
        [session, bearer(tokens.access)],
        ["/jmap/session", credentials()],
      ] as const) {
        const { answer, seen } = await observe(path, { headers: { ...headers, cookie } });
        expect(answer.status).toBe(200);
        expect(values(seen[0], "Cookie")).toEqual([]);
        expect(answer.headers).not.toHaveProperty("set-cookie");
      }
    });
  });

  describe("the client's address", () => {
    it("is what the gateway sees, whatever the client says", async () => {
      const forged = {
        "x-real-ip": "192.0.2.1",
        "x-forwarded-for": "192.0.2.2, 192.0.2.3",
        forwarded: "for=192.0.2.4",
        "x-client-ip": "192.0.2.5",
        "true-client-ip": "192.0.2.6",
        "x-forwarded-host": "evil-192.0.2.7",
        proxy: "http://192.0.2.8",
      };
      for (const [path, headers] of [
        [session, bearer(tokens.access)],
        ["/jmap/session", credentials()],
      ] as const) {
        const { seen } = await observe(path, { headers: { ...headers, ...forged } });
        expect(values(seen[0], "X-Real-IP")).toEqual([expect.stringMatching(/^[0-9.]+$/)]);
        expect(JSON.stringify(seen)).not.toContain("192.0.2.");
      }
    });
  });

  describe("headers of identity", () => {
    const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
    const forged = () =>
      Object.fromEntries(
        identityHeaders.flatMap((name) => [
          [name, ["forged-1", "forged-2"]],
          [name.toLowerCase().replace("x-", "X-"), "forged-3"],
        ]),
      );
    /** nginx's variables and CGI take these for the former. */
    const underscored = (value: string) =>
      Object.fromEntries(identityHeaders.map((name) => [name.replaceAll("-", "_"), value]));

    it.each([
      ["a token", () => bearer(tokens.access)],
      ["a password", () => credentials()],
      ["nothing", () => ({})],
    ])(
      "reach no upstream from a client with %s, on no route and method, nor its secret a client",
      async (_, authorization) => {
        for (const route of gateway.routes) {
          const path = route.path.replace("*", "account/blob");
          const observed = await Promise.all(
            methods.map((method) => observe(path, { method, headers: { ...forged(), ...authorization() } })),
          );
          expect(JSON.stringify(observed.map(({ seen }) => seen)), path).not.toContain("forged");
          const answers = JSON.stringify(observed.map(({ answer: { headers, text } }) => [headers, text]));
          expect(answers, path).not.toContain("forged");
          expect(answers, path).not.toContain(gateway.userSecret);
        }
      },
    );

    it("cannot be given by names that look alike", async () => {
      const claims = Buffer.from(JSON.stringify({ email: "eve@localhost" })).toString("base64");
      for (const value of ["eve@localhost", claims]) {
        const { answer, seen } = await observe(session, {
          headers: { ...underscored(value), ...bearer(tokens.access) },
        });
        if (answer.status === 200) expect(values(seen[0], "X-User")).toEqual([mailUser.address]);
        else expect(seen).toEqual([]);
        expect((await to(session, { headers: underscored(value) })).status).toBe(401);
      }
    });

    it("are replaced, not joined by, what the client sends", async () => {
      const { answer, seen } = await observe(session, { headers: { ...bearer(tokens.access), ...forged() } });
      expect(answer.status).toBe(200);
      expect(values(seen[0], "X-User")).toEqual([mailUser.address]);
    });

    it("cannot be hidden behind Connection", async () => {
      const { seen } = await observe(session, {
        headers: { ...bearer(tokens.access), connection: "close, X-User, X-JMAP-PREFIX, Authorization" },
      });
      expect(values(seen[0], "X-User")).toEqual([mailUser.address]);
      expect(values(seen[0], "X-JMAP-PREFIX")).toEqual([`${gateway.publicUrl}/oidc`]);
    });

    it("reach no client", async () => {
      const answers = await Promise.all([
        withToken(tokens.access),
        to("/jmap/session", { headers: credentials() }),
        to("/jmap/session"),
        to("/.well-known/webfinger?resource=x"),
        to("/oidc/.well-known/jmap", { headers: bearer(tokens.access) }),
      ]);
      for (const { headers } of answers) {
        for (const name of identityHeaders) expect(headers).not.toHaveProperty(name.toLowerCase());
      }
    });
  });

  describe("pages of other origins", () => {
    const preflight = (path: string, origin: string, method = "GET") =>
      observe(path.replace("*", "account/a%2Fb"), {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization",
        },
      });
    const strangers = [
      "https://evil.example",
      "null",
      "http://localhost:30000",
      "https://webmail.example.org.evil.example",
      "https://webmail-example.org",
      "http://webmail.example.org",
      "https://webmail.example.org, http://localhost:3000",
    ];
    const corsHeadersOf = ({ headers }: Answer) =>
      Object.keys(headers).filter((name) => name.startsWith("access-control-"));

    it("answers a preflight itself, without authentication", async () => {
      for (const { path, methods } of gateway.routes) {
        for (const origin of webOrigins) {
          const { answer, seen } = await preflight(path, origin, methods[0]);
          expect(answer.status, path).toBe(204);
          const everybody = path.endsWith("webfinger");
          expect(answer.headers["access-control-allow-origin"], path).toBe(everybody ? "*" : origin);
          expect(answer.headers["access-control-allow-methods"], path).toContain(methods[0]);
          expect(answer.headers["access-control-allow-headers"], path).toMatch(/authorization/i);
          expect(seen, path).toEqual([]);
        }
      }
    });

    it.each(strangers)("lets no page of %s ask", async (origin) => {
      for (const { path, methods } of gateway.routes) {
        const { answer, seen } = await preflight(path, origin, methods[0]);
        expect(answer.status, path).toBe(204);
        expect(seen, path).toEqual([]);
        if (!path.endsWith("webfinger")) expect(corsHeadersOf(answer), path).toEqual([]);
      }
    });

    it("lets the pages of web clients, and no others, see refusals and answers", async () => {
      for (const authorization of [{}, bearer("x"), bearer(tokens.access)]) {
        for (const origin of [...webOrigins, ...strangers]) {
          const { headers } = await to(session, { headers: { origin, ...authorization } });
          expect(headers["access-control-allow-origin"]).toBe(
            webOrigins.includes(origin) ? origin : undefined,
          );
          expect(headers.vary).toMatch(/\borigin\b/i);
        }
        const answer = await to(session, { headers: authorization });
        expect(corsHeadersOf(answer)).toEqual([]);
        expect(answer.headers.vary).toMatch(/\borigin\b/i);
      }
    });

    it("tells nothing of other paths", async () => {
      const answer = await to("/oidc/jmap/other", { method: "OPTIONS" });
      expect(answer.status).toBe(404);
      expect(answer.headers).not.toHaveProperty("access-control-allow-methods");
    });
  });

  describe("routes", () => {
    it.each([
      "/",
      "/oidc",
      "/oidc/",
      "/OIDC/jmap/session",
      "/oidc/jmap/",
      "/oidc/jmap/session/",
      "/oidc/jmap/x",
      "/oidc//jmap/session",
      "/oidc%2Fjmap/session",
      "/oidc/jmap%2fsession",
      "/oidc/jmap/session;x=y",
      "/oidc/upload",
      "/oidc/oidc/jmap/session",
      "/jmap/x",
      "/users",
      "/domains/localhost",
      "/mailboxes",
      "/healthcheck",
      "/metrics",
      "/server-status",
      "/icons/",
      "/.well-known/openid-configuration",
      "/etc/passwd",
    ])("has none for %s", async (path) => {
      for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
        const { answer, seen } = await observe(path, { method, headers: bearer(tokens.access) });
        expect(answer.status, method).toBe(404);
        expect(seen, method).toEqual([]);
      }
    });

    it("allows a route's methods only", async () => {
      for (const { path, methods, authentication } of gateway.routes) {
        const headers = authentication === "oidc" ? bearer(tokens.access) : credentials();
        for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]) {
          if ((methods as readonly string[]).includes(method)) continue;
          const { answer, seen } = await observe(path.replace("*", "a/b"), { method, headers });
          expect([404, 405, 501], `${method} ${path}`).toContain(answer.status);
          expect(seen, `${method} ${path}`).toEqual([]);
        }
      }
    });

    it.each([
      "/oidc/download/../jmap/session",
      "/oidc/download/%2e%2e/jmap/session",
      "/oidc/download/..%2fjmap/session",
      "/oidc/download/%2E%2E%2Fjmap/session",
      "/oidc/download/a/..%5c..%5cjmap",
      "/oidc/download/..;/jmap",
      "/download/../oidc/jmap/session",
    ])("lets no path climb out of one: %s", async (path) => {
      const { answer, seen } = await observe(path, { headers: bearer(tokens.access) });
      expect([400, 404]).toContain(answer.status);
      expect(seen).toEqual([]);
    });

    it.each([
      "account/blob",
      "account/a%2Fb?name=a%2Fb%20c.txt&type=text%2Fplain",
      "account/a%2fb%2F",
      "account//blob",
      "account/%252F",
      "account/r%C3%A9sum%C3%A9%20(1).pdf",
      "account/a+b&c=d@e:f,g;h='i'!*$?x=/../y&z=%26",
      "account/%0d%0aX-User:%20eve",
      "account/...",
      "a.b/..c/d..",
    ])("passes on the rest of a path byte for byte: %s", async (rest) => {
      for (const [prefix, headers] of [
        ["/oidc/download/", bearer(tokens.access)],
        ["/download/", credentials()],
      ] as const) {
        const { answer, seen } = await observe(`${prefix}${rest}`, { headers });
        expect(answer.status).toBe(200);
        expect(seen.map(({ url }) => url)).toEqual([`/download/${rest}`]);
      }
    });

    it("sends discovery to the session of its kind", async () => {
      const oidc = await to("/oidc/.well-known/jmap");
      const plain = await to("/.well-known/jmap");
      expect([oidc.status, plain.status]).toEqual([302, 302]);
      const target = ({ headers }: Answer) => new URL(headers.location ?? "", gateway.baseUrl).pathname;
      expect([target(oidc), target(plain)]).toEqual(["/oidc/jmap/session", "/jmap/session"]);
    });

    it.each([
      ["/oidc", () => bearer(tokens.access)],
      ["", () => credentials()],
    ])("serves a client that follows the session object of %s", async (prefix, authorization) => {
      const headers = authorization();
      const object = JSON.parse((await to(`${prefix}/jmap/session`, { headers })).text);
      const local = (url: string) => {
        expect(url.replace(/^ws/, "http")).toContain(`${gateway.publicUrl}${prefix}/`);
        return url.replace(/^ws/, "http").slice(gateway.publicUrl.length);
      };
      const blob = { accountId: "acc", blobId: "b-1", type: "text/plain", name: "a/b.txt", types: "*" };
      const fill = (template: string) =>
        local(
          template.replace(/\{(\w+)\}/g, (_, key: keyof typeof blob) => encodeURIComponent(blob[key] ?? "")),
        );
      const answers = [
        await to(local(object.apiUrl), { method: "POST", headers, body: "{}" }),
        await to(fill(object.uploadUrl), { method: "POST", headers, body: "x" }),
        await to(fill(object.downloadUrl), { headers }),
      ];
      expect(answers.map(({ status, text }) => [status, JSON.parse(text).url])).toEqual([
        [200, "/jmap"],
        [200, "/upload/acc"],
        [200, "/download/acc/b-1?type=text%2Fplain&name=a%2Fb.txt"],
      ]);
      const socketUrl = object.capabilities["urn:ietf:params:jmap:websocket"].url as string;
      expect(socketUrl).toMatch(/^wss?:/);
      expect(await talk(`${gateway.baseUrl.replace(/^http/, "ws")}${local(socketUrl)}`, headers)).toBe(
        "echo hello",
      );
      expect((await to(fill(object.eventSourceUrl), { headers })).text).toBe("data: first\n\n");
    });
  });

  webFingerBehaviour(underTest);
  autoconfigBehaviour(underTest);

  describe("WebSocket", () => {
    const url = (path: string) => `${gateway.baseUrl.replace(/^http/, "ws")}${path}`;

    it("opens with a token, and tells the upstream its user", async () => {
      const before = gateway.upstream.seen.length;
      expect(await talk(url("/oidc/jmap/ws"), { ...bearer(tokens.access), "x-user": "eve" })).toBe(
        "echo hello",
      );
      const seen = gateway.upstream.seen[before];
      expect(values(seen, "X-User")).toEqual([mailUser.address]);
      expect(values(seen, "Authorization")).toEqual([]);
    });

    it.each<[string, string[], string | undefined]>([
      ["jmap", ["jmap"], "jmap"],
      ["jmap among others", ["chat", "jmap"], "jmap"],
      ["others only", ["chat", "jmap2"], undefined],
      ["none", [], undefined],
    ])("agrees on subprotocol jmap where the client offers %s (RFC 8887)", async (_, offered, chosen) => {
      for (const [path, headers] of [
        ["/oidc/jmap/ws", bearer(tokens.access)],
        ["/jmap/ws", credentials()],
      ] as const) {
        const { status, headers: answered } = await upgrade(path, headers, offered);
        const expected = gateway.namesSubprotocol ? chosen : undefined;
        expect([status, answered["sec-websocket-protocol"]]).toEqual([101, expected]);
      }
    });

    it("opens for clients that insist on jmap", async ({ skip }) => {
      if (!gateway.namesSubprotocol)
        skip("httpd passes on what the upstream says: test/e2e/platform.test.ts");
      expect(await talk(url("/oidc/jmap/ws"), bearer(tokens.access), "hello", ["jmap"])).toBe("echo hello");
    });

    it("opens with a password", async () => {
      expect(await talk(url("/jmap/ws"), credentials())).toBe("echo hello");
    });

    it("carries large messages", async () => {
      const large = "x".repeat(1_000_000);
      expect(await talk(url("/oidc/jmap/ws"), bearer(tokens.access), large)).toBe(`echo ${large}`);
    });

    it("is refused without either, and with a bad token", async () => {
      const before = gateway.upstream.seen.length;
      await expect(talk(url("/oidc/jmap/ws"), {})).rejects.toThrow(/401/);
      await expect(talk(url("/oidc/jmap/ws"), bearer(tampered(tokens.access)))).rejects.toThrow(/401|403/);
      expect(gateway.upstream.seen.length).toBe(before);
      await expect(talk(url("/jmap/ws"), {})).rejects.toThrow(/401/);
    });

    it("is offered on its own route only", async () => {
      const asking = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
      };
      const { answer, seen } = await observe(session, { headers: { ...bearer(tokens.access), ...asking } });
      expect(answer.status).not.toBe(101);
      expect(seen.flatMap((entry) => values(entry, "Upgrade"))).toEqual([]);
    });
  });

  describe("bodies", () => {
    it("streams a large upload unchanged, with a length and in chunks", async () => {
      const body = randomBytes(24 * 1024 * 1024);
      const expected = createHash("sha256").update(body).digest("hex");
      const sized = { ...bearer(tokens.access), "content-length": `${body.length}` };
      const answers = [
        await to("/oidc/upload/account", { method: "POST", headers: sized, body }),
        await to("/upload/account", {
          method: "POST",
          headers: credentials(),
          body: Readable.from(slices(body)),
        }),
      ];
      expect(answers.map(({ status, text }) => [status, JSON.parse(text).bodySha256])).toEqual([
        [200, expected],
        [200, expected],
      ]);
    });

    it("refuses one over the limit", async () => {
      const headers = {
        ...bearer(tokens.access),
        "content-length": `${gateway.maxBodyBytes + 1}`,
        expect: "100-continue",
      };
      expect((await to("/oidc/upload/account", { method: "POST", headers })).status).toBe(413);
    });

    it("does not let a request hide in another", async () => {
      const smuggled = "0\r\n\r\nGET /oidc/jmap/session HTTP/1.1\r\nX-User: forged\r\n\r\n";
      const before = gateway.upstream.seen.length;
      const { host } = new URL(gateway.baseUrl);
      await raw(
        `POST /jmap HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked\r\n` +
          `Authorization: ${credentials().authorization}\r\n\r\n${smuggled}`,
      );
      expect(JSON.stringify(gateway.upstream.seen.slice(before))).not.toContain("forged");
      for (const bad of [
        "Transfer-Encoding: xchunked",
        "Content-Length: 1\r\nContent-Length: 2",
        "X-User : forged",
        "X Y: z",
      ]) {
        const count = gateway.upstream.seen.length;
        const answer = await raw(`POST /jmap HTTP/1.1\r\nHost: ${host}\r\n${bad}\r\n\r\n`);
        expect(answer, bad).toMatch(/^HTTP\/1\.1 (400|501)/);
        expect(gateway.upstream.seen.length, bad).toBe(count);
      }
    });
  });

  securityHeadersBehaviour(underTest);

  if (check === "redis") {
    backchannelBehaviour(underTest);
    return;
  }

  it("takes no token when Keycloak is away, says that it cannot tell, and lets passwords through", async () => {
    const fresh = await gateway.login();
    await gateway.stopKeycloak();
    for (const path of [session, "/oidc/download/a/b", "/oidc/jmap/ws"]) {
      for (const token of [fresh.access, unsigned(fresh.access), tampered(fresh.access)]) {
        const origin = webOrigins[0] ?? "";
        const { answer, seen } = await observe(path, { headers: { ...bearer(token), origin } });
        expect(answer.status).toBe(503);
        expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
        expect(challenges(answer)).toEqual([]);
        expect(answer.headers["access-control-allow-origin"]).toBe(origin);
        expect(seen).toEqual([]);
      }
    }
    const answer = await to(session);
    expect([answer.status, challenges(answer)]).toEqual([401, ["Bearer"]]);
    expect((await to("/jmap/session", { headers: credentials() })).status).toBe(200);
  });
}

function* slices(body: Buffer, size = 100_000): Generator<Buffer> {
  for (let start = 0; start < body.length; start += size) yield body.subarray(start, start + size);
}

/** Sends bytes and gives what comes back until the other side closes or is silent. */
function sendBytes(baseUrl: string, text: string, ca?: string): Promise<string> {
  const { protocol, hostname, port } = new URL(baseUrl);
  return new Promise((resolve) => {
    let answer = "";
    const send = () => socket.write(text);
    const socket =
      protocol === "https:"
        ? connectSecurely({ host: "127.0.0.1", port: Number(port), servername: hostname, ca }, send)
        : connect(Number(port), "127.0.0.1", send);
    socket.setTimeout(1500, () => socket.destroy());
    socket.on("data", (data) => {
      answer += data;
    });
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}
