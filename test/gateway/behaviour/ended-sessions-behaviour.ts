import { beforeAll, describe, expect, it, vi } from "vitest";
import { type GatewayLab, redisPassword } from "../lab/gateway-lab";
import type { Tokens } from "./behaviour";
import { claims } from "./forged-tokens";
import { type Answer, ask, bearer } from "./http";

/** Two gateways of one realm with one Redis. */
export interface GatewaysUnderTest {
  readonly lab: GatewayLab;
  readonly first: string;
  readonly second: string;
  /** Where they take logout tokens. */
  readonly backchannel: string;
  /** Ends the processes of the first that answer requests; others take their place. */
  killWorkers(): Promise<void>;
}

const session = "/oidc/jmap/session";

/** Longest time, in milliseconds, that a gateway may take to learn that it is cut off from Redis. */
const unnoticed = 5000;

/** What gateways must do that know ended sessions by a copy of Redis; at their end it is empty. */
export function endedSessionsBehaviour(underTest: () => GatewaysUnderTest): void {
  let gateways: GatewaysUnderTest;
  /** A session that goes on. */
  let left: Tokens;

  const answer = (gateway: string, { access }: Tokens): Promise<Answer> =>
    ask(gateway, session, { headers: bearer(access) });
  const status = async (gateway: string, tokens: Tokens) => (await answer(gateway, tokens)).status;
  /** By so many connections that every worker is asked. */
  const statuses = async (gateway: string, tokens: Tokens) => [
    ...new Set(await Promise.all(Array.from({ length: 40 }, () => status(gateway, tokens)))),
  ];
  const login = () => gateways.lab.client.login("mail");
  /** Ends a session at Keycloak; what `tell` then tells a gateway of. */
  const logoutToken = (tokens: Tokens) =>
    gateways.lab.client.logoutToken(gateways.lab.upstream, "mail", tokens);
  const tell = async (token: string, gateway = gateways.first) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = `logout_token=${token}`;
    return (await ask(gateway, gateways.backchannel, { method: "POST", headers, body })).status;
  };
  const redis = (...command: string[]) =>
    gateways.lab.execute("redis", "redis-cli", "--no-auth-warning", "-a", redisPassword, ...command);
  const questions = async () =>
    Number(/cmdstat_mget:calls=(\d+)/.exec(await redis("info", "commandstats"))?.[1] ?? 0);
  /** Until a gateway answers without a word to Redis. */
  const complete = (gateway: string) =>
    vi.waitFor(async () => {
      const before = await questions();
      expect(await statuses(gateway, left)).toEqual([200]);
      expect(await questions()).toBe(before);
    }, 60_000);

  beforeAll(async () => {
    gateways = underTest();
    const { first, second } = gateways;
    for (const gateway of [first, second]) await status(gateway, await login());
    // About what was issued until then, and 5 s after, they ask Keycloak.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    left = await login();
    for (const gateway of [first, second]) await complete(gateway);
  });

  describe("ended sessions", () => {
    it("are refused by every worker at once, and by the other gateway", async () => {
      const { first, second } = gateways;
      const ended = await login();
      const token = await logoutToken(ended);
      for (const gateway of [first, second]) expect(await statuses(gateway, ended)).toEqual([200]);
      expect(await tell(token)).toBe(200);
      expect(await statuses(first, ended)).toEqual([401]);
      await vi.waitFor(async () => expect(await status(second, ended)).toBe(401));
      expect(await statuses(second, ended)).toEqual([401]);
      expect(await tell(token, second)).toBe(400);
      for (const gateway of [first, second]) await complete(gateway);
    });

    it("are told in Redis for as long as a token lives", async () => {
      const ended = await login();
      expect(await tell(await logoutToken(ended))).toBe(200);
      const { sid, exp } = claims(ended.access);
      const keys = (await redis("--scan", "--pattern", `*${sid}`)).split("\n");
      const seconds = Number(await redis("ttl", keys[0] ?? ""));
      expect(keys).toHaveLength(1);
      expect(Date.now() / 1000 + seconds).toBeGreaterThan(Number(exp));
      expect(seconds).toBeLessThan(600);
    });

    it("are refused when gateways had lost their connection, and by new workers", async () => {
      const { first, second, killWorkers } = gateways;
      const ended = await login();
      const token = await logoutToken(ended);
      await redis("client", "kill", "type", "pubsub");
      expect(await tell(token)).toBe(200);
      await vi.waitFor(async () => expect(await status(second, ended)).toBe(401), unnoticed);
      await complete(second);
      expect(await statuses(second, ended)).toEqual([401]);
      await killWorkers();
      await vi.waitFor(async () => expect(await status(first, left)).toBe(200), 20_000);
      expect(await statuses(first, ended)).toEqual([401]);
      await complete(first);
      expect(await statuses(first, ended)).toEqual([401]);
    });

    it("are refused while Redis is silent, as is everybody, without a wait; told in vain, they are told later", async () => {
      const { first, second, lab } = gateways;
      const [ended, endedNow] = [await login(), await login()];
      expect(await tell(await logoutToken(ended))).toBe(200);
      const token = await logoutToken(endedNow);
      await lab.pause("redis");
      try {
        for (const gateway of [first, second]) {
          await vi.waitFor(async () => expect(await status(gateway, left)).toBe(503), unnoticed);
          for (const tokens of [left, ended]) {
            const { status, headers } = await answer(gateway, tokens);
            expect([status, headers["retry-after"]]).toEqual([503, expect.stringMatching(/^\d+$/)]);
            // One that waits for Redis does so for 1 s each time; a busy machine is slow now and then.
            await vi.waitFor(async () => {
              const asked = performance.now();
              await answer(gateway, tokens);
              expect(performance.now() - asked).toBeLessThan(900);
            }, 60_000);
          }
        }
        expect(await tell(token)).toBe(503);
      } finally {
        await lab.unpause("redis");
      }
      await vi.waitFor(async () => expect(await status(first, left)).toBe(200), unnoticed);
      expect(await statuses(first, ended)).toEqual([401]);
      expect(await statuses(first, endedNow)).toEqual([401]);
      await vi.waitFor(async () => expect(await status(second, endedNow)).toBe(401), unnoticed);
      expect(await statuses(second, ended)).toEqual([401]);
      for (const gateway of [first, second]) await complete(gateway);
      expect(await statuses(second, endedNow)).toEqual([401]);
    });

    it("are refused when there are more than a gateway has room for: it asks Redis", async () => {
      const { first, second } = gateways;
      const ended = await login();
      const token = await logoutToken(ended);
      const many = "for i = 1, 200000 do redis.call('setex', 'kit/' .. i, 600, 'true') end";
      await redis("eval", many, "0");
      await redis("client", "kill", "type", "pubsub");
      await vi.waitFor(async () => {
        const before = await questions();
        expect(await status(first, left)).toBe(200);
        expect(await questions()).toBe(before + 1);
      }, unnoticed);
      expect(await tell(token)).toBe(200);
      for (const gateway of [first, second]) {
        await vi.waitFor(async () => expect(await status(gateway, ended)).toBe(401), unnoticed);
        expect(await statuses(gateway, ended)).toEqual([401]);
        expect(await statuses(gateway, left)).toEqual([200]);
      }
      await redis("flushall");
    });
  });
}
