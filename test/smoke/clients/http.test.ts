import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createHttp, type Http } from "../../../smoke/clients/http";
import type { ServerIdentity } from "../../../smoke/clients/socket";
import { Authority } from "../../authority";

let server: Server;
let http: Http;
let seen: (string | undefined)[];

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(`${request.headers.host}${request.url}`);
    response
      .writeHead(302, { location: "http://elsewhere.example.com/", "set-cookie": ["a=1", "b=2"] })
      .end("moved");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  http = createHttp({
    ssoUrl: "http://sso.invalid:8080/auth/realms/oidc",
    sso: { host: "127.0.0.1", port },
    gatewayUrl: "http://gateway.invalid",
    gateway: { host: "127.0.0.1", port: 1 },
  });
});

afterEach(async () => {
  await http.close();
  server.close();
});

it("connects to the published port and speaks the host's name, which is never resolved", async () => {
  await http.fetch("http://sso.invalid:8080/path?x=1");
  expect(seen).toEqual(["sso.invalid:8080/path?x=1"]);
});

it("does not follow redirects, and keeps each cookie", async () => {
  const response = await http.fetch("http://sso.invalid:8080/");
  expect(response.status).toBe(302);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(seen).toHaveLength(1);
});

it("takes the scheme's default port, also for WebSocket", async () => {
  await expect(http.fetch("http://gateway.invalid/")).rejects.toThrow("no answer from gateway.invalid:80");
  http
    .connect("ws://gateway.invalid/ws")
    .on("error", () => {})
    .destroy();
});

it.each(["http://localhost/", "http://sso.invalid:8081/", "https://gateway.invalid/"])(
  "refuses to be led to %s",
  async (url) => {
    await expect(http.fetch(url)).rejects.toThrow(
      "which is neither the SSO nor the gateway (sso.invalid:8080, gateway.invalid:80)",
    );
  },
);

describe("by https", () => {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-http-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const authority = new Authority(folder);
  const [, cert, key] = authority.certify("gateway.invalid").map(({ content }) => content);

  /** A client of a gateway at a port of this machine, with TLS of its own or a proxy's. */
  async function reach(server: Server, identity: ServerIdentity | undefined) {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const client = createHttp({
      ssoUrl: "https://sso.invalid/auth/realms/oidc",
      gatewayUrl: "https://gateway.invalid/mail",
      gateway: { host: "127.0.0.1", port, ...(identity && { tls: identity }) },
    });
    onTestFinished(() => client.close());
    return client;
  }
  const ownTls = () =>
    createHttpsServer({ cert, key }, ({ headers, url }, response) => {
      response.end(JSON.stringify({ host: headers.host, url, proto: headers["x-forwarded-proto"] }));
    });

  it("connects to the published port, and asks for the public name, which the certificate must have", async () => {
    const client = await reach(ownTls(), { name: "gateway.invalid", ca: authority.certificate });
    const answer = await client.fetch("https://gateway.invalid/mail/x");
    expect(await answer.json()).toEqual({ host: "gateway.invalid", url: "/mail/x" });
  });

  it.each([
    ["another name's", { name: "other.invalid", ca: authority.certificate }, /altnames/],
    ["of an authority that nobody trusts", { name: "gateway.invalid" }, /unable to verify|self-signed/],
  ])("refuses a certificate that is %s", async (_, identity, cause) => {
    const client = await reach(ownTls(), identity);
    await expect(client.fetch("https://gateway.invalid/mail/x")).rejects.toMatchObject({
      message: "no answer from gateway.invalid:443",
      cause: expect.objectContaining({ message: expect.stringMatching(cause) }),
    });
  });

  it("speaks as a proxy that has the TLS where the port has none", async () => {
    const told: unknown[] = [];
    const server = createServer(({ headers }, response) => {
      told.push(headers);
      response.end();
    });
    const client = await reach(server, undefined);
    await client.fetch("https://gateway.invalid/mail/x", { headers: { accept: "*/*" } });
    expect(told).toEqual([
      expect.objectContaining({
        ...{ host: "gateway.invalid", accept: "*/*", "x-forwarded-proto": "https" },
        ...{ "x-forwarded-host": "gateway.invalid", "x-forwarded-port": "443" },
      }),
    ]);
  });
});
