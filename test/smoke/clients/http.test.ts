import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHttp, type Http } from "../../../smoke/clients/http";

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
    connectHost: "127.0.0.1",
    ssoUrl: "http://sso.invalid:8080/auth/realms/oidc",
    gatewayUrl: "http://gateway.invalid",
    ports: { keycloak: port, gateway: 1 },
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
