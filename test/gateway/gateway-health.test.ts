import { describe, expect, it } from "vitest";
import { healthTest } from "../../constructs/engine/health-test";
import { gatewayHealthCheck } from "../../constructs/gateway/gateway-health";
import type { GatewayRoute } from "../../constructs/gateway/gateway-route";

const route: GatewayRoute = {
  id: "app",
  path: "/app/*",
  methods: ["GET"],
  authentication: "public",
  target: { upstream: { host: "app.example.com", port: 80 } },
};
const check = (...routes: GatewayRoute[]) => healthTest(gatewayHealthCheck(9080, routes)).join();

describe("gatewayHealthCheck", () => {
  it("expects a refusal where a token is needed", () => {
    const needed: GatewayRoute = { ...route, id: "session", path: "/session", authentication: "oidc" };
    expect(check(route, needed)).toMatch(/GET \/session .*401/);
  });

  it.each<[string, Partial<GatewayRoute>]>([
    ["none", {}],
    ["a prefix only", { authentication: "oidc" }],
    ["no GET", { authentication: "oidc", path: "/app", methods: ["POST"] }],
  ])("expects 404 of an unknown path when there is %s", (_, change) => {
    expect(check({ ...route, ...change })).toMatch(/GET \/kit-no-such-route .*404/);
  });
});
