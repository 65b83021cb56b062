import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { defaultApisixLimits } from "../../constructs/apisix/apisix-gateway-props";
import { checkApisixYaml } from "../../constructs/apisix/check/check";
import { backchannelLogoutPath } from "../../constructs/apisix/revocation";
import type { GatewayRoute } from "../../constructs/gateway/gateway-route";
import { mailRoutes } from "../../constructs/gateway/mail-routes";
import { Secret } from "../../constructs/workload/secret";
import { type Fault, faults, faultyFile } from "../apisix/check/faults";
import { freePort } from "../engine";
import { apisixFiles, findApisix, type RunningApisix, startApisix } from "../gateway/apisix";
import {
  type GatewayUnderTest,
  gatewayBehaviour,
  type TokenCheck,
  type Tokens,
  webOrigins,
} from "../gateway/behaviour";
import { endedSessionsBehaviour } from "../gateway/ended-sessions-behaviour";
import { brokenBy } from "../gateway/faulty-apisix";
import { type GatewayLab, redisPassword, startGatewayLab } from "../gateway/gateway-lab";
import { ask, bearer } from "../gateway/http";
import { resourceServer } from "../gateway/realm";

const source = findApisix();
const missing = "missing" in source ? source.missing : undefined;
const userSecret = `secret "of" \\ the $uri \${PATH} tests`;
const secret = (value: string) => new Secret("test", value);

interface Started {
  readonly running: RunningApisix;
  readonly baseUrl: string;
  readonly publicUrl: string;
  readonly routes: GatewayRoute[];
}

if (missing) it("APISIX", ({ skip }) => skip(missing));
describe.each<TokenCheck>(missing ? [] : ["redis", "introspection"])(
  "APISIX with revocation %s",
  (revocation) => {
    let lab: GatewayLab;
    let gateway: Started;
    /** Another one with the same Redis. */
    let second: Started | undefined;
    let expired: Promise<string>;

    const logoutToken = (tokens: Tokens) => lab.client.logoutToken(lab.upstream, "mail", tokens);
    /** Keycloak's word reaches the gateway by way of the test: an APISIX beside the engine listens on 127.0.0.1 only. */
    const logout = async (tokens: Tokens) => {
      const body = new URLSearchParams({ logout_token: await logoutToken(tokens) });
      const { status } = await fetch(`${gateway.baseUrl}${backchannelLogoutPath}`, { method: "POST", body });
      expect(status).toBe(200);
    };

    const start = async (apisix: Exclude<typeof source, { missing: string }>, name: string) => {
      const port = freePort();
      const publicUrl = `http://apisix.example.com:${port}`;
      const routes = mailRoutes({
        publicUrl,
        upstream: lab.upstreamAddress,
        webFinger: { issuer: lab.realm.issuer, domains: ["localhost"] },
        userSecret: secret(userSecret),
      });
      const files = apisixFiles({
        version: apisix.version,
        port,
        routes,
        revocation,
        webOrigins,
        redis: { host: "redis.example.com", port: 6379, password: secret(redisPassword) },
        oidc: {
          ...lab.realm,
          clientId: resourceServer.clientId,
          clientSecret: secret(resourceServer.clientSecret),
          logoutClients: ["mail", "short"],
          rememberLogoutSeconds: 300,
        },
        // The tests ask from one address, and have the upstream fail.
        limits: { ...defaultApisixLimits, requestsPerSecond: 100_000, burst: 100_000 },
      });
      const running = await startApisix(apisix, lab, { name, port, files });
      return { running, baseUrl: `http://127.0.0.1:${port}`, publicUrl, routes };
    };

    beforeAll(async () => {
      if ("missing" in source) return;
      lab = await startGatewayLab("apisix");
      gateway = await start(source, `apisix-${revocation}`);
      if (revocation === "redis") second = await start(source, "apisix-second");
      expired = lab.client.login("short").then(async ({ access }) => {
        await new Promise((resolve) => setTimeout(resolve, 3200));
        return access;
      });
    });
    afterAll(async () => {
      await Promise.all([gateway?.running.stop(), second?.running.stop()]);
      await lab?.close();
    });

    it("starts without an error", async () => {
      expect(await gateway.running.logs()).not.toMatch(/\[(?:error|crit|alert|emerg)\]/);
    });

    it("writes no token to its log", async () => {
      const { access } = await lab.client.login("mail");
      await ask(gateway.baseUrl, `/oidc/jmap/session?access_token=${access}`, { headers: bearer(access) });
      await ask(gateway.baseUrl, "/oidc/jmap/session", { headers: bearer(`${access}x`) });
      // It is written every 3 s.
      await vi.waitFor(
        async () => expect(await gateway.running.logs()).toContain("GET /oidc/jmap/session 200"),
        60_000,
      );
      const log = await gateway.running.logs();
      expect(log).not.toContain(access.slice(0, 40));
    });

    if (revocation === "redis") {
      endedSessionsBehaviour(() => ({
        lab,
        first: gateway.baseUrl,
        second: second?.baseUrl ?? "",
        backchannel: backchannelLogoutPath,
        killWorkers: () => gateway.running.killWorkers(),
      }));
    }

    it.runIf(revocation === "redis")(
      "bears what `gateway check` calls no error, and nothing else",
      async () => {
        if ("missing" in source) return;
        const broken = await brokenBy(source, lab, faults);
        const names = (some: readonly Fault[]) => some.map(({ name }) => name);
        expect(names(faults.filter((fault) => broken.has(fault)))).toEqual(
          names(
            faults.filter((fault) =>
              checkApisixYaml(faultyFile(fault)).some(({ severity }) => severity === "error"),
            ),
          ),
        );
      },
    );

    gatewayBehaviour(
      (): GatewayUnderTest => ({
        ...gateway,
        upstream: lab.upstream,
        userSecret,
        namesSubprotocol: true,
        revocationSeconds: 0,
        maxBodyBytes: defaultApisixLimits.maxBodyBytes,
        login: () => lab.client.login("mail"),
        loginAs: (address) => lab.client.loginAs(address),
        logout: revocation === "redis" ? logout : (tokens) => lab.client.logout(tokens, "mail"),
        expired: () => expired,
        otherIssuer: async () => (await lab.client.login("mail", "other")).access,
        otherAudience: async () => (await lab.client.login("other")).access,
        logoutToken: () => lab.client.logoutToken(lab.upstream),
        stopKeycloak: () => lab.stop("keycloak"),
        ...(revocation === "redis" && {
          backchannel: {
            path: backchannelLogoutPath,
            logoutToken,
            stopRedis: () => lab.stop("redis"),
            startRedis: () => lab.start("redis"),
          },
        }),
      }),
      revocation,
    );
  },
);
