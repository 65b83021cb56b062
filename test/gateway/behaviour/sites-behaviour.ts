import { beforeAll, describe, expect, it } from "vitest";
import type { GatewayRoute } from "../../../constructs/gateway/gateway-route";
import { mailRoutes } from "../../../constructs/gateway/mail-routes";
import { Secret } from "../../../constructs/workload/secret";
import type { GatewayLab } from "../lab/gateway-lab";
import { autoconfigOf } from "./autoconfig-behaviour";
import type { Tokens } from "./behaviour";
import { mailUser, partnerUser } from "./echo-upstream";
import { ask, basic, bearer, type Question } from "./http";
import { values } from "./observer";
import { resourceServer } from "./realm";

export const firstHost = "apisix.example.com";
export const partnerHost = "apisix.partner.example";
export const partnerRealm = "other";

/** A gateway for the people of realm `oidc`, of domain localhost, and on another host those of `other`. */
export interface SitesUnderTest {
  readonly baseUrl: string;
  /** By TLS the authority of its certificates. */
  readonly ca?: string;
  readonly lab: GatewayLab;
  /** Where a gateway that verifies tokens itself takes logout tokens. */
  readonly backchannel?: string;
}

/** Routes of a host of a gateway on `port`. */
export function hostRoutes(lab: GatewayLab, host: string, port: number): GatewayRoute[] {
  const [realm, domain] = host === firstHost ? ["oidc", "localhost"] : [partnerRealm, "partner.example"];
  return mailRoutes({
    publicUrl: `http://${host}:${port}`,
    upstream: lab.upstreamAddress,
    webFinger: { issuer: lab.realmNamed(realm).issuer, domains: [domain] },
    autoconfig: autoconfigOf(domain),
  });
}

/** How the tokens for a host are checked. */
export function hostOidc(lab: GatewayLab, host: string) {
  const [realm, domain] = host === firstHost ? ["oidc", "localhost"] : [partnerRealm, "partner.example"];
  return {
    ...lab.realmNamed(realm),
    clientId: resourceServer.clientId,
    clientSecret: new Secret("test", resourceServer.clientSecret),
    userDomains: [domain],
  };
}

const session = "/oidc/jmap/session";
const knownHosts = [firstHost, partnerHost];

/** What a gateway must do that serves several realms. Refused is 401 or 403, before the upstream. */
export function sitesBehaviour(underTest: () => SitesUnderTest): void {
  let gateway: SitesUnderTest;
  let bob: Tokens;
  let amy: Tokens;

  beforeAll(async () => {
    gateway = underTest();
    const { client } = gateway.lab;
    bob = await client.login("mail");
    amy = await client.login("mail", partnerRealm, partnerUser);
  });

  const at = async (host: string, path: string, { headers, ...question }: Question = {}) => {
    const { seen } = gateway.lab.upstream;
    const before = seen.length;
    const answer = await ask(
      gateway.baseUrl,
      path,
      { ...question, headers: { ...headers, host }, ofAnyHost: !knownHosts.includes(host) },
      gateway.ca,
    );
    return { ...answer, seen: seen.slice(before) };
  };
  const status = async (host: string, { access }: Tokens) =>
    (await at(host, session, { headers: bearer(access) })).status;
  const expectRefused = async (host: string, headers: Record<string, string>) => {
    const answer = await at(host, session, { headers });
    expect([401, 403]).toContain(answer.status);
    expect(answer.seen).toEqual([]);
  };

  describe("several realms", () => {
    it("each have a host, whose session object names it", async () => {
      for (const [host, tokens, { address }] of [
        [firstHost, bob, mailUser],
        [partnerHost, amy, partnerUser],
      ] as const) {
        const headers = {
          ...bearer(tokens.access),
          "x-jmap-prefix": "http://evil",
          "x-user": "eve@localhost",
        };
        const answer = await at(host, session, { headers });
        expect(answer.status).toBe(200);
        expect(values(answer.seen[0], "X-User")).toEqual([address]);
        expect(JSON.parse(answer.text).apiUrl).toMatch(new RegExp(`^https?://${host}:\\d+/oidc/jmap$`));
      }
    });

    it("take no token of one another", async () => {
      await expectRefused(partnerHost, bearer(bob.access));
      await expectRefused(firstHost, bearer(amy.access));
    });

    it("do not believe a realm that names a user of another's domain", async () => {
      const { client } = gateway.lab;
      const [one, other] = await Promise.all([
        client.login("mail", "oidc", partnerUser),
        client.login("mail", partnerRealm, mailUser),
      ]);
      await expectRefused(firstHost, bearer(one.access));
      await expectRefused(partnerHost, bearer(other.access));
    });

    it("pass on the passwords of their own people only", async () => {
      const own = [basic(mailUser.address, "secret"), basic(partnerUser.address, "secret")] as const;
      const sent = async (host: string, headers: Record<string, string>) => {
        const answer = await at(host, "/jmap/session", { headers });
        // The gateway refuses by itself, so that nothing reaches the upstream.
        return [answer.status, ...answer.seen.flatMap((seen) => values(seen, "Authorization"))];
      };
      expect(await sent(firstHost, own[0])).toEqual([200, own[0].authorization]);
      expect(await sent(partnerHost, own[1])).toEqual([200, own[1].authorization]);
      expect(await sent(firstHost, own[1])).toEqual([401]);
      expect(await sent(partnerHost, own[0])).toEqual([401]);
      for (const user of [
        "amy@partner.example@localhost",
        "amy",
        "amy@localhost.partner.example",
        "amy@evil\u0000@localhost",
        "amy@evil\n@localhost",
      ]) {
        expect(await sent(firstHost, basic(user, "secret")), user).toEqual([401]);
      }
      for (const encoded of [`${btoa("bob@localhost:x")}====x`, `=${btoa("bob@localhost:x")}`, "%%%"]) {
        expect(await sent(firstHost, { authorization: `Basic ${encoded}` }), encoded).toEqual([401]);
      }
      expect(await sent(firstHost, basic("BOB@LOCALHOST", "secret"))).toEqual([
        401,
        basic("BOB@LOCALHOST", "secret").authorization,
      ]);
    });

    it("are told apart by the host, in any spelling; others have nothing", async () => {
      const { port } = new URL(gateway.baseUrl);
      for (const host of [`${partnerHost}:${port}`, partnerHost.toUpperCase()]) {
        expect(await status(host, amy), host).toBe(200);
        expect(await status(host, bob), host).not.toBe(200);
      }
      for (const host of [
        "other.example",
        "localhost",
        "127.0.0.1",
        `x.${firstHost}`,
        "unknown-host.invalid",
      ]) {
        for (const path of [session, "/jmap/session", "/.well-known/webfinger?resource=acct:a@localhost"]) {
          const { status, seen } = await at(host, path, { headers: bearer(bob.access) });
          expect(status, `${host}${path}`).toBe(404);
          expect(seen).toEqual([]);
        }
      }
    });

    it("answer WebFinger for their own domain", async () => {
      const ask = async (host: string, user: string) =>
        at(host, `/.well-known/webfinger?resource=acct:${user}`).then(({ status, text }) =>
          status === 200 ? JSON.parse(text).links[0].href : status,
        );
      const issuers = ["oidc", partnerRealm].map((name) => gateway.lab.realmNamed(name).issuer);
      expect([
        await ask(firstHost, mailUser.address),
        await ask(partnerHost, partnerUser.address),
        await ask(firstHost, partnerUser.address),
        await ask(partnerHost, mailUser.address),
      ]).toEqual([...issuers, 404, 404]);
    });

    it("tell mail programs of their own domain", async () => {
      const ask = async (host: string) => {
        const { status, text } = await at(host, "/.well-known/autoconfig/mail/config-v1.1.xml");
        return status === 200 ? /<domain>(.*)<\/domain>/.exec(text)?.[1] : status;
      };
      expect([await ask(firstHost), await ask(partnerHost), await ask("other.example")]).toEqual([
        ...["localhost", "partner.example", 404],
      ]);
    });

    it("end sessions of their own only", async () => {
      const { lab, backchannel } = gateway;
      const [ended, left] = [await lab.client.login("mail", partnerRealm, partnerUser), bob];
      const token = await lab.client.logoutToken(lab.upstream, "mail", ended, partnerRealm);
      if (backchannel !== undefined) {
        const tell = async (host: string) => {
          const headers = { "content-type": "application/x-www-form-urlencoded" };
          const body = `logout_token=${token}`;
          return (await at(host, backchannel, { method: "POST", headers, body })).status;
        };
        expect(await tell(firstHost)).toBe(400);
        expect(await tell("other.example")).toBe(404);
        expect(await tell(partnerHost)).toBe(200);
      }
      expect(await status(partnerHost, ended)).toBe(401);
      expect(await status(firstHost, left)).toBe(200);
      expect(await status(partnerHost, amy)).toBe(200);
    });
  });
}
