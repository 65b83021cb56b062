import { describe, expect, it } from "vitest";
import { isWebFinger } from "../../../constructs/gateway/gateway-route";
import type { GatewayUnderTest } from "./behaviour";
import { mailUser } from "./echo-upstream";
import { basic, bearer, type Question } from "./http";
import { observer } from "./observer";

/** What every gateway of the kit answers to WebFinger (RFC 7033). */
export function webFingerBehaviour(underTest: () => GatewayUnderTest): void {
  const { observe } = observer(underTest);

  describe("WebFinger", () => {
    const rel = "http://openid.net/specs/connect/1.0/issuer";
    const known = () => {
      const found = underTest()
        .routes.map(({ target }) => target)
        .find(isWebFinger);
      if (!found) throw new Error("no route answers WebFinger");
      return found.webFinger;
    };
    /** Under both prefixes. */
    async function finger(query: string, question?: Question) {
      const answers = [];
      for (const prefix of ["", "/oidc"]) {
        const { answer, seen } = await observe(`${prefix}/.well-known/webfinger${query}`, question);
        expect(seen).toEqual([]);
        expect(answer.headers["access-control-allow-origin"]).toBe("*");
        answers.push(answer);
      }
      return answers;
    }

    it.each([
      ["acct:bob@localhost", "acct:bob@localhost"],
      ["acct%3Abob%40localhost", "acct:bob@localhost"],
      ["acct:nobody+at-all@LOCALHOST", "acct:nobody+at-all@LOCALHOST"],
      ["mailto:bob@localhost", "mailto:bob@localhost"],
      ["https%3A%2F%2Flocalhost%2Fbob%3Fa%26b", "https://localhost/bob?a&b"],
      ["acct:%22b%5Cb%22@localhost", 'acct:"b\\b"@localhost'],
      ["acct:j%C3%B6rg%F0%9F%98%80@localhost", "acct:jörg😀@localhost"],
      ["acct:%3C%2Fscript%3E@localhost", "acct:</script>@localhost"],
    ])("names the issuer for %s, to anybody", async (resource, subject) => {
      for (const headers of [{}, bearer("x"), basic(mailUser.address, mailUser.password)]) {
        for (const { status, headers: got, text } of await finger(`?resource=${resource}`, { headers })) {
          expect(status).toBe(200);
          expect(got["content-type"]).toBe("application/jrd+json");
          expect(JSON.parse(text)).toEqual({ subject, links: [{ rel, href: known().issuer }] });
        }
      }
    });

    it.each([
      "",
      "?",
      "?resource=",
      "?resource",
      `?rel=${rel}`,
      "?resource=acct:bob@localhost&resource=acct:bob@localhost",
      "?resource=bob@localhost",
      "?resource=acct:bob%@localhost",
      "?resource=acct:bob%0D%0AX-User:%20eve@localhost",
      "?resource=acct:bob%00@localhost",
      "?resource=acct:bob%FF@localhost",
    ])("is told 400 for %s (RFC 7033)", async (query) => {
      for (const { status, headers } of await finger(query)) {
        expect(status).toBe(400);
        expect(headers).not.toHaveProperty("x-user");
      }
    });

    it.each([
      "acct:bob@example.net",
      "acct:bob@sub.localhost",
      "acct:bob@localhost.example.net",
      "https://localhost@example.net/",
      "urn:x",
    ])("knows nothing of %s", async (resource) => {
      for (const { status } of await finger(`?resource=${encodeURIComponent(resource)}`))
        expect(status).toBe(404);
    });

    it.each([
      [`rel=${encodeURIComponent(rel)}`, 1],
      [`rel=a&rel=${rel}&rel=b`, 1],
      ["rel=a&rel=b", 0],
    ])("gives the links of %s", async (rels, count) => {
      for (const { status, text } of await finger(`?${rels}&resource=acct:bob@localhost`)) {
        expect([status, JSON.parse(text).links.length]).toEqual([200, count]);
      }
    });

    it("answers HEAD without a body", async () => {
      for (const answer of await finger("?resource=acct:bob@localhost", { method: "HEAD" })) {
        expect([answer.status, answer.text]).toEqual([200, ""]);
        expect(answer.headers["content-type"]).toBe("application/jrd+json");
      }
    });
  });
}
