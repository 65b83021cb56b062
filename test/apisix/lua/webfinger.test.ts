import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { character } from "../../character";
import { type LuaModules, loadLua } from "./lua";

const issuer = "https://sso.example.com/realms/oidc";
const rel = "http://openid.net/specs/connect/1.0/issuer";
const link = { rel, href: issuer };

let lua: LuaModules;
beforeAll(async () => {
  lua = await loadLua();
});

function answer(query: string | undefined, domains: string[] = ["example.com", "Mail.Example.org"]) {
  const [status, type, body] = lua.call("webfinger", "answer", query, issuer, domains);
  return { status, type, body: String(body) };
}

const subjects: [string, string, string][] = [
  ["an account", "acct:bob@example.com", "acct:bob@example.com"],
  ["an encoded one", "acct%3Abob%40example.com", "acct:bob@example.com"],
  ["a plus, which is no blank", "acct:bob+x@example.com", "acct:bob+x@example.com"],
  ["an encoded plus", "acct:bob%2Bx@example.com", "acct:bob+x@example.com"],
  ["a mail address", "mailto:bob@example.com", "mailto:bob@example.com"],
  ["another domain, in any case", "ACCT:bob@MAIL.example.ORG", "ACCT:bob@MAIL.example.ORG"],
  ["an at sign in the name", "acct:bob%40home@example.com", "acct:bob@home@example.com"],
  ["a page", "https%3A%2F%2Fexample.com%2Fbob%3Fa%3Db%23c", "https://example.com/bob?a=b#c"],
  ["a page's host alone", "http://example.com", "http://example.com"],
  ["a port", "https://example.com:8443/bob", "https://example.com:8443/bob"],
  ["user information", "https://bob@example.com/", "https://bob@example.com/"],
  ["quotes and a backslash", "acct:%22b%5C%22@example.com", 'acct:"b\\"@example.com'],
  ["letters beyond ASCII", "acct:j%C3%B6rg%F0%9F%98%80@example.com", "acct:jörg😀@example.com"],
  ["markup", "acct:%3Cscript%3E@example.com", "acct:<script>@example.com"],
  ["a percent sign of its own", "acct:100%2525@example.com", "acct:100%25@example.com"],
];

describe("webfinger", () => {
  it.each(subjects)("answers for %s", (_, resource, subject) => {
    const { status, type, body } = answer(`resource=${resource}`);
    expect([status, type]).toEqual([200, "application/jrd+json"]);
    expect(JSON.parse(body)).toEqual({ subject, links: [link] });
  });

  it.each([
    ["no query", undefined],
    ["an empty query", ""],
    ["no resource", `rel=${rel}`],
    ["an empty resource", "resource="],
    ["a resource without a value", "resource"],
    ["two resources", "resource=acct:a@example.com&resource=acct:b@example.com"],
    ["two, one encoded", "resource=acct:a@example.com&%72esource=acct:b@example.com"],
    ["an address without a scheme", "resource=bob@example.com"],
    ["a path", "resource=/bob"],
    ["a scheme alone", "resource=acct:"],
    ["half an escape", "resource=acct:bob%4@example.com"],
    ["no escape", "resource=acct:bob%zz@example.com"],
    ["half an escape beside", "resource=acct:bob@example.com&rel=%"],
    ["a line break", "resource=acct:bob%0D%0A@example.com"],
    ["a null", "resource=acct:bob%00@example.com"],
    ["a blank", "resource=acct:b%20b@example.com"],
    ["a byte that is no UTF-8", "resource=acct:b%FF@example.com"],
    ["an overlong sequence", "resource=acct:b%C0%AF@example.com"],
    ["another overlong one", "resource=acct:b%E0%80%AF@example.com"],
    ["a surrogate", "resource=acct:b%ED%A0%80@example.com"],
    ["a cut sequence", "resource=acct:b%E2%82@example.com"],
    ["beyond Unicode", "resource=acct:b%F4%90%80%80@example.com"],
  ])("is told 400 for %s", (_, query) => {
    expect(answer(query)).toMatchObject({ status: 400, type: "text/plain" });
  });

  it.each([
    ["of another domain", "acct:bob@example.net"],
    ["of a subdomain", "acct:bob@sub.example.com"],
    ["whose domain ends alike", "acct:bob@notexample.com"],
    ["whose domain starts alike", "acct:bob@example.com.evil.net"],
    ["that has a pattern for a domain", "acct:bob@.*"],
    ["without a user", "acct:@example.com"],
    ["without a domain", "acct:bob"],
    ["that is another's page", "https://evil.net/example.com"],
    ["that looks like ours", "https://example.com@evil.net/"],
    ["whose path is ours", "https://evil.net/@example.com"],
    ["with another scheme", "ftp://example.com/"],
    ["without slashes", "https:example.com"],
  ])("knows nothing of a resource %s", (_, resource) => {
    expect(answer(`resource=${resource}`)).toMatchObject({ status: 404, type: "text/plain" });
  });

  it("knows nothing without domains", () => {
    expect(answer("resource=acct:bob@example.com", []).status).toBe(404);
  });

  it("answers the same whoever it is", () => {
    const about = (user: string) => answer(`resource=acct:${user}@example.com`).body.replace(user, "");
    expect(about("nobody")).toBe(about("bob"));
  });

  const encoded = encodeURIComponent(rel);
  it.each<[string, string, object[]]>([
    ["the wanted relation", `rel=${encoded}`, [link]],
    ["it among others", `rel=a&rel=${encoded}&rel=b`, [link]],
    ["it before the resource", `&&rel=${rel}&`, [link]],
    ["others", "rel=a&rel=b", []],
    ["an empty one", "rel=", []],
    ["a longer one", `rel=${rel}s`, []],
  ])("gives the links of %s", (_, rels, links) => {
    for (const query of [`${rels}&resource=acct:b@example.com`, `resource=acct:b@example.com&${rels}`]) {
      const { status, body } = answer(query);
      expect([status, JSON.parse(body).links]).toEqual([200, links]);
    }
  });

  it("leaves other parameters alone", () => {
    expect(answer("x=y&resource=acct:b@example.com&resources=z&=&a").status).toBe(200);
  });

  it("escapes the issuer", () => {
    const odd = 'https://a/"\\\u0007\n\u007f';
    const [, , body] = lua.call("webfinger", "answer", "resource=acct:b@example.com", odd, ["example.com"]);
    expect(JSON.parse(String(body)).links[0].href).toBe(odd);
  });

  it("answers every text with its own subject, or 400", () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 30 }), (name) => {
        const subject = `acct:${name}@example.com`;
        const { status, body } = answer(`resource=${encodeURIComponent(subject)}`);
        const plain = [...name].every((char) => char > " " && char !== "\u007f");
        if (!plain) expect(status).toBe(400);
        else if (name === "") expect(status).toBe(404);
        else expect([status, JSON.parse(body).subject]).toEqual([200, subject]);
      }),
    );
  });

  it("never fails, and says JSON only when it is", () => {
    const bytes = fc.array(fc.constantFrom(...'%&=+:@/.acre0fFr\u0000"\\é ')).map((chars) => chars.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          bytes,
          bytes.map((text) => `resource=acct:${text}@example.com`),
        ),
        (query) => {
          const { status, type, body } = answer(query);
          expect([200, 400, 404]).toContain(status);
          if (status === 200) JSON.parse(body);
          else expect(type).toBe("text/plain");
        },
      ),
    );
  });
});
