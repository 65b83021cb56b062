import { Construct, RootConstruct } from "constructs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ApisixConfiguration } from "../../../constructs/apisix/objects/apisix-configuration";
import { ApisixGlobalRule } from "../../../constructs/apisix/objects/apisix-global-rule";
import { ApisixPluginConfig } from "../../../constructs/apisix/objects/apisix-plugin-config";
import { ApisixRoute } from "../../../constructs/apisix/objects/apisix-route";
import { ApisixService } from "../../../constructs/apisix/objects/apisix-service";
import { ApisixUpstream, type ApisixUpstreamProps } from "../../../constructs/apisix/objects/apisix-upstream";
import { redirect } from "../../../constructs/apisix/plugins/general/redirect";
import { prometheus } from "../../../constructs/apisix/plugins/observability/prometheus";
import { Plugin } from "../../../constructs/apisix/plugins/plugin/plugin";
import { limitCount } from "../../../constructs/apisix/plugins/traffic/limit-count";
import { limitReq } from "../../../constructs/apisix/plugins/traffic/limit-req";
import { requestId } from "../../../constructs/apisix/plugins/traffic/request-id";
import { proxyRewrite } from "../../../constructs/apisix/plugins/transformation/proxy-rewrite";
import { KitError } from "../../../kit/errors";
import { secret } from "../../template";
import { configuration, releases, route, told, upstream } from "../model";

const reveal = (value: { reveal(): string }) => value.reveal();
const read = (scope: ApisixConfiguration) => parse(scope.render(reveal), { version: "1.1" });

describe("ApisixConfiguration", () => {
  it("renders an empty file that APISIX reads", () => {
    expect(configuration().render(reveal)).toBe(
      "routes: []\nservices: []\nupstreams: []\nplugin_configs: []\nglobal_rules: []\n#END\n",
    );
  });

  it.each(releases)("renders the least for %s", (version) => {
    const scope = configuration(version);
    route(scope, "app");
    expect(read(scope)).toEqual({
      routes: [{ id: "app", uri: "/app", upstream_id: "james" }],
      services: [],
      upstreams: [
        { id: "james", type: "roundrobin", nodes: [{ host: "james.example.com", port: 80, weight: 1 }] },
      ],
      plugin_configs: [],
      global_rules: [],
    });
  });

  it.each(releases)("renders everything for %s", (version) => {
    const scope = configuration(version);
    const james = new ApisixUpstream(scope, "james", {
      objectId: "james.main",
      name: "James",
      description: "mail",
      labels: { team: "mail" },
      nodes: [{ host: "10.0.0.1", port: 80, weight: 0, priority: -1 }],
      type: "chash",
      hashOn: "header",
      key: "X-User",
      scheme: "http",
      timeout: { connectSeconds: 1, sendSeconds: 2.5, readSeconds: 3 },
      retries: 0,
      retryTimeoutSeconds: 5,
      passHost: "rewrite",
      upstreamHost: "james.example.com",
      keepalivePool: { size: 1, idleTimeoutSeconds: 2, requests: 3 },
      checks: { active: { http_path: "/healthcheck" } },
    });
    const service = new ApisixService(scope, "jmap", {
      upstream: james,
      hosts: ["mail.example.com"],
      enableWebSocket: true,
      plugins: [requestId()],
    });
    const pluginConfig = new ApisixPluginConfig(scope, "limits", {
      plugins: [limitReq({ rate: 1, burst: 2, key: "remote_addr" })],
    });
    new ApisixGlobalRule(scope, "metrics", { plugins: [prometheus()] });
    new ApisixRoute(new Construct(scope, "inner"), "app", {
      uris: ["/a", "/b/*"],
      methods: ["GET", "HEAD"],
      hosts: ["*.example.com"],
      remoteAddrs: ["10.0.0.0/8"],
      vars: [
        ["arg_a", "==", "1"],
        ["OR", ["arg_b", "!", "~~", "^x"], ["arg_c", "in", ["y", "z"]]],
      ],
      priority: -3,
      service,
      upstream: james,
      pluginConfig,
      enabled: false,
      enableWebSocket: false,
      timeout: { connectSeconds: 4, sendSeconds: 5, readSeconds: 6 },
      plugins: [
        proxyRewrite({ uri: "/x", headers: { set: { "X-Secret": secret("s3cret") } } }),
        requestId({ headerName: "X-Id", meta: { priority: 1, errorResponse: { message: "no" } } }),
      ],
      overrides: ["request-id"],
    });
    expect(read(scope)).toEqual({
      routes: [
        {
          id: "app",
          uris: ["/a", "/b/*"],
          methods: ["GET", "HEAD"],
          hosts: ["*.example.com"],
          remote_addrs: ["10.0.0.0/8"],
          vars: [
            ["arg_a", "==", "1"],
            ["OR", ["arg_b", "!", "~~", "^x"], ["arg_c", "in", ["y", "z"]]],
          ],
          priority: -3,
          status: 0,
          service_id: "jmap",
          upstream_id: "james.main",
          plugin_config_id: "limits",
          enable_websocket: false,
          timeout: { connect: 4, send: 5, read: 6 },
          plugins: {
            "proxy-rewrite": { uri: "/x", headers: { set: { "X-Secret": "s3cret" } } },
            "request-id": {
              header_name: "X-Id",
              _meta: { priority: 1, error_response: { message: "no" } },
            },
          },
        },
      ],
      services: [
        {
          id: "jmap",
          hosts: ["mail.example.com"],
          upstream_id: "james.main",
          enable_websocket: true,
          plugins: { "request-id": {} },
        },
      ],
      upstreams: [
        {
          id: "james.main",
          name: "James",
          desc: "mail",
          labels: { team: "mail" },
          type: "chash",
          hash_on: "header",
          key: "X-User",
          nodes: [{ host: "10.0.0.1", port: 80, weight: 0, priority: -1 }],
          scheme: "http",
          timeout: { connect: 1, send: 2.5, read: 3 },
          retries: 0,
          retry_timeout: 5,
          pass_host: "rewrite",
          upstream_host: "james.example.com",
          keepalive_pool: { size: 1, idle_timeout: 2, requests: 3 },
          checks: { active: { http_path: "/healthcheck" } },
        },
      ],
      plugin_configs: [{ id: "limits", plugins: { "limit-req": { rate: 1, burst: 2, key: "remote_addr" } } }],
      global_rules: [{ id: "metrics", plugins: { prometheus: {} } }],
    });
    expect(scope.pluginNames()).toEqual(["limit-req", "prometheus", "proxy-rewrite", "request-id"]);
  });

  it("writes a placeholder in place of each secret where it is told one", () => {
    const scope = configuration();
    route(scope, "app", { plugins: [proxyRewrite({ headers: { set: { "X-A": secret("s3cret") } } })] });
    const written = scope.render(({ name }) => `\${{KIT_${name.toUpperCase()}}}`);
    expect(written).toContain('X-A: "${{KIT_TEST}}"');
    expect(written).not.toContain("s3cret");
  });

  it("is a part of a larger tree, without what another configuration in it has", () => {
    const scope = configuration();
    const other = new ApisixConfiguration(scope, "other", { version: "3.18.0" });
    route(other, "app");
    expect(read(scope).routes).toEqual([]);
    expect(read(other).routes).toHaveLength(1);
  });

  it("tells all problems at once, with their construct paths, and no secret", () => {
    const scope = configuration();
    new ApisixRoute(scope, "a b", { uri: "app" });
    const plugins = [
      proxyRewrite({ headers: { set: { "X A": secret("s3\ncret") } } }),
      Plugin.custom("corz", {}),
    ];
    route(scope, "c", { plugins });
    expect(() => scope.render(reveal)).toThrow(KitError);
    expect(told(scope.problems())).toEqual([
      "apisix/a b.uri: not a path: no request matches it",
      "apisix/a b.upstream: no upstream, and no plugin that answers: every request would get 503",
      expect.stringMatching(/^apisix\/a b\.id: `id` must match/),
      "apisix/c.plugins.corz: unknown plugin: APISIX drops whatever has it",
      "apisix/c.plugins.proxy-rewrite.headers.set: not a header name (RFC 9110)",
      "apisix/c.plugins.proxy-rewrite.headers.set.X A: a header value with a control character",
    ]);
    expect(JSON.stringify(scope.problems())).not.toContain("cret");
  });

  it.each(["3.1.0", "2.15.3", "latest", ""])("refuses the release %j", (version) => {
    expect(told(configuration(version).problems())).toEqual([
      "apisix.version: not a release of APISIX that the kit knows",
    ]);
  });
});

describe("an object", () => {
  it("is refused outside of a configuration", () => {
    expect(() => new ApisixUpstream(new RootConstruct(), "james", { nodes: [] })).toThrow(
      /james: it is below no ApisixConfiguration/,
    );
  });

  it("has an id that is unique in its kind", () => {
    const scope = configuration();
    route(scope, "app");
    new ApisixRoute(new Construct(scope, "inner"), "app", { uri: "/b", upstream: upstream(scope) });
    new ApisixService(scope, "service", { objectId: "app" });
    expect(told(scope.problems())).toEqual([
      "apisix/inner/app.objectId: apisix/app has this id too: APISIX would keep only the last",
    ]);
  });

  it("belongs to the configuration that it is below", () => {
    const other = configuration();
    const scope = configuration();
    route(scope, "app", {
      upstream: upstream(other),
      service: new ApisixService(other, "service", {}),
      pluginConfig: new ApisixPluginConfig(other, "config", { plugins: [prometheus()] }),
    });
    new ApisixService(scope, "service", { upstream: upstream(other) });
    expect(told(scope.problems())).toEqual(
      ["app.service", "app.upstream", "app.pluginConfig", "service.upstream"].map(
        (field) => `apisix/${field}: it belongs to another ApisixConfiguration`,
      ),
    );
  });

  it("has a plugin once", () => {
    const scope = configuration();
    route(scope, "app", { plugins: [prometheus(), prometheus({ preferName: true })] });
    expect(told(scope.problems())).toEqual([
      "apisix/app.plugins.prometheus: the plugin is there twice: only one would be left",
    ]);
  });

  it.each(["x".repeat(65), "a/b", "ä"])("refuses the id %j", (objectId) => {
    const scope = configuration();
    route(scope, "app", { objectId });
    expect(told(scope.problems())).toEqual([expect.stringMatching(/^apisix\/app\.id: /)]);
  });

  it("is held against APISIX's schema", () => {
    const scope = configuration();
    route(scope, "app", { name: "", timeout: { connectSeconds: 0, sendSeconds: 1, readSeconds: 1 } });
    expect(told(scope.problems()).map((line) => line.split(": ")[0])).toEqual([
      "apisix/app.name",
      "apisix/app.timeout.connect",
    ]);
  });
});

describe("a text", () => {
  it.each([
    ["an environment variable", "a${{HOME}}", "APISIX replaces `${{…}}` by its environment"],
    ["half a pair", "a\ud83d", "the character U+D83D cannot be told to APISIX"],
    ["U+2028", "a\u2028", "the character U+2028 cannot be told to APISIX"],
  ])("with %s is refused", (_, text, what) => {
    const scope = configuration();
    route(scope, "app", { description: text });
    expect(told(scope.problems())).toEqual([`apisix/app.desc: ${what}`]);
  });

  it.each(["a${{HOME}}", "a\x01"])("that is a secret is refused like %j, without being shown", (text) => {
    const scope = configuration();
    route(scope, "app", { plugins: [Plugin.custom("echo", { body: secret(text) })] });
    expect(told(scope.problems())).toEqual([
      expect.stringMatching(/^apisix\/app\.plugins\.echo\.body: \[secret test\] /),
    ]);
    expect(JSON.stringify(scope.problems())).not.toContain(text);
  });
});

describe("ApisixUpstream", () => {
  it.each<[string, Partial<ApisixUpstreamProps>, string]>([
    ["no node", { nodes: [] }, "james.nodes: no node: every request would get 503"],
    ["port 0", { nodes: [{ host: "a", port: 0 }] }, "james.nodes.0.port: "],
    ["a scheme in a host", { nodes: [{ host: "http://a", port: 1 }] }, "james.nodes.0.host: "],
    [
      "rewrite without a host",
      { passHost: "rewrite" },
      'james.upstreamHost: upstreamHost and passHost "rewrite"',
    ],
    [
      "a host without rewrite",
      { upstreamHost: "a" },
      'james.upstreamHost: upstreamHost and passHost "rewrite"',
    ],
    ["chash without a key", { type: "chash" }, "james.key: chash needs a key"],
  ])("refuses %s", (_, change, problem) => {
    const scope = configuration();
    new ApisixUpstream(scope, "james", { nodes: [{ host: "a", port: 1 }], ...change });
    expect(told(scope.problems())).toEqual([expect.stringContaining(`apisix/${problem}`)]);
  });
});

describe("limit-count's groups", () => {
  it("have the same options wherever they are", () => {
    const scope = configuration();
    const limit = (count: number, name: string) =>
      route(scope, name, {
        plugins: [limitCount({ count, timeWindowSeconds: 60, group: "g", meta: { priority: count } })],
      });
    limit(1, "a");
    limit(1, "b");
    expect(scope.problems()).toEqual([]);
    limit(2, "c");
    expect(told(scope.problems())).toEqual([
      "apisix/c.plugins.limit-count.group: apisix/a has this group with other options: APISIX would drop one of them",
    ]);
  });
});

describe("ApisixGlobalRule", () => {
  it("is the only one with a plugin", () => {
    const scope = configuration();
    new ApisixGlobalRule(scope, "a", { plugins: [prometheus()] });
    new ApisixGlobalRule(scope, "b", { plugins: [prometheus(), redirect({ uri: "/x" })] });
    expect(told(scope.problems())).toEqual([
      "apisix/b.plugins.prometheus: apisix/a has this plugin for every request too",
    ]);
  });
});
