import { describe, expect, it } from "vitest";
import type { ForwardTarget, GatewayRoute, WebFinger } from "../../constructs/gateway/gateway-route";
import { routeProblems } from "../../constructs/gateway/route-rules";
import { Secret } from "../../constructs/workload/secret";

const upstream = { host: "app.example.com", port: 8080 };
const good: GatewayRoute = {
  id: "app",
  path: "/app/*",
  methods: ["GET"],
  authentication: "public",
  target: { upstream, upstreamPath: "/*" },
};

const route = (change: Partial<GatewayRoute>): GatewayRoute => ({ ...good, ...change });
const forward = (change: Partial<ForwardTarget>, more: Partial<GatewayRoute> = {}): GatewayRoute =>
  route({ target: { upstream, upstreamPath: "/*", ...change }, ...more });
const finger = (change: Partial<WebFinger>, more: Partial<GatewayRoute> = {}): GatewayRoute =>
  route({
    path: "/webfinger",
    target: {
      webFinger: { issuer: "https://sso.example.com/realms/a", domains: ["example.com"], ...change },
    },
    ...more,
  });
const document = (mediaType: string, more: Partial<GatewayRoute> = {}) =>
  route({ path: "/config.xml", target: { document: { mediaType, text: "<a/>" } }, ...more });
const found = (...routes: GatewayRoute[]) => routeProblems(routes, "stack.gateway.routes");

describe("routeProblems", () => {
  it.each([
    ["a prefix", good],
    ["an exact path", route({ path: "/app", target: { upstream } })],
    ["everything", forward({}, { path: "/*" })],
    ["a redirect", route({ path: "/", target: { redirectTo: "/app/" } })],
    ["WebFinger", finger({ domains: ["localhost", "Example.com"] })],
    ["a document", document("application/jrd+json")],
    ["an address", forward({ upstream: { host: "10.0.0.1", port: 1 } })],
    ["headers", forward({ requestHeaders: { "X-A": 'b "c" \\ %41', "X-B": new Secret("x", "y") } })],
  ])("finds nothing in %s", (_, it) => {
    expect(found(it)).toEqual([]);
  });

  it("takes a path inside a prefix: the more specific one wins", () => {
    const inner = route({ id: "inner", path: "/app/login", target: { upstream } });
    expect(found(good, inner)).toEqual([]);
  });

  it.each<[string, GatewayRoute, string, RegExp]>([
    ["an id with capitals", route({ id: "App" }), "App.id", /not an id/],
    ["no leading slash", route({ path: "app/*" }), "app.path", /not a path/],
    ["a star inside", route({ path: "/a/*/b", target: { upstream } }), "app.path", /not a path/],
    ["a star beside a name", route({ path: "/a*", target: { upstream } }), "app.path", /not a path/],
    ["an escape", route({ path: "/a%2Fb/*" }), "app.path", /not a path/],
    ["a query", route({ path: "/a?b=c", target: { upstream } }), "app.path", /not a path/],
    ["a line break", route({ path: "/a\nb/*" }), "app.path", /not a path/],
    ["an empty segment", route({ path: "/a//b/*" }), "app.path", /empty path segment/],
    ["a dot segment", route({ path: "/a/../b/*" }), "app.path", /dot segment/],
    ["no method", route({ methods: [] }), "app.methods", /no method/],
    ["a method twice", route({ methods: ["GET", "GET"] }), "app.methods", /twice/],
    ["OPTIONS", route({ methods: ["OPTIONS" as "GET"] }), "app.methods", /answers OPTIONS itself/],
    [
      "an upstream with a scheme",
      forward({ upstream: { ...upstream, host: "http://a" } }),
      "app.upstream",
      /host/,
    ],
    ["an upstream with blanks", forward({ upstream: { ...upstream, host: "a b" } }), "app.upstream", /host/],
    ["port 0", forward({ upstream: { ...upstream, port: 0 } }), "app.upstream", /port/],
    ["a bad upstream path", forward({ upstreamPath: "/a b/*" }), "app.upstreamPath", /not a path/],
    ["a prefix to one path", forward({ upstreamPath: "/a" }), "app.upstreamPath", /is a prefix, .* is not/],
    ["a path to a prefix", forward({}, { path: "/app" }), "app.upstreamPath", /one path, .* is a prefix/],
    ["a WebSocket by POST", forward({ webSocket: true }, { methods: ["POST"] }), "app.webSocket", /GET/],
    ["no timeout at all", forward({ idleTimeoutSeconds: 0 }), "app.idleTimeoutSeconds", /timeout/],
    [
      "a header with a blank",
      forward({ requestHeaders: { "X A": "b" } }),
      "app.requestHeaders",
      /header name/,
    ],
    ["X-User", forward({ requestHeaders: { "x-user": "eve" } }), "app.requestHeaders", /itself sets/],
    [
      "Authorization",
      forward({ requestHeaders: { Authorization: "x" } }),
      "app.requestHeaders",
      /itself sets/,
    ],
    [
      "a value with a break",
      forward({ requestHeaders: { "X-A": "b\r\nX-User: c" } }),
      "app.requestHeaders",
      /X-A/,
    ],
    ["no value", forward({ requestHeaders: { "X-A": "" } }), "app.requestHeaders", /X-A/],
    [
      "a user secret without a user",
      forward({ requestHeaders: { "X-User-Secret": new Secret("x", "y") } }),
      "app.requestHeaders",
      /without a verified user/,
    ],
    [
      "a redirect with authentication",
      route({ path: "/", authentication: "oidc", target: { redirectTo: "/a" } }),
      "app.authentication",
      /anybody/,
    ],
    [
      "a redirect elsewhere",
      route({ path: "/", target: { redirectTo: "//evil" } }),
      "app.redirectTo",
      /empty/,
    ],
    [
      "a redirect to a prefix",
      route({ path: "/", target: { redirectTo: "/a/*" } }),
      "app.redirectTo",
      /one path/,
    ],
    ["WebFinger with a password", finger({}, { authentication: "basic" }), "app.authentication", /anybody/],
    ["WebFinger by POST", finger({}, { methods: ["GET", "POST"] }), "app.methods", /by GET/],
    ["WebFinger for a prefix", finger({}, { path: "/app/*" }), "app.path", /one path/],
    ["an issuer without a scheme", finger({ issuer: "sso.example.com" }), "app.webFinger", /issuer/],
    ["an issuer with a quote", finger({ issuer: 'https://a/"b' }), "app.webFinger", /issuer/],
    ["an issuer without a host", finger({ issuer: "https://:1" }), "app.webFinger", /issuer/],
    ["no domain", finger({ domains: [] }), "app.webFinger", /no domain/],
    ["a domain with a blank", finger({ domains: ["a b"] }), "app.webFinger", /not a domain/],
    ["a domain with a wildcard", finger({ domains: ["*.example.com"] }), "app.webFinger", /not a domain/],
    ["a document by POST", document("text/xml", { methods: ["POST"] }), "app.methods", /by GET/],
    ["a document for a prefix", document("text/xml", { path: "/app/*" }), "app.path", /one path/],
    [
      ...(["a document with a token", document("text/xml", { authentication: "oidc" })] as const),
      ...(["app.authentication", /anybody/] as const),
    ],
    ["a type with a parameter", document("text/xml; charset=x"), "app.document", /not a media type/],
    ["a type in two lines", document("text/xml\nX-A: b"), "app.document", /not a media type/],
  ])("finds %s, and says where", (_, wrong, place, what) => {
    const problems = found(wrong);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.where).toBe(`stack.gateway.routes.${place}`);
    expect(problems[0]?.what).toMatch(what);
  });

  it("finds one id on two routes, and names both paths", () => {
    expect(found(good, route({ path: "/other/*" })).map(({ what }) => what)).toEqual([
      "two routes have this id, for /app/* and /other/*",
    ]);
  });

  it("finds one path on two routes, also for other methods", () => {
    expect(found(good, route({ id: "second", methods: ["POST"] }))).toMatchObject([
      { where: "stack.gateway.routes.second.path", what: "route app has this path too", got: "/app/*" },
    ]);
  });

  it("finds everything at once", () => {
    const wrong = route({ id: "-", path: "x", methods: [], target: { upstream: { host: "", port: -1 } } });
    expect(found(wrong).map(({ where }) => where)).toEqual(
      ["id", "path", "methods", "upstream", "upstream"].map((field) => `stack.gateway.routes.-.${field}`),
    );
  });

  it("never shows a secret", () => {
    const wrong = forward({ requestHeaders: { "X-A": new Secret("token", "hush\n") } });
    expect(JSON.stringify(found(wrong))).not.toContain("hush");
  });
});
