import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healthTest } from "../../../constructs/engine/health-test";
import { gatewayHealthCheck } from "../../../constructs/gateway/gateway-health";
import type {
  ForwardTarget,
  GatewayRoute,
  RouteAuthentication,
} from "../../../constructs/gateway/gateway-route";
import { configurationPath } from "../../../constructs/httpd/render-httpd";
import { ask, bearer } from "../../gateway/behaviour/http";
import { type GatewayLab, startGatewayLab } from "../../gateway/lab/gateway-lab";
import { type HttpdUnderTest, httpdBehaviour, startHttpd } from "../../gateway/lab/httpd";

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

const route = (
  id: string,
  path: string,
  authentication: RouteAuthentication,
  target: ForwardTarget,
): GatewayRoute => ({ id, path, methods: ["GET"], authentication, target });

let lab: GatewayLab;
beforeAll(async () => {
  lab = await startGatewayLab();
});
afterAll(() => lab?.close());

describe("httpd that keeps answers in Redis for 3 s", () => {
  let gateway: HttpdUnderTest;
  const session = async (token: string) =>
    (await ask(gateway.baseUrl, "/oidc/jmap/session", { headers: bearer(token) })).status;
  const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  beforeAll(async () => {
    gateway = await startHttpd(lab, "caching", 3, {
      more: (upstream) => [
        route("everything", "/*", "public", { upstream, upstreamPath: "/open/all/*" }),
        route("inner", "/app/inner/*", "oidc", { upstream, upstreamPath: "/open/inner/*" }),
        route("one", "/app/one", "oidc", { upstream, upstreamPath: "/open/one" }),
      ],
    });
  });

  it("lets the most specific of overlapping routes win", async () => {
    const { access } = await lab.client.login("mail");
    const reached = async (path: string, token?: string) => {
      const { status, text } = await ask(gateway.baseUrl, path, { headers: token ? bearer(token) : {} });
      return status === 200 ? (JSON.parse(text).url as string) : status;
    };
    expect(await reached("/")).toBe("/open/all/");
    expect(await reached("/a%2Fb/?c")).toBe("/open/all/a%2Fb/?c");
    expect(await reached("/app/one")).toBe(401);
    expect(await reached("/app/one", access)).toBe("/open/one");
    expect(await reached("/app/one/more")).toBe("/open/all/app/one/more");
    expect(await reached("/app/inner/x")).toBe(401);
    expect(await reached("/app/inner/x", access)).toBe("/open/inner/x");
    expect(await reached("/app/%69nner/x")).toBe(401);
    expect(await reached("/app/other")).toBe("/open/all/app/other");
    expect(await reached("/oidc/jmap/session")).toBe(401);
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

  beforeAll(async () => {
    gateway = await startHttpd(lab, "asking", 0, {
      more: (upstream) => [route("odd", "/open/*", "public", { upstream, requestHeaders: oddHeaders })],
    });
  });

  it("starts without a warning, as another user than root, and is healthy", async () => {
    expect(await lab.execute("asking", "apache2", "-t", "-f", configurationPath)).toBe("Syntax OK");
    expect(await lab.logs("asking")).not.toMatch(/:(?:warn|error|crit|alert|emerg)]/);
    expect(await lab.execute("asking", "id", "-u")).not.toBe("0");
    const [shell = "", ...options] = healthTest(
      gatewayHealthCheck(Number(new URL(gateway.baseUrl).port), gateway.routes),
    ).slice(1);
    await lab.execute("asking", shell, ...options);
  });

  it("writes no token to its log", async () => {
    const { access } = await lab.client.login("mail");
    await ask(gateway.baseUrl, `/oidc/jmap/session?access_token=${access}`, { headers: bearer(access) });
    await ask(gateway.baseUrl, "/oidc/jmap/session", { headers: bearer(`${access}x`) });
    const log = await lab.logs("asking");
    expect(log).toContain("oidc-session GET /oidc/jmap/session 200");
    expect(log).not.toContain(access.slice(0, 40));
  });

  it("sends header values as they were written", async () => {
    const { text } = await ask(gateway.baseUrl, "/open/x");
    const sent = new Map<string, string>(JSON.parse(text).headers);
    for (const [name, value] of Object.entries(oddHeaders)) expect(sent.get(name)).toBe(value);
  });

  httpdBehaviour(
    () => lab,
    () => gateway,
  );
});

describe("httpd to which Keycloak is an OpenID provider as any other", () => {
  let gateway: HttpdUnderTest;
  beforeAll(async () => {
    await lab.start("keycloak");
    gateway = await startHttpd(lab, "verifying", 0, { provider: "other" });
  });

  httpdBehaviour(
    () => lab,
    () => gateway,
  );
});
