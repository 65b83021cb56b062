import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ApisixGatewayProps } from "../../../constructs/apisix/apisix-gateway-props";
import { checkApisixYaml } from "../../../constructs/apisix/check/check";
import { backchannelLogoutPath } from "../../../constructs/apisix/revocation";
import type { IRedis } from "../../../constructs/redis/redis-server";
import { Secret } from "../../../constructs/workload/secret";
import { type Fault, faults, faultyFile } from "../../apisix/check/faults";
import type { TokenCheck } from "../../gateway/behaviour/behaviour";
import { endedSessionsBehaviour } from "../../gateway/behaviour/ended-sessions-behaviour";
import { ask, bearer } from "../../gateway/behaviour/http";
import { findApisix } from "../../gateway/lab/apisix";
import { brokenBy } from "../../gateway/lab/faulty-apisix";
import { type GatewayLab, redisUser, startGatewayLab } from "../../gateway/lab/gateway-lab";
import { apisixBehaviour, type MailApisix, startMailApisix } from "../../gateway/lab/mail-apisix";

const source = findApisix();
const missing = "missing" in source ? source.missing : undefined;
const secret = (value: string) => new Secret("test", value);

if (missing) it("APISIX", ({ skip }) => skip(missing));
describe.each<TokenCheck>(missing ? [] : ["redis", "introspection"])(
  "APISIX with revocation %s",
  (revocation) => {
    let lab: GatewayLab;
    let gateway: MailApisix;
    /** Another one with the same Redis, by TLS and as a user of its ACL. */
    let second: MailApisix | undefined;

    const start = (
      apisix: Exclude<typeof source, { missing: string }>,
      name: string,
      change: Partial<ApisixGatewayProps> = {},
    ) => startMailApisix(apisix, lab, { name, change: { revocation, ...change } });

    const byTls = (change: Partial<IRedis> = {}): IRedis => ({
      ...{ host: "redis.example.com", port: 6380, tls: true, ca: lab.redisCa },
      ...{ user: redisUser.name, password: secret(redisUser.password), ...change },
    });

    beforeAll(async () => {
      if ("missing" in source) return;
      lab = await startGatewayLab("apisix");
      gateway = await start(source, `apisix-${revocation}`);
      if (revocation === "redis") second = await start(source, "apisix-second", { redis: byTls() });
    });
    afterAll(async () => {
      await Promise.all([gateway?.running.stop(), second?.running.stop()]);
      await lab?.close();
    });

    it("starts without an error", async () => {
      expect(await gateway.running.logs()).not.toMatch(/\[(?:error|crit|alert|emerg)\]/);
    });

    it.runIf(revocation === "redis")(
      "takes no token where Redis shows another authority's certificate, or another host's",
      async () => {
        if ("missing" in source) return;
        const { access } = await lab.client.login("mail");
        for (const change of [{ ca: lab.otherCa }, { host: "unnamed-redis.example.com" }]) {
          const { running, baseUrl } = await start(source, "apisix-deceived", { redis: byTls(change) });
          try {
            const { status } = await ask(baseUrl, "/oidc/jmap/session", { headers: bearer(access) });
            expect(status).toBe(503);
            await vi.waitFor(async () => expect(await running.logs()).toMatch(/certificate/), 20_000);
          } finally {
            await running.stop();
          }
        }
      },
    );

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

    apisixBehaviour(
      () => lab,
      () => gateway,
      revocation,
    );
  },
);
