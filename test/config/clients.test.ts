import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { KitError } from "../../kit/errors";

function load(others: object[], settings: object = {}): void {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "test.yaml"), JSON.stringify({ clients: { others }, ...settings }));
  loadEnvironment("test", { directory, env: {} });
}

function problems(others: object[], settings: object = {}): string[] {
  try {
    load(others, settings);
    return [];
  } catch (error) {
    if (error instanceof KitError) return error.problems.map(({ where = "" }) => where.replace(/^\S+ /, ""));
    throw error;
  }
}

const client = (rest: object = {}) => ({
  name: "web",
  kind: "public",
  redirectUris: ["https://web.test/cb"],
  ...rest,
});

describe("clients.others", () => {
  it.each([
    "https://web.test/cb?x=1",
    "http://localhost:3000/callback",
    "http://127.0.0.1/",
    "org.example.mail:/callback",
    "org.example.mail://oauth2",
    "urn:ietf:wg:oauth:2.0:oob",
  ])("takes redirect URI %s", (uri) => {
    expect(problems([client({ redirectUris: [uri] })])).toEqual([]);
  });

  it.each([
    "*",
    "https://*.web.test/cb",
    "https://web.test/*",
    "https://web.test/cb#x",
    "https://user:password@web.test/cb",
    "/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///tmp/x",
    "about:blank",
    "ftp://web.test/cb",
    "wss://web.test/cb",
    "https://web.test\\cb",
    "https://web.test/c|b",
    "https://web.test/100%",
    "https:web.test",
    "org.example.mail:",
    "org.example.mail://user@oauth2",
  ])("refuses redirect URI %s, of every client", (uri) => {
    expect(problems([client({ redirectUris: [uri] })])).toEqual(["clients.others.0.redirectUris.0"]);
    const own = { oidc: { redirectUris: [uri] }, thunderbird: { redirectUris: [uri] } };
    expect(problems([], { clients: own })).toEqual([
      "clients.oidc.redirectUris.0",
      "clients.thunderbird.redirectUris.0",
    ]);
  });

  it("lets redirect URIs end in a wildcard below a path where that is allowed, and be no wilder", () => {
    const uris = (...redirectUris: string[]) => ({
      clients: { allowWildcards: true, oidc: { redirectUris } },
    });
    expect(problems([], uris("https://web.test/app/*", "http://localhost:3000/a/b/*"))).toEqual([]);
    const wild = [
      "*",
      "https://*",
      "https://web.test/*",
      "https://*.web.test/app/*",
      "https://web.test/app*",
    ];
    for (const uri of [...wild, "org.example.mail:/*", "https://web.test/app/?x=/*"]) {
      expect(problems([], uris(uri)), uri).toEqual(["clients.oidc.redirectUris.0"]);
    }
    expect(problems([], { clients: { oidc: { webOrigins: ["*"] }, allowWildcards: true } })).toEqual([
      "clients.oidc.webOrigins.0",
    ]);
  });

  it("tells what is wrong with a redirect URI in the words of the constructs", () => {
    expect(() => load([client({ redirectUris: ["ftp://web.test/cb"] })])).toThrow(
      /redirectUris\.0: a redirect URI that no browser goes to\. Got "ftp:.*Allowed: an absolute URI/,
    );
  });

  it.each(["https://web.test", "http://localhost:3000", "capacitor://localhost"])(
    "takes web origin %s",
    (origin) => {
      expect(problems([client({ webOrigins: [origin] })])).toEqual([]);
    },
  );

  it.each([
    "*",
    "+",
    "https://web.test/",
    "https://web.test/path",
    "https://WEB.test",
    "org.example:/",
    "wss://web.test",
    "file://web.test",
  ])("refuses web origin %s, of every client", (origin) => {
    expect(problems([client({ webOrigins: [origin] })])).toEqual(["clients.others.0.webOrigins.0"]);
    expect(problems([], { clients: { oidc: { webOrigins: [origin] } } })).toEqual([
      "clients.oidc.webOrigins.0",
    ]);
  });

  it.each(["oidc", "james", "james-thunderbird", "kit-smoke", "account", "realm-management"])(
    "refuses name %s, which is another's",
    (name) => {
      expect(problems([client({ name })])).toEqual(["clients.others.0.name"]);
    },
  );

  it("refuses two of one name, and names that would share a variable for their secrets", () => {
    expect(problems([client(), client()])).toEqual(["clients.others.1.name"]);
    for (const name of ["a--b", "a_b", "A", "-a", "a-", "ä", "1a"]) {
      expect(problems([client({ name })]), name).toEqual(["clients.others.0.name"]);
    }
  });

  it("knows the secret of a confidential client, and of no public one", () => {
    const settings = { secrets: { "client-web": "given" } };
    expect(problems([client({ kind: "confidential" })], settings)).toEqual([]);
    expect(problems([client()], settings)).toEqual(["secrets.client-web"]);
  });
});
