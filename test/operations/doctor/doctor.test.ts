import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer, type Server } from "node:https";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { examineAll, loginFindings } from "../../../operations/doctor/doctor";
import type { Listener } from "../../../operations/doctor/listener";
import { gatewayFindings, issuerFindings, redirectFindings, withAsk } from "../../../operations/doctor/web";
import type { ServerIdentity } from "../../../smoke/clients/socket";
import { Authority } from "../../authority";
import { serveTalk, type Talk, thenTls } from "../../smoke/tcp-server";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = new Authority(folder);
const good = authority.issue("localhost");
const identity: ServerIdentity = { name: "localhost", ca: authority.certificate };

async function listen(server: Server | TcpServer): Promise<number> {
  server.on("tlsClientError", () => {}).on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

const ok: RequestListener = (_, response) => void response.end("{}");

/** An HTTPS server of this machine. */
const https = (options: object, answer = ok) => listen(createHttpsServer({ ...good, ...options }, answer));

const examine = (listener: Partial<Listener> & { port?: number; host?: string }, now = new Date()) => {
  const { port = 1, host = "127.0.0.1", ...rest } = listener;
  const named = { host, port, tls: identity };
  const where = "https://localhost";
  return examineAll(
    [{ where, protocol: "http", named, isPublic: true, certificate: "files", ...rest }],
    [],
    now,
  );
};

/** What is said of each: severity, check, what, and what was got. */
const said = ({ findings }: Awaited<ReturnType<typeof examine>>) =>
  findings.map(({ severity, check, what, got }) => `${severity} ${check} ${what}: ${got}`);

describe("TLS of a listener", () => {
  test("is told where all is well: version, issuer, end", async () => {
    const examination = await examine({ port: await https({}) });
    expect(examination.findings).toEqual([]);
    const [listener] = examination.listeners;
    expect(listener).toMatchObject({
      where: "https://localhost",
      tls: { version: "TLSv1.3", certificate: { names: "localhost", issuer: "authority", daysLeft: 29 } },
    });
    expect(listener?.tls?.certificate.fingerprint).toMatch(/^([0-9A-F]{2}:){31}/);
  });

  test("a certificate that has ended", async () => {
    const examination = await examine({ port: await https(authority.issue("localhost", { days: -1 })) });
    expect(said(examination)).toEqual([
      expect.stringMatching(/^error certificate the certificate has ended: 20/),
    ]);
    expect(examination.findings[0]?.fix).toContain("tls.files");
  });

  test("one that ends soon is a warning, by how long it lives", async () => {
    const port = await https({});
    const days = (number: number) => new Date(Date.now() + number * 24 * 3600 * 1000);
    expect(said(await examine({ port }, days(23)))).toEqual([]);
    expect(said(await examine({ port }, days(25)))).toEqual([
      expect.stringMatching(/^warning certificate the certificate ends in 4 days/),
    ]);
    expect((await examine({ port, certificate: "acme" }, days(25))).findings[0]?.fix).toContain("by itself");
  });

  test("one that is not good yet", async () => {
    const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
    expect(said(await examine({ port: await https({}) }, yesterday))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^error certificate .* is not good yet/)]),
    );
  });

  test("one of another name", async () => {
    const examination = await examine({ port: await https(authority.issue("other.test")) });
    expect(said(examination)).toEqual([
      "error certificate the certificate is not for this name: DNS:other.test",
    ]);
    expect(examination.findings[0]?.allowed).toBe("localhost");
  });

  test("a chain without what is between, and with it", async () => {
    const between = authority.intermediate("between");
    const { cert, key } = between.issue("localhost");
    const [alone, whole] = [
      await https({ cert, key }),
      await https({ cert: cert + between.certificate, key }),
    ];
    const examination = await examine({ port: alone });
    expect(said(examination)).toEqual([
      "error certificate this machine does not trust the certificate: UNABLE_TO_VERIFY_LEAF_SIGNATURE; issued by between, shown alone",
    ]);
    expect(examination.findings[0]?.fix).toContain("between it and a root into tls.files.chain");
    expect(said(await examine({ port: whole }))).toEqual([]);
  });

  test("an authority that this machine does not trust", async () => {
    const port = await https({});
    const named = { host: "127.0.0.1", port, tls: { name: "localhost" } };
    expect(said(await examine({ named }))).toEqual([
      expect.stringMatching(/^error certificate this machine does not trust .*issued by authority/),
    ]);
  });

  test("a weak key", async () => {
    const weak = authority.issue("localhost", { bits: 1024 });
    const port = await https({ ...weak, ciphers: "DEFAULT@SECLEVEL=0" });
    expect(said(await examine({ port }))).toEqual([
      "error key the key of localhost is too weak: RSA of 1024 bits",
    ]);
  });

  test("versions that are not safe, beside others and alone", async () => {
    const old = { minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" };
    expect(said(await examine({ port: await https(old) }))).toEqual([
      "error protocol TLSv1 is accepted, which is not safe any more: TLSv1,TLSv1.1,TLSv1.2,TLSv1.3",
      "error protocol TLSv1.1 is accepted, which is not safe any more: TLSv1,TLSv1.1,TLSv1.2,TLSv1.3",
    ]);
    expect(said(await examine({ port: await https({ ...old, maxVersion: "TLSv1.1" }) }))).toEqual([
      "error protocol there is only TLS that clients no longer speak: TLSv1,TLSv1.1",
    ]);
    expect(said(await examine({ port: await https({ maxVersion: "TLSv1.2" }) }))).toEqual([
      "warning protocol TLSv1.3 is refused: TLSv1.2",
    ]);
  });

  test("no TLS at all", async () => {
    const port = await listen(createHttpServer(ok));
    expect(said(await examine({ port }))).toEqual([expect.stringMatching(/^error tls there is no TLS/)]);
  });
});

describe("where a name leads", () => {
  test("nowhere: an error of a public name, a warning of one that clients are given; what is published is looked at", async () => {
    const port = await https({});
    const published = { host: "127.0.0.1", port, tls: identity };
    const unknown = { host: "nobody.invalid", published };
    const examination = await examine(unknown);
    expect(said(examination)).toEqual([
      expect.stringMatching(/^error name the name leads nowhere.*nobody.invalid/),
    ]);
    expect(examination.listeners[0]).toMatchObject({ at: `127.0.0.1:${port}`, tls: { version: "TLSv1.3" } });
    expect(said(await examine({ ...unknown, isPublic: false }))).toEqual([
      expect.stringMatching(/^warning name/),
    ]);
  });

  test("to where nobody listens, though this machine publishes it", async () => {
    const published = { host: "127.0.0.1", port: await https({}), tls: identity };
    const examination = await examine({ published, port: 1 });
    expect(said(examination)).toEqual([expect.stringMatching(/^error port nobody is reached.*ECONNREFUSED/)]);
    expect(examination.findings[0]?.fix).toContain(`127.0.0.1:${published.port} of this machine`);
    expect(examination.listeners[0]?.tls).not.toBeNull();
  });

  test("to what is down: said once", async () => {
    const examination = await examine({ published: { host: "127.0.0.1", port: 1, tls: identity }, port: 1 });
    expect(said(examination)).toEqual([expect.stringMatching(/^error port nobody listens at 127.0.0.1:1/)]);
    expect(examination.listeners[0]).toMatchObject({ at: null, tls: null });
  });

  test("to where it is, asked from another machine than its own", async () => {
    const published = { host: "127.0.0.1", port: 1, tls: identity };
    expect(said(await examine({ published, port: await https({}) }))).toEqual([]);
  });

  test("nowhere, of several that have it: said once", async () => {
    const one = {
      protocol: "http",
      named: { host: "a.invalid", port: 1 },
      isPublic: true,
      certificate: "off",
    };
    const patients = ["a", "b"].map((where) => ({ ...(one as Listener), where }));
    expect((await examineAll(patients, [], new Date())).findings).toMatchObject([{ where: "a.invalid" }]);
  });

  test("errors come first", async () => {
    const { findings } = await examineAll(
      [
        {
          where: "a",
          protocol: "http",
          named: { host: "a.invalid", port: 1 },
          isPublic: false,
          certificate: "off",
        },
        {
          where: "b",
          protocol: "http",
          named: { host: "127.0.0.1", port: 1 },
          isPublic: true,
          certificate: "off",
        },
      ],
      [],
      new Date(),
    );
    expect(findings.map(({ severity }) => severity)).toEqual(["error", "warning"]);
  });
});

describe("STARTTLS", () => {
  /** A server of submission that says in clear what it can. */
  const submission =
    (inClear: string): Talk =>
    (line, secure) => {
      if (line === undefined) return "220 ready\r\n";
      if (line === "STARTTLS") return `${thenTls}220 go on\r\n`;
      return `250-host\r\n250 ${secure ? "AUTH PLAIN" : inClear}\r\n`;
    };

  test("its certificate is looked at as any, and nobody may be asked to log in before", async () => {
    const { address } = await serveTalk(submission("STARTTLS"), authority.issue("other.test"));
    const named = { ...address, startTls: identity };
    const examination = await examine({ named, protocol: "smtp" });
    expect(said(examination)).toEqual([
      "error certificate the certificate is not for this name: DNS:other.test",
    ]);
    expect(await loginFindings("submission", "smtp", named)).toEqual([]);
  });

  test("a login that is offered without TLS", async () => {
    const { address } = await serveTalk(submission("AUTH PLAIN LOGIN"), good);
    expect(await loginFindings("submission", "smtp", { ...address, startTls: identity })).toMatchObject([
      { severity: "error", check: "login", got: ["PLAIN", "LOGIN"] },
    ]);
  });
});

describe("what is answered", () => {
  const answers = async (
    answer: RequestListener,
    look: (url: string, ask: never) => Promise<{ check: string }[]>,
  ) => {
    const port = await https({}, answer);
    const address = { host: "127.0.0.1", port, tls: identity };
    const findings = await withAsk(address, (ask) => look("https://localhost", ask as never));
    return findings.map(({ check }) => check);
  };
  const hsts = { "strict-transport-security": "max-age=31536000" };
  const gateway = (headers: object, { status = 401, origins = [] as string[], preflight = {} } = {}) =>
    answers(
      ({ method }, response) => {
        if (method === "OPTIONS") response.writeHead(204, { ...preflight }).end();
        else response.writeHead(status, { ...headers }).end();
      },
      (url, ask) => gatewayFindings(url, { gatewayUrl: url, webOrigins: origins }, ask),
    );

  test("by a gateway: asks for a token, tells browsers to come by HTTPS, nothing of itself, and nobody else's pages", async () => {
    expect(await gateway(hsts)).toEqual([]);
    expect(await gateway(hsts, { status: 404 })).toEqual(["login"]);
    expect(await gateway({})).toEqual(["hsts"]);
    expect(await gateway({ "strict-transport-security": "max-age=0" })).toEqual(["hsts"]);
    expect(await gateway({ ...hsts, "access-control-allow-origin": "*" })).toEqual(["cors"]);
    expect(await gateway({ ...hsts, server: "Apache/2.4.1" })).toEqual(["headers"]);
    expect(await gateway({ ...hsts, server: "Apache" })).toEqual([]);
  });

  test("to pages that are to use JMAP", async () => {
    const origins = ["https://app.example.org"];
    expect(await gateway(hsts, { origins })).toEqual(["cors"]);
    const preflight = { "access-control-allow-origin": origins[0] };
    expect(await gateway(hsts, { origins, preflight })).toEqual([]);
  });

  test("clocks that differ: tokens are refused by them", async () => {
    const at = (seconds: number) => ({ ...hsts, date: new Date(Date.now() + seconds * 1000).toUTCString() });
    expect(await gateway(at(0))).toEqual([]);
    expect(await gateway(at(300))).toEqual(["clock"]);
    expect(await gateway(at(-300))).toEqual(["clock"]);
  });

  test("by a provider: its name", async () => {
    const provider = (body: string, status = 200) =>
      answers(
        (_, response) => void response.writeHead(status, hsts).end(body),
        (url, ask) => issuerFindings(url, { issuer: "https://localhost/a", discoveryUrl: `${url}/d` }, ask),
      );
    expect(await provider('{"issuer":"https://localhost/a"}')).toEqual([]);
    expect(await provider('{"issuer":"http://localhost/a"}')).toEqual(["issuer"]);
    expect(await provider("no JSON")).toEqual(["issuer"]);
    expect(await provider('{"issuer":"https://localhost/a"}', 502)).toEqual(["issuer"]);
  });

  test("by plain HTTP", async () => {
    const plain = async (status: number, location?: string) => {
      const server = createHttpServer((_, response) => {
        response.writeHead(status, location === undefined ? {} : { location }).end();
      });
      const address = { host: "127.0.0.1", port: await listen(server) };
      const url = "http://mail.example.org";
      const findings = await withAsk(address, (ask) => redirectFindings(url, `${url}/x`, ask));
      return findings.map(({ severity, check }) => `${severity} ${check}`);
    };
    expect(await plain(308, "https://mail.example.org/x")).toEqual([]);
    expect(await plain(200)).toEqual(["error redirect"]);
    expect(await plain(302, "https://elsewhere.example.org/x")).toEqual(["error redirect"]);
    expect(await plain(302, "http://mail.example.org/y")).toEqual(["error redirect"]);
    expect(await plain(404)).toEqual(["warning redirect"]);
  });

  test("not at all", async () => {
    const server = createTcpServer((socket) => socket.end("no HTTP\r\n"));
    const port = await listen(server);
    const findings = await withAsk({ host: "127.0.0.1", port }, (ask) =>
      issuerFindings("http://localhost", { issuer: "x", discoveryUrl: "http://localhost/d" }, ask),
    );
    expect(findings).toMatchObject([{ severity: "error", check: "port" }]);
  });
});
