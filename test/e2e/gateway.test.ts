import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../constructs/container/secret";
import type { GatewayRoute } from "../../constructs/gateway/gateway-route";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { defaultLimits } from "../../constructs/httpd/httpd-config";
import { renderHttpd } from "../../constructs/httpd/render-httpd";
import { type GatewayUnderTest, gatewayBehaviour } from "../gateway/behaviour";
import { freePort } from "../gateway/docker";
import { type GatewayLab, kitImage, oddRoute, redisPassword, startGatewayLab } from "../gateway/gateway-lab";
import { ask, bearer } from "../gateway/http";
import { resourceServer } from "../gateway/realm";

const secret = (value: string) => new Secret("test", value);

/** Values that httpd's syntax, its variables, formats or escapes could each change. */
const oddHeaders = Object.fromEntries(
  [
    'a "quoted" one',
    "back\\slash \\n \\\\ \\",
    "${PATH} $1 $0 ${",
    "%{HOSTNAME}e %t %% %",
    "<If true> # not a comment",
    "'; & | `id` ~ ! *",
    "trailing\\",
  ].map((value, index) => [`X-Odd-${index}`, value]),
);

let lab: GatewayLab;
beforeAll(async () => {
  lab = await startGatewayLab();
}, 150_000);
afterAll(() => lab?.close());

interface HttpdUnderTest {
  baseUrl: string;
  publicUrl: string;
  routes: GatewayRoute[];
}

async function startHttpd(name: string, introspectionIntervalSeconds: number): Promise<HttpdUnderTest> {
  const port = await freePort();
  const publicUrl = `http://apisix.example.com:${port}`;
  const mail = mailRoutes({ publicUrl, upstream: lab.upstreamAddress });
  const files = renderHttpd({
    port,
    host: "apisix.example.com",
    routes: [...mail, oddRoute(lab.upstreamAddress, oddHeaders)],
    oidc: {
      ...lab.realm,
      clientId: resourceServer.clientId,
      clientSecret: secret(resourceServer.clientSecret),
    },
    introspectionIntervalSeconds,
    redis: { host: "redis.example.com", port: 6379, password: secret(redisPassword) },
    cryptoPassphrase: secret(`passphrase "of" \\ the $\{PATH} %41 tests`),
    limits: defaultLimits,
  });
  await lab.startGateway(name, await kitImage("httpd"), port, files);
  return { baseUrl: `http://127.0.0.1:${port}`, publicUrl, routes: mail };
}

describe("httpd that keeps answers in Redis for 3 s", () => {
  let gateway: HttpdUnderTest;
  const session = async (token: string) =>
    (await ask(gateway.baseUrl, "/oidc/jmap/session", { headers: bearer(token) })).status;
  const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  beforeAll(async () => {
    gateway = await startHttpd("caching", 3);
  });

  it("takes a logged-out token while its answer is kept, and no longer", async () => {
    const tokens = await lab.client.login("mail");
    expect(await session(tokens.access)).toBe(200);
    await lab.client.logout(tokens, "mail");
    expect(await session(tokens.access)).toBe(200);
    await pause(4.1);
    expect(await session(tokens.access)).toBe(401);
  });

  it("refuses an expired token although its answer is kept", async () => {
    const { access } = await lab.client.login("short");
    expect(await session(access)).toBe(200);
    await pause(2.1);
    expect(await session(access)).toBe(401);
  });

  it("refuses a client's clock", async () => {
    const { access } = await lab.client.login("short");
    await pause(3.1);
    const headers = { ...bearer(access), "x-kit-now": "t=1000000000000000" };
    expect((await ask(gateway.baseUrl, "/oidc/jmap/session", { headers })).status).toBe(401);
  });

  it("asks Keycloak each time when Redis is away", async () => {
    const tokens = await lab.client.login("mail");
    expect(await session(tokens.access)).toBe(200);
    await lab.stop("redis");
    expect(await session(tokens.access)).toBe(200);
    await lab.client.logout(tokens, "mail");
    expect(await session(tokens.access)).toBe(401);
    expect(await session("x")).toBe(401);
  });
});

describe("httpd that asks at every request", () => {
  let gateway: HttpdUnderTest;
  let expired: Promise<string>;

  beforeAll(async () => {
    gateway = await startHttpd("asking", 0);
    expired = lab.client.login("short").then(async ({ access }) => {
      await new Promise((resolve) => setTimeout(resolve, 3200));
      return access;
    });
  });

  it("sends header values as they were written", async () => {
    const { text } = await ask(gateway.baseUrl, "/open/x");
    const sent = new Map<string, string>(JSON.parse(text).headers);
    for (const [name, value] of Object.entries(oddHeaders)) expect(sent.get(name)).toBe(value);
  });

  gatewayBehaviour(
    (): GatewayUnderTest => ({
      ...gateway,
      upstream: lab.upstream,
      revocationSeconds: 0,
      maxBodyBytes: defaultLimits.maxBodyBytes,
      login: () => lab.client.login("mail"),
      logout: (tokens) => lab.client.logout(tokens, "mail"),
      expired: () => expired,
      otherIssuer: async () => (await lab.client.login("mail", "other")).access,
      otherAudience: async () => (await lab.client.login("other")).access,
      logoutToken: () => lab.client.logoutToken(lab.upstream),
      stopKeycloak: () => lab.stop("keycloak"),
    }),
  );
});
