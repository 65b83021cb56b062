import { beforeAll, describe, expect, it } from "vitest";
import type { Backchannel, GatewayUnderTest, Tokens } from "./behaviour";
import { mailUser } from "./echo-upstream";
import { claims, ofRealm, otherKey, symmetric, tampered, unsigned } from "./forged-tokens";
import { basic, bearer, type Question } from "./http";
import { observer } from "./observer";

const session = "/oidc/jmap/session";
const form = { "content-type": "application/x-www-form-urlencoded" };

/**
 * What a gateway must do that verifies tokens itself, keeps ended sessions in Redis, and is told of them by Keycloak
 * (OpenID Connect Back-Channel Logout 1.0). At its end Keycloak and Redis are away.
 */
export function backchannelBehaviour(underTest: () => GatewayUnderTest): void {
  const { to, observe } = observer(underTest);
  const backchannel = (): Backchannel => {
    const found = underTest().backchannel;
    if (!found) throw new Error("the gateway has no back channel");
    return found;
  };
  const post = (body?: string, question: Question = {}) =>
    to(backchannel().path, {
      method: "POST",
      headers: form,
      ...(body !== undefined && { body }),
      ...question,
    });
  const tell = (token: string) => post(`logout_token=${token}`);
  const status = async ({ access }: Tokens) => (await to(session, { headers: bearer(access) })).status;

  /** About tokens from before its first one, or from before Redis was back, and 5 s after, the gateway asks Keycloak. */
  const beSure = async () => {
    await status(await underTest().login());
    await new Promise((resolve) => setTimeout(resolve, 6000));
  };

  describe("back-channel logout", () => {
    let other: Tokens;
    /** A session that has ended at Keycloak, and the gateway is not told of. */
    let tokens: Tokens;
    let logoutToken: string;

    beforeAll(async () => {
      await beSure();
      other = await underTest().login();
      tokens = await underTest().login();
      logoutToken = await backchannel().logoutToken(tokens);
    });

    it.each<[string, () => string | Promise<string>]>([
      ["tampered", () => tampered(logoutToken)],
      ["cut short", () => logoutToken.slice(0, -4)],
      ["signed by another key", () => otherKey(logoutToken)],
      ["alg none", () => unsigned(logoutToken)],
      ["HS256 with the client's id", () => symmetric(logoutToken, "mail")],
      ["for a client that is not the gateway's", () => underTest().logoutToken()],
      ["an access token", () => tokens.access],
      ["an ID token", () => tokens.id],
      ["a refresh token", () => tokens.refresh],
      ["no token at all", () => "x"],
      ["empty", () => ""],
      ["two tokens", () => `${logoutToken}&logout_token=${logoutToken}`],
      // By a key of the realm's.
      ["without an expiry", () => ofRealm(logoutToken, { exp: undefined, jti: "1" })],
      ["good for years", () => ofRealm(logoutToken, { exp: 4_000_000_000, jti: "2" })],
      ["old", () => ofRealm(logoutToken, { iat: Number(claims(logoutToken).iat) - 300, jti: "3" })],
      ["without an id", () => ofRealm(logoutToken, { jti: undefined })],
      ["with extensions", () => ofRealm(logoutToken, { jti: "4" }, { crit: ["exp"] })],
    ])("refuses a logout token that is %s", async (_, token) => {
      const answer = await tell(await token());
      expect(answer.status).toBe(400);
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(JSON.parse(answer.text)).toMatchObject({ error: "invalid_request" });
      expect(await status(tokens)).toBe(200);
    });

    it.each<[string, () => Question, number[]]>([
      ["no body", () => ({}), [400]],
      ["another form", () => ({ body: "token=x" }), [400]],
      ["JSON", () => ({ body: JSON.stringify({ logout_token: logoutToken }) }), [400]],
      [
        "a body that is too large",
        () => ({ body: `logout_token=${logoutToken}&x=${"x".repeat(70_000)}` }),
        [400, 413],
      ],
      ["it in the query", () => ({ body: "" }), [400]],
    ])("refuses %s", async (what, question, allowed) => {
      const query = what === "it in the query" ? `?logout_token=${logoutToken}` : "";
      const answer = await to(`${backchannel().path}${query}`, {
        method: "POST",
        headers: form,
        ...question(),
      });
      expect(allowed).toContain(answer.status);
      expect(await status(tokens)).toBe(200);
    });

    it.each(["GET", "PUT", "DELETE", "OPTIONS"])("does not take %s", async (method) => {
      const answer = await post(`logout_token=${logoutToken}`, { method });
      expect([404, 405]).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
      expect(await status(tokens)).toBe(200);
    });

    it("takes a good one: the session's tokens are refused at once, others not", async () => {
      expect(await status(tokens)).toBe(200);
      const answer = await tell(logoutToken);
      expect([answer.status, answer.text]).toEqual([200, ""]);
      expect(answer.headers["cache-control"]).toBe("no-store");
      const { answer: refused, seen } = await observe(session, { headers: bearer(tokens.access) });
      expect(refused.status).toBe(401);
      expect(refused.headers["www-authenticate"]).toMatch(/^Bearer.*invalid_token/);
      expect(seen).toEqual([]);
      expect(await status(other)).toBe(200);
    });

    it("does not take it again", async () => {
      expect((await tell(logoutToken)).status).toBe(400);
      expect(await status(tokens)).toBe(401);
    });

    it("takes one by any key of the realm's", async () => {
      const { access } = await underTest().login();
      const { sid } = claims(access);
      expect((await to(session, { headers: bearer(access) })).status).toBe(200);
      expect((await tell(ofRealm(logoutToken, { jti: "5", sid }))).status).toBe(200);
      expect((await to(session, { headers: bearer(access) })).status).toBe(401);
    });
  });

  it("asks Keycloak about sessions of whose end it was told in vain, while Redis was away", async () => {
    const left = await underTest().login();
    const lost = await underTest().login();
    expect([await status(left), await status(lost)]).toEqual([200, 200]);
    const logoutToken = await backchannel().logoutToken(lost);
    await backchannel().stopRedis();
    expect((await tell(logoutToken)).status).toBe(503);
    expect(await status(lost)).toBe(503);
    await backchannel().startRedis();
    expect([await status(left), await status(lost)]).toEqual([200, 401]);
    // It goes on so, and of what comes later it is sure.
    expect(await status(lost)).toBe(401);
  });

  describe("Keycloak away, then Redis", () => {
    let fresh: Tokens;
    let ended: Tokens;
    let endedLater: Tokens;
    let logoutToken: string;

    beforeAll(async () => {
      const gateway = underTest();
      await beSure();
      fresh = await gateway.login();
      ended = await gateway.login();
      endedLater = await gateway.login();
      await gateway.logout(ended);
      logoutToken = await backchannel().logoutToken(endedLater);
      await gateway.stopKeycloak();
    });

    it("takes verified tokens without Keycloak, and refuses all others", async () => {
      expect(await status(fresh)).toBe(200);
      expect((await to(session, { headers: bearer(ofRealm(fresh.access)) })).status).toBe(200);
      const forgeries = [
        ...[tampered, otherKey, unsigned, (token: string) => symmetric(token, "james")],
        // By a key of the realm's.
        (token: string) => ofRealm(token, {}, { crit: ["exp"] }),
        (token: string) => ofRealm(token, { exp: Math.floor(Date.now() / 1000) - 1 }),
        (token: string) => ofRealm(token, { iss: underTest().publicUrl }),
        (token: string) => ofRealm(token, { aud: "other" }),
        (token: string) => ofRealm(token, { sid: undefined }),
      ];
      for (const forge of forgeries) {
        const { answer, seen } = await observe(session, { headers: bearer(forge(fresh.access)) });
        expect([401, 403]).toContain(answer.status);
        expect(seen).toEqual([]);
      }
      expect(await status(ended)).toBe(401);
    });

    it("hears of logouts without Keycloak", async () => {
      expect(await status(endedLater)).toBe(200);
      expect((await tell(logoutToken)).status).toBe(200);
      expect(await status(endedLater)).toBe(401);
    });

    it("takes no token without Redis, says so to Keycloak, and lets passwords through", async () => {
      await backchannel().stopRedis();
      for (const { access } of [fresh, ended]) {
        const { answer, seen } = await observe(session, { headers: bearer(access) });
        expect(answer.status).toBe(503);
        expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
        expect(seen).toEqual([]);
      }
      expect((await to(session, { headers: bearer(tampered(fresh.access)) })).status).toBe(401);
      expect((await tell(logoutToken)).status).toBe(503);
      const headers = basic(mailUser.address, mailUser.password);
      expect((await to("/jmap/session", { headers })).status).toBe(200);
    });

    it("takes no token that may have been told of in vain, while Keycloak is away", async () => {
      await backchannel().startRedis();
      for (const { access } of [fresh, ended, endedLater]) {
        const { answer, seen } = await observe(session, { headers: bearer(access) });
        expect(answer.status).toBe(503);
        expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
        expect(seen).toEqual([]);
      }
    });
  });
}
