import { beforeAll, describe, expect, it } from "vitest";
import type { GatewayUnderTest, Tokens } from "./behaviour";
import { mailUser } from "./echo-upstream";
import { type Answer, basic, bearer } from "./http";
import { observer, values } from "./observer";

/** What every gateway must tell browsers (constructs/gateway/security-headers.ts). */
export function securityHeadersBehaviour(underTest: () => GatewayUnderTest): void {
  const { to, observe } = observer(underTest);
  let tokens: Tokens;
  beforeAll(async () => {
    tokens = await underTest().login();
  });

  const path = (id: string) => underTest().routes.find((route) => route.id === id)?.path ?? "";
  /** By route: with a token, with a password. */
  const withToken = (id: string, below = "") =>
    to(path(id).replace("*", below), {
      headers: { ...bearer(tokens.access), "accept-encoding": "gzip, br" },
    });
  const withPassword = (id: string, below = "") =>
    to(path(id).replace("*", below), { headers: basic(mailUser.address, mailUser.password) });

  const policyOf = ({ headers }: Answer) => String(headers["content-security-policy"]).split(/;\s*/);

  describe("what browsers are told", () => {
    it("is of no answer that it may be a page, or be taken for something else", async () => {
      const answers = {
        "no route": await to("/"),
        "a session": await withToken("oidc-session"),
        "a session, by password": await withPassword("basic-session"),
        "an attachment": await withToken("oidc-download", "account/blob"),
        "an attachment, by password": await withPassword("basic-download", "account/blob"),
        "no token": await to(path("oidc-session")),
        "a bad token": await to(path("oidc-session"), { headers: bearer("x") }),
        "no password": await to(path("basic-session")),
        "a wrong password": await to(path("basic-session"), { headers: basic(mailUser.address, "wrong") }),
        discovery: await to(path("oidc-well-known-jmap")),
        WebFinger: await to(path("basic-webfinger")),
        "a document": await to(path("autoconfig")),
        "a preflight": await to(path("oidc-jmap"), { method: "OPTIONS" }),
        "a dot segment": await to(`${path("oidc-jmap")}/../x`),
        "another method": await to(path("oidc-jmap"), { method: "DELETE", headers: bearer(tokens.access) }),
      };
      for (const [what, answer] of Object.entries(answers)) {
        const { headers, rawHeaders } = answer;
        expect(headers["x-content-type-options"], what).toBe("nosniff");
        expect(headers["referrer-policy"], what).toBe("no-referrer");
        expect(headers["x-frame-options"], what).toBe("DENY");
        expect(policyOf(answer), what).toEqual(
          expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "sandbox"]),
        );
        const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
        for (const name of ["x-content-type-options", "x-frame-options", "content-security-policy"]) {
          expect(
            names.filter((other) => other === name),
            what,
          ).toHaveLength(1);
        }
      }
    });

    it("is to keep nothing that is a person's own, unless the upstream says how long", async () => {
      for (const answer of [await withToken("oidc-session"), await withPassword("basic-session")]) {
        expect(answer.headers["cache-control"]).toBe("no-store");
      }
      for (const answer of [
        await withToken("oidc-download", "account/cached"),
        await withPassword("basic-download", "account/cached"),
      ]) {
        expect(answer.headers["cache-control"]).toBe("private, max-age=31536000");
        expect(answer.headers["content-disposition"]).toBe('attachment; filename="a.html"');
      }
    });

    it("is not which programs answer", async () => {
      for (const { headers } of [
        await to("/"),
        await withToken("oidc-session"),
        await withPassword("basic-session"),
        await to(path("oidc-session")),
      ]) {
        expect(headers.server ?? "").not.toMatch(/\d|echo/);
        expect(headers).not.toHaveProperty("x-powered-by");
      }
    });

    it("never comes compressed: its length would tell of what is in it", async () => {
      for (const [id, authorization] of [
        ["oidc-session", bearer(tokens.access)],
        ["basic-session", basic(mailUser.address, mailUser.password)],
      ] as const) {
        const { answer, seen } = await observe(path(id), {
          headers: { ...authorization, "accept-encoding": "gzip, deflate, br" },
        });
        expect(answer.headers).not.toHaveProperty("content-encoding");
        expect(values(seen[0], "Accept-Encoding")).toEqual([]);
      }
    });
  });
}
