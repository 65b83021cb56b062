import { describe, expect, it } from "vitest";
import type { ForwardedHost } from "../../../constructs/gateway/forwarded-host";
import type { GatewayUnderTest } from "./behaviour";
import { ask, type Question } from "./http";
import { values } from "./observer";

/** A gateway that passes a host on to its upstream: the paths below /open, but for `/open/admin` and `/open/realms/master`. */
export type ForwardingUnderTest = Pick<GatewayUnderTest, "baseUrl" | "ca" | "upstream">;

export const forwardedHost: Omit<ForwardedHost, "upstream"> = {
  ...{ host: "login.example.org", origin: "https://login.example.org", path: "/sso", upstreamPath: "/open" },
  hidden: ["/sso/admin", "/sso/realms/master"],
};

/** What every gateway must do about a host that one upstream answers for. */
export function forwardedHostBehaviour(underTest: () => ForwardingUnderTest): void {
  const at = async (path: string, question: Question = {}) => {
    const { baseUrl, ca, upstream } = underTest();
    const before = upstream.seen.length;
    const url = new URL(baseUrl);
    url.hostname = forwardedHost.host;
    const answer = await ask(url.origin, path, question, ca);
    return { ...answer, seen: upstream.seen.slice(before) };
  };

  describe("a host that is passed on", () => {
    it("has its own cookies, authentication and CORS", async () => {
      const origin = "https://elsewhere.example";
      const headers = { origin, cookie: "session=1", authorization: "Bearer of-its-own" };
      const { status, headers: answered, seen } = await at("/sso/realms/oidc", { headers });
      expect(status).toBe(200);
      expect(values(seen[0], "Cookie")).toEqual(["session=1"]);
      expect(values(seen[0], "Authorization")).toEqual(["Bearer of-its-own"]);
      expect(values(seen[0], "Origin")).toEqual([origin]);
      expect(answered["set-cookie"]).toEqual(["a=b"]);
      expect(answered["access-control-allow-origin"]).toBe("*");
    });

    it("takes any method, OPTIONS too, and forms", async () => {
      const body = "username=bob&password=secret";
      const type = { "content-type": "application/x-www-form-urlencoded" };
      const posted = await at("/sso/login", { method: "POST", headers: type, body });
      expect([posted.status, posted.seen[0]?.bodyLength]).toEqual([200, body.length]);
      for (const method of ["OPTIONS", "PUT", "DELETE", "PATCH"]) {
        const { status, seen } = await at("/sso/x", { method });
        expect([status, seen.map((entry) => entry.method)]).toEqual([200, [method]]);
      }
    });

    it("is told where it is, by the gateway only", async () => {
      const headers = {
        ...{ "x-forwarded-for": "192.0.2.1", "x-forwarded-host": "evil.example", "x-forwarded-port": "1" },
        ...{ "x-forwarded-proto": "gopher", "x-forwarded-prefix": "/evil", forwarded: "for=192.0.2.1" },
        ...{ "x-user": "eve@localhost", "x-user-secret": "x", "x-real-ip": "192.0.2.1" },
      };
      const { seen } = await at("/sso/x", { headers });
      const told = (name: string) => values(seen[0], name);
      expect(told("X-Forwarded-Proto")).toEqual(["https"]);
      expect(told("X-Forwarded-Host")).toEqual([forwardedHost.host]);
      expect(told("X-Forwarded-Port")).toEqual(["443"]);
      expect(told("X-Forwarded-For")).toEqual([expect.stringMatching(/^(?!192\.0\.2\.)[0-9.]+$/)]);
      for (const name of ["Forwarded", "X-Forwarded-Prefix", "X-User", "X-User-Secret"]) {
        expect(told(name), name).toEqual([]);
      }
    });

    it.each(["/", "//", "/x", "/a%2Fb//c/%25?d=%2F&e=../", "/;a=b/r%C3%A9?x", "/.../x"])(
      "gets paths byte for byte: %s",
      async (rest) => {
        const { status, seen } = await at(`/sso${rest}`);
        expect([status, seen.map(({ url }) => url)]).toEqual([200, [`/open${rest}`]]);
      },
    );

    it.each([
      ...["/", "/ssox", "/other", "/open/x", "/%73so/x", "/oidc/jmap/session", "/jmap/session"],
      ...["/sso/../jmap/session", "/sso/%2e%2e/jmap", "/sso/..%2fjmap", "/sso/..;/jmap"],
    ])("gets no others: %s", async (path) => {
      const { status, seen } = await at(path);
      expect([400, 404]).toContain(status);
      expect(seen).toEqual([]);
    });

    it.each([
      ...["/sso/admin", "/sso/admin/", "/sso/admin/x", "/sso/admin?x", "/sso/admin;x=y", "/sso/admin;x/y"],
      ...["/sso/%61dmin", "/sso/adm%69n/x", "/sso//admin", "/sso/;a/admin", "/sso;a/admin", "/sso/%2fadmin"],
      ...[
        "/sso%2fadmin",
        "/sso/admin%2fx",
        "/sso/%5cadmin",
        "/sso/./admin",
        "/sso/x/../admin",
        "//sso/admin",
      ],
      ...[
        "/sso/realms/master",
        "/sso/realms/%6Daster/protocol",
        "/sso/realms//master",
        "/sso/realms;a/master",
      ],
      ...["/sso/realms%2Fmaster", "/sso/admin%00", "/sso/admin/%00x"],
    ])("hides what it shall: %s", async (path) => {
      const { status, seen } = await at(path);
      expect([400, 404]).toContain(status);
      expect(seen).toEqual([]);
    });

    it.each(["/sso/adminx", "/sso/xadmin", "/sso/realms/masters", "/sso/realms/oidc/admin", "/sso/x?/admin"])(
      "hides nothing else: %s",
      async (path) => {
        expect((await at(path)).status).toBe(200);
      },
    );

    it("says itself where its pages may be framed", async () => {
      const { headers } = await at("/sso/x");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers).not.toHaveProperty("x-frame-options");
      expect(headers).not.toHaveProperty("content-security-policy");
      expect((await at("/other")).headers["x-frame-options"]).toBe("DENY");
    });
  });
}
