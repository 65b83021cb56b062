import { connect as connectHttp2, constants } from "node:http2";
import { text as textOf } from "node:stream/consumers";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { GatewayUnderTest, Tokens } from "./behaviour";
import { mailUser } from "./echo-upstream";
import { type Answer, ask, basic, bearer, lookup } from "./http";
import { observer, values } from "./observer";

/** A gateway by HTTPS, whose upstream answers challenges of certificate authorities too. */
export interface TlsUnderTest extends Pick<GatewayUnderTest, "baseUrl" | "upstream" | "login"> {
  readonly ca: string;
  /** What its redirects lead to. */
  readonly publicPort: number;
  readonly redirectPort: number;
  /** Gives it a new certificate of the same names, and does not wait. */
  renew(): Promise<void>;
}

const session = "/oidc/jmap/session";
const challenge = "/.well-known/acme-challenge/token_of-43";

/** What every gateway must do by TLS. */
export function tlsBehaviour(underTest: () => TlsUnderTest): void {
  let gateway: TlsUnderTest;
  let tokens: Tokens;
  let host: string;
  let port: number;

  beforeAll(async () => {
    gateway = underTest();
    tokens = await gateway.login();
    const url = new URL(gateway.baseUrl);
    host = url.hostname;
    port = Number(url.port);
  });

  const { to, observe } = observer(underTest);

  /** A connection, once its handshake is over. */
  const shakeHands = (options: { version?: SecureVersion; servername?: string; alpn?: string[] } = {}) =>
    new Promise<TLSSocket>((resolve, reject) => {
      const { version, servername = host, alpn } = options;
      const socket = connect(
        {
          ...{ host: "127.0.0.1", port, servername, ca: gateway.ca, rejectUnauthorized: servername === host },
          ...(version && { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" }),
          ...(alpn && { ALPNProtocols: alpn }),
        },
        () => resolve(socket),
      );
      socket.on("error", reject);
    });

  describe("TLS", () => {
    it.each<SecureVersion>(["TLSv1.2", "TLSv1.3"])("is spoken as %s", async (version) => {
      const socket = await shakeHands({ version });
      expect(socket.getProtocol()).toBe(version);
      expect(socket.getEphemeralKeyInfo()).toMatchObject({ type: expect.stringMatching(/^(ECDH|X25519)$/) });
      expect(socket.getCipher().standardName).toMatch(/GCM|POLY1305/);
      socket.destroy();
    });

    it.each<SecureVersion>(["TLSv1", "TLSv1.1"])("is not spoken as %s", async (version) => {
      await expect(shakeHands({ version })).rejects.toThrow();
    });

    it("answers nobody who means another host", async () => {
      for (const other of ["other.example", `x.${host}`, "localhost"]) {
        const before = gateway.upstream.seen.length;
        const socket = await shakeHands({ servername: other }).catch(() => undefined);
        const text = await new Promise<string>((resolve) => {
          if (!socket) return resolve("");
          let answer = "";
          socket.on("data", (data) => {
            answer += data;
          });
          socket.on("close", () => resolve(answer));
          socket.write(
            `GET ${session} HTTP/1.1\r\nHost: ${other}\r\nAuthorization: Bearer ${tokens.access}\r\nConnection: close\r\n\r\n`,
          );
        });
        expect(text, other).toMatch(/^$|^HTTP\/1\.1 (400|403|404|421) /);
        expect(gateway.upstream.seen.length).toBe(before);
      }
    });

    it("is for a year, browsers are told with every answer (RFC 6797)", async () => {
      const answers = await Promise.all([
        to(session, { headers: bearer(tokens.access) }),
        to(session),
        to(session, { headers: bearer("x") }),
        to("/"),
        to("/oidc/jmap/other"),
        to("/oidc/.well-known/jmap"),
        to("/.well-known/webfinger"),
        to("/jmap/session", { headers: basic(mailUser.address, "wrong") }),
        to("/oidc/download/../x"),
        to(session, { method: "OPTIONS", headers: { origin: "https://evil.example" } }),
      ]);
      for (const { headers, status } of answers) {
        expect(headers["strict-transport-security"], `${status}`).toBe("max-age=31536000");
      }
    });
  });

  describe("HTTP/2", () => {
    const get = (path: string, headers: Record<string, string>, method = "GET") =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const client = connectHttp2(gateway.baseUrl, { ca: gateway.ca, lookup });
        client.on("error", reject);
        const stream = client.request({ ":path": path, ":method": method, ...headers });
        let status = 0;
        let text = "";
        stream.on("response", (answer) => {
          status = Number(answer[constants.HTTP2_HEADER_STATUS]);
        });
        stream.on("data", (data) => {
          text += data;
        });
        stream.on("error", reject);
        stream.on("close", () => {
          client.close();
          resolve({ status, text });
        });
        stream.end();
      });

    it("is what clients get that know it, beside HTTP/1.1", async () => {
      const chosen = async (...alpn: string[]) => {
        const socket = await shakeHands({ alpn });
        const { alpnProtocol } = socket;
        socket.destroy();
        return alpnProtocol;
      };
      expect(await chosen("h2", "http/1.1")).toBe("h2");
      expect(await chosen("http/1.1")).toBe("http/1.1");
    });

    it("is not offered in HTTP/1.1: proxies pass that on, and HTTP/2 forbids it (RFC 9113, section 8.2.2)", async () => {
      const socket = await shakeHands();
      socket.write(`GET ${session} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
      const answer = await textOf(socket);
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
      expect(answer).not.toMatch(/^upgrade:/im);
    });

    it("takes tokens, and believes nothing else about a user", async () => {
      const before = gateway.upstream.seen.length;
      const forged = { "x-user": "eve@localhost", "x-user-secret": "x", "x-forwarded-for": "192.0.2.1" };
      const { status, text } = await get(session, { ...bearer(tokens.access), ...forged });
      expect(status).toBe(200);
      const [seen, ...more] = gateway.upstream.seen.slice(before);
      expect(more).toEqual([]);
      expect(values(seen, "X-User")).toEqual([mailUser.address]);
      expect(JSON.stringify(seen)).not.toContain("192.0.2.1");
      expect(JSON.parse(text).apiUrl).toMatch(/^https:/);
    });

    it("refuses what HTTP/1.1 does", async () => {
      const before = gateway.upstream.seen.length;
      expect((await get(session, {})).status).toBe(401);
      expect((await get(session, bearer("x"))).status).toBe(401);
      expect((await get("/oidc/download/%2e%2e/jmap", bearer(tokens.access))).status).toBeOneOf([400, 404]);
      expect((await get("/other", bearer(tokens.access))).status).toBe(404);
      expect(gateway.upstream.seen.length).toBe(before);
    });

    it("passes on paths byte for byte", async () => {
      const before = gateway.upstream.seen.length;
      const rest = "account//a%2Fb%20%25?name=a%2Fb";
      expect((await get(`/oidc/download/${rest}`, bearer(tokens.access))).status).toBe(200);
      expect(gateway.upstream.seen.slice(before).map(({ url }) => url)).toEqual([`/download/${rest}`]);
    });
  });

  describe("plain HTTP", () => {
    const plain = (path: string, question: Parameters<typeof ask>[2] = {}) => {
      const before = gateway.upstream.seen.length;
      const named = { host, ...question.headers };
      return ask(`http://${host}:${gateway.redirectPort}`, path, { ...question, headers: named }).then(
        (answer) => ({ ...answer, seen: gateway.upstream.seen.slice(before) }),
      );
    };
    const authority = () => (gateway.publicPort === 443 ? host : `${host}:${gateway.publicPort}`);

    it("leads to HTTPS, byte for byte, and takes neither token nor password", async () => {
      for (const path of ["/", session, "/a%2Fb//c?d=%20&e=/", "/x?%0d%0aSet-Cookie:a", "/other"]) {
        for (const authorization of [{}, bearer(tokens.access), basic(mailUser.address, mailUser.password)]) {
          const { status, headers, seen } = await plain(path, { headers: authorization });
          expect([301, 308]).toContain(status);
          expect(headers.location).toBe(`https://${authority()}${path}`);
          expect(headers).not.toHaveProperty("strict-transport-security");
          expect(seen).toEqual([]);
        }
      }
      const posted = await plain("/oidc/jmap", {
        method: "POST",
        headers: bearer(tokens.access),
        body: "{}",
      });
      expect([posted.status >= 300, posted.seen]).toEqual([true, []]);
    });

    it("leads to no host but the gateway's own", async () => {
      for (const other of ["evil.example", `${host}.evil.example`, `evil.example/${host}`, "127.0.0.1"]) {
        const { status, headers, seen } = await plain(session, { headers: { host: other } });
        expect([400, 404]).toContain(status);
        expect([headers.location, seen]).toEqual([undefined, []]);
      }
      const { headers } = await plain("/x", { headers: { host: `${host.toUpperCase()}:80` } });
      expect(headers.location).toBe(`https://${authority()}/x`);
    });

    it("passes challenges of certificate authorities on, for any host, and nothing else", async () => {
      for (const name of [host, "new.example.org"]) {
        const question = { headers: { host: name, ...bearer(tokens.access), cookie: "a=b" } };
        const { status, seen } = await plain(challenge, question);
        expect(status).toBe(200);
        expect(seen.map(({ url }) => url)).toEqual([challenge]);
        expect(values(seen[0], "Host")).toEqual([name]);
        expect([...values(seen[0], "Authorization"), ...values(seen[0], "Cookie")]).toEqual([]);
      }
      for (const path of [
        "/.well-known/acme-challenge/",
        `${challenge}/x`,
        "/.well-known/acme-challenge/../jmap",
        "/.well-known/acme-challenge/%2e%2e%2fjmap",
        "/.well-known/jmap",
      ]) {
        const { status, seen } = await plain(path, { headers: { host: "new.example.org" } });
        expect([400, 404], path).toContain(status);
        expect(seen, path).toEqual([]);
      }
      const { seen } = await plain(challenge, { method: "POST", body: "x" });
      expect(seen).toEqual([]);
    });
  });

  describe("a renewed certificate", () => {
    const fingerprint = () => shownCertificate(host, port, gateway.ca);

    it("is shown soon, and open WebSockets and running downloads go on", async () => {
      const before = await fingerprint();
      const socket = new WebSocket(`${gateway.baseUrl.replace(/^http/, "ws")}/oidc/jmap/ws`, {
        ...{ headers: bearer(tokens.access), ca: gateway.ca, lookup },
      });
      const messages: string[] = [];
      let closed = false;
      socket.on("close", () => {
        closed = true;
      });
      const message = () =>
        new Promise<string>((resolve) => socket.once("message", (data) => resolve(`${data}`)));
      messages.push(await message());
      const download = to("/oidc/download/held", { headers: bearer(tokens.access) });
      await expect.poll(() => gateway.upstream.seen.at(-1)?.url, { timeout: 10_000 }).toBe("/download/held");

      await gateway.renew();
      await expect.poll(fingerprint, { timeout: 30_000, interval: 500 }).not.toBe(before);
      // Processes of before may take a moment to be told.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(closed).toBe(false);
      socket.send("still here");
      expect(await message()).toBe("echo still here");
      socket.terminate();
      gateway.upstream.release();
      const { status, text }: Answer = await download;
      expect([status, text]).toEqual([200, "first last"]);
      const { answer } = await observe(session, { headers: bearer(tokens.access) });
      expect(answer.status).toBe(200);
    });
  });
}

/** Fingerprint of the certificate that is shown for a host on a port of this machine. */
export function shownCertificate(host: string, port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: host, ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
