import { describe, expect, it } from "vitest";
import { ApisixPluginConfig } from "../../../constructs/apisix/objects/apisix-plugin-config";
import { ApisixRoute, type ApisixRouteProps } from "../../../constructs/apisix/objects/apisix-route";
import { ApisixService } from "../../../constructs/apisix/objects/apisix-service";
import { redirect } from "../../../constructs/apisix/plugins/general/redirect";
import { kitBearer } from "../../../constructs/apisix/plugins/kit/kit-bearer";
import { kitDocument } from "../../../constructs/apisix/plugins/kit/kit-document";
import { kitWebfinger } from "../../../constructs/apisix/plugins/kit/kit-webfinger";
import { Plugin } from "../../../constructs/apisix/plugins/plugin/plugin";
import { limitReq } from "../../../constructs/apisix/plugins/traffic/limit-req";
import { requestId } from "../../../constructs/apisix/plugins/traffic/request-id";
import { proxyRewrite } from "../../../constructs/apisix/plugins/transformation/proxy-rewrite";
import { configuration, kitPlugins, route, told, upstream } from "../model";

describe("ApisixRoute", () => {
  it.each<[string, ApisixRouteProps & { uri?: string }, RegExp]>([
    ["a path without a slash", { uri: "a" }, /app\.uri: not a path/],
    ["a query", { uri: "/a?b" }, /app\.uri: not a path/],
    ["a blank", { uri: "/a b" }, /app\.uri: not a path/],
    ["a star inside", { uri: "/a/*/b" }, /app\.uri: a `\*` inside a path/],
    ["a path and paths", { uri: "/a", uris: ["/b"] }, /app\.uri: both uri and uris/],
    ["no paths", { uris: [] }, /app\.uris: /],
    ["no method", { methods: [] }, /app\.methods: no method is every method/],
    ["a method twice", { methods: ["GET", "GET"] }, /app\.methods: /],
    ["half a priority", { priority: 0.5 }, /app\.priority: /],
    ["a host with a port and a path", { hosts: ["a.example.com/x"] }, /app\.hosts\.0: /],
    ["an address that is none", { remoteAddrs: ["10.0.0.0/33"] }, /app\.remote_addrs\.0: /],
    ["an operator that is none", { vars: [["a", "=" as "==", "b"]] }, /app\.vars\.0: not an operator/],
    ["a comparison that is none", { vars: ["a", "==", "b"] as never }, /app\.vars: a list of comparisons/],
    ["half a comparison", { vars: [["a", "=="] as never] }, /app\.vars\.0: not a comparison/],
    ["one alternative", { vars: ["OR", ["a", "==", "b"]] as never }, /app\.vars: OR needs two/],
    ["a bad expression", { vars: [["a", "~~", "("]] }, /app\.vars\.0: not a regular expression/],
  ])("refuses %s", (_, change, problem) => {
    const scope = configuration();
    route(scope, "app", change);
    expect(told(scope.problems()).join("\n")).toMatch(problem);
  });

  it("refuses no path at all", () => {
    const scope = configuration();
    new ApisixRoute(scope, "app", { upstream: upstream(scope) });
    expect(told(scope.problems())).toContain("apisix/app.uri: no path: nothing could use the route");
  });

  it("needs an upstream, or a plugin that answers", () => {
    const scope = configuration("3.18.0", [...kitPlugins, "own"]);
    const answering = new ApisixPluginConfig(scope, "answers", { plugins: [redirect({ uri: "/x" })] });
    const service = new ApisixService(scope, "forwards", { upstream: upstream(scope) });
    new ApisixRoute(scope, "service", { uri: "/1", service });
    new ApisixRoute(scope, "config", { uri: "/2", pluginConfig: answering });
    const webfinger = kitWebfinger({ issuer: "https://sso.example.com", domains: ["example.com"] });
    new ApisixRoute(scope, "webfinger", { uri: "/3", plugins: [webfinger] });
    const document = kitDocument({ mediaType: "text/xml", text: "<a/>" });
    new ApisixRoute(scope, "document", { uri: "/7", plugins: [document] });
    new ApisixRoute(scope, "own", { uri: "/4", plugins: [Plugin.custom("own", {})] });
    expect(told(scope.problems())).toEqual([]);

    const bearer = kitBearer({ issuer: "https://sso.example.com", audience: "james" });
    new ApisixRoute(scope, "bearer", { uri: "/5", plugins: [bearer] });
    new ApisixRoute(scope, "off", { uri: "/6", plugins: [redirect({ uri: "/x", meta: { disable: true } })] });
    expect(told(scope.problems())).toEqual(
      ["bearer", "off"].map(
        (id) => `apisix/${id}.upstream: no upstream, and no plugin that answers: every request would get 503`,
      ),
    );
  });

  it.each(["corz", "proxy_rewrite", "prometeus"])("tells which plugin may be meant by %s", (name) => {
    const scope = configuration();
    route(scope, "app", { plugins: [Plugin.custom(name, {})] });
    const [problem] = scope.problems();
    const meant = { corz: "cors", proxy_rewrite: "proxy-rewrite", prometeus: "prometheus" }[name];
    expect(problem).toMatchObject({ what: "unknown plugin: APISIX drops whatever has it", got: name });
    expect(problem?.allowed).toContain(meant);
  });

  it("knows the plugins of each release, and those that come beside", () => {
    const plugins = [
      Plugin.custom("loki-logger", { endpoint_addrs: ["http://loki:3100"] }),
      Plugin.custom("own", {}),
    ];
    const of = (version: string) => {
      const scope = configuration(version, ["own"]);
      route(scope, "app", { plugins });
      return told(scope.problems());
    };
    expect(of("3.18.0")).toEqual([]);
    expect(of("3.2.0")).toEqual([
      "apisix/app.plugins.loki-logger: unknown plugin: APISIX ignores it silently",
    ]);
  });
});

describe("a plugin that replaces another", () => {
  const limit = limitReq({ rate: 1, burst: 2, key: "remote_addr" });
  const build = (overrides?: readonly string[]) => {
    const scope = configuration();
    const service = new ApisixService(scope, "service", {
      upstream: upstream(scope),
      plugins: [proxyRewrite({ headers: { remove: ["X-User"] } }), limit],
    });
    const pluginConfig = new ApisixPluginConfig(scope, "config", { plugins: [limit, requestId()] });
    new ApisixRoute(scope, "app", {
      uri: "/app",
      service,
      pluginConfig,
      plugins: [proxyRewrite({ uri: "/x" })],
      ...(overrides && { overrides }),
    });
    return told(scope.problems());
  };

  it("is told of: route before plugin config before service", () => {
    expect(build()).toEqual([
      "apisix/app.plugins.proxy-rewrite: proxy-rewrite of apisix/app replaces that of apisix/service as a whole; nothing of it would be left",
      "apisix/app.plugins.limit-req: limit-req of apisix/config replaces that of apisix/service as a whole; nothing of it would be left",
    ]);
  });

  it("is fine where it is meant", () => {
    expect(build(["proxy-rewrite", "limit-req"])).toEqual([]);
  });

  it("cannot be meant where there is none", () => {
    expect(build(["proxy-rewrite", "limit-req", "request-id"])).toEqual([
      "apisix/app.overrides: nothing of that name is replaced",
    ]);
  });
});

describe("routes that could both take a request", () => {
  const pairs = (...changes: (ApisixRouteProps & { uri?: string })[]) => {
    const scope = configuration();
    changes.forEach((change, index) => {
      route(scope, `r${index}`, change.uris ? change : { uri: "/same", ...change });
    });
    return scope.problems().map(({ where, what }) => `${where} ${what}`.match(/r\d/g)?.join(" "));
  };
  const hosts = (...names: string[]) => ({ hosts: names });
  const vars = (value: string): ApisixRouteProps => ({ vars: [["arg_a", "==", value]] });

  it.each<[string, (ApisixRouteProps & { uri?: string })[]]>([
    ["the same path", [{}, {}]],
    ["a path of several", [{ uri: "/same" }, { uris: ["/x", "/same"] }]],
    ["the same prefix", [{ uri: "/a/*" }, { uri: "/a/*" }]],
    ["a method of both", [{ methods: ["GET", "POST"] }, { methods: ["POST", "PUT"] }]],
    ["a method and every method", [{ methods: ["GET"] }, {}]],
    ["a host of both", [hosts("a.example.com", "b.example.com"), hosts("B.example.com")]],
    ["a host and every host", [{}, hosts("a.example.com")]],
    ["a host and its wildcard", [hosts("a.b.example.com"), hosts("*.example.com")]],
    ["a wildcard and a wider one", [hosts("*.example.com"), hosts("*.b.example.com")]],
    ["a host for GET and every host for all", [{ ...hosts("a.example.com"), methods: ["GET"] }, {}]],
    ["a host for all and every host for GET", [hosts("a.example.com"), { methods: ["GET"] }]],
    ["vars and none", [vars("1"), {}]],
    ["none on a host and vars on every host", [hosts("a.example.com"), vars("1")]],
    ["the same vars", [vars("1"), vars("1")]],
    ["the same addresses", [{ remoteAddrs: ["10.0.0.1"] }, { remoteAddrs: ["10.0.0.1"] }]],
    ["the same priority", [{ priority: 1 }, { priority: 1 }]],
  ])("are told of: %s", (_, changes) => {
    expect(pairs(...changes)).toHaveLength(1);
    expect(pairs(...changes)[0]).toMatch(/^(?:r0 r1|r1 r0)$/);
  });

  it("takes a route's host from its service", () => {
    const scope = configuration();
    const [a, b] = ["a", "b"].map(
      (name) => new ApisixService(scope, name, { hosts: [`${name}.example.com`], upstream: upstream(scope) }),
    );
    if (!a || !b) throw new Error("no services");
    new ApisixRoute(scope, "r0", { uri: "/same", service: a });
    new ApisixRoute(scope, "r1", { uri: "/same", service: b });
    expect(scope.problems()).toEqual([]);
    new ApisixRoute(scope, "r2", { uri: "/same", service: b });
    expect(told(scope.problems())).toEqual([
      "apisix/r2.uri: apisix/r1 takes the same requests with the same priority",
    ]);
  });

  it.each<[string, (ApisixRouteProps & { uri?: string })[]]>([
    ["an exact path and a prefix: the longer wins", [{ uri: "/a/b" }, { uri: "/a/*" }]],
    ["methods", [{ methods: ["GET"] }, { methods: ["POST"] }]],
    ["hosts", [hosts("a.example.com"), hosts("b.example.com")]],
    ["a wildcard and its own name", [hosts("*.example.com"), hosts("example.com")]],
    ["vars", [vars("1"), vars("2")]],
    ["addresses", [{ remoteAddrs: ["10.0.0.1"] }, { remoteAddrs: ["10.0.0.2"] }]],
    ["priorities", [{ priority: 1 }, {}]],
    ["one that is off", [{ enabled: false }, {}]],
  ])("are told apart by %s", (_, changes) => {
    expect(pairs(...changes)).toEqual([]);
  });

  it("names one of many for each", () => {
    expect(pairs({}, {}, {})).toEqual(["r1 r0", "r2 r0"]);
  });
});
