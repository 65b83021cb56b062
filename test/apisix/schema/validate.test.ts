import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ObjectName } from "../../../constructs/apisix/schema/facts";
import { hasSchema, knownPlugins, schemaProblems } from "../../../constructs/apisix/schema/validate";

const current = "3.18.0";

const told = (kind: ObjectName | { plugin: string }, value: unknown, version = current) =>
  schemaProblems(kind, value, version).map(({ path, message }) => `${path}: ${message}`);

const plugin = (name: string, value: unknown, version = current) => told({ plugin: name }, value, version);

describe("what APISIX accepts", () => {
  test.each([
    ["route", { id: 1, uri: "/x", service_id: 2, labels: { a: "b" }, create_time: 1, update_time: 1 }],
    [
      "route",
      { uris: ["/a", "/b/*"], plugins: {}, hosts: ["*.example.com"], remote_addrs: ["10.0.0.0/8", "::1"] },
    ],
    ["service", { id: "s", upstream: { nodes: { "a:80": 1 } } }],
    ["upstream", { id: "u", nodes: [{ host: "a", port: 80, weight: 1 }], type: "roundrobin" }],
    ["upstream", { id: "u", nodes: [] }],
    ["plugin_config", { id: "p", plugins: {} }],
    ["global_rule", { id: "g", plugins: {} }],
  ] as const)("%s %j", (kind, value) => {
    for (const version of ["3.2.2", current]) expect(told(kind, value, version)).toEqual([]);
  });

  test.each([
    ["limit-req", { rate: 1, burst: 0, key: "remote_addr" }],
    [
      "limit-req",
      { rate: 1, burst: 0, key: "remote_addr", _meta: { disable: true, priority: 1, filter: [] } },
    ],
    ["proxy-rewrite", { headers: { set: { "X-A": "b", "X-B": 1 }, remove: ["X-C"] } }],
    ["proxy-rewrite", { headers: { "X-A": "b" } }],
    ["response-rewrite", { headers: { set: { "X-A": "b" } } }],
    ["serverless-pre-function", { phase: "rewrite", functions: ["return function() end"] }],
    ["ip-restriction", { whitelist: ["10.0.0.0/8", "::1/128", "127.0.0.1"] }],
  ])("%s %j", (name, value) => {
    for (const version of ["3.2.2", current]) expect(plugin(name, value, version)).toEqual([]);
  });

  test("no options where a default counts as one", () => {
    expect(plugin("proxy-rewrite", {}, "3.2.2")).toEqual([]);
  });

  test("a reference to a value that is looked up later, since its schemas are of 3.18", () => {
    const config = { client_id: "a", discovery: "b", bearer_only: true, session: { secret: "$env://S" } };
    expect(plugin("openid-connect", config)).toEqual([]);
    expect(plugin("openid-connect", { ...config, client_secret: "c" }, "3.2.2")).not.toEqual([]);
    expect(plugin("limit-req", { rate: "$env://RATE", burst: 0, key: "a" })).toEqual([
      "rate: `rate` must be a number, got a text",
    ]);
  });

  test("whatever a plugin without a known schema is given", () => {
    expect(hasSchema("our-plugin", current)).toBe(false);
    expect(hasSchema("constructor", current)).toBe(false);
    expect(plugin("our-plugin", { a: 1 })).toEqual([]);
    expect(plugin("constructor", { a: 1 })).toEqual([]);
  });
});

describe("a sentence for each mistake", () => {
  test.each<[string, unknown, string[]]>([
    ["limit-req", { rate: 0, burst: 0, key: "a" }, ["rate: `rate` must be above 0, got 0"]],
    ["limit-req", { rate: 1, burst: -1, key: "a" }, ["burst: `burst` must be at least 0, got -1"]],
    ["limit-req", { rate: "1", burst: 0, key: "a" }, ["rate: `rate` must be a number, got a text"]],
    ["limit-req", { rate: null, burst: 0, key: "a" }, ["rate: `rate` must be a number, got nothing"]],
    ["limit-req", { rate: 1, burst: 0 }, ["key: `key` is missing"]],
    ["limit-req", { rate: 1, burst: 0, key: "a", policy: "redis" }, ["redis_host: `redis_host` is missing"]],
    [
      "limit-req",
      { rate: 1, burst: 0, key: "a", key_type: "x" },
      ["key_type: `key_type` must be one of var, var_combination"],
    ],
    [
      "limit-req",
      { rate: 1, burst: 0, key: "a", _meta: { disable: 1 } },
      ["_meta.disable: `disable` must be true or false, got 1"],
    ],
    [
      "api-breaker",
      { break_response_code: 600 },
      ["break_response_code: `break_response_code` must be at most 599, got 600"],
    ],
    [
      "proxy-rewrite",
      { headers: { set: { "X.A": true } } },
      ["headers.set.X.A: `A` must be a text, a number or a list, got true"],
    ],
    [
      "proxy-rewrite",
      { headers: { set: { a: "b" }, delete: ["c"] } },
      ["headers.delete: `delete` is no option here: there are `add`, `remove` and `set`"],
    ],
    ["proxy-rewrite", { headers: ["a"] }, ["headers: `headers` must be a map, got a list"]],
    ["proxy-rewrite", { regex_uri: ["a"] }, ["regex_uri: `regex_uri` must have 2 items or more"]],
    ["proxy-rewrite", { uri: "a" }, ["uri: `uri` must match ^\\/.*"]],
    ["redirect", {}, [": `uri`, `regex_uri` or `http_to_https` is missing"]],
    ["redirect", { uri: "/a", http_to_https: true }, [": `http_to_https` and `uri` exclude each other"]],
    [
      "response-rewrite",
      { body: "a", filters: [{ regex: "a", replace: "b" }] },
      [": `body` and `filters` exclude each other"],
    ],
    [
      "ip-restriction",
      { whitelist: ["a"] },
      [expect.stringContaining("whitelist.0: item 1 of `whitelist` must be IPv4, ")],
    ],
    [
      "openid-connect",
      { client_id: "a", discovery: "b", session: { secret: "short" } },
      ["session.secret: `secret` must have 16 characters or more"],
    ],
  ])("%s %j", (name, value, expected) => {
    expect(plugin(name, value)).toEqual(expected);
  });

  test.each<[ObjectName, unknown, string[]]>([
    [
      "route",
      { id: "a" },
      [
        ": `plugins`, `upstream`, `upstream_id`, `service_id` or `script` is missing",
        ": `uri` or `uris` is missing",
      ],
    ],
    ["route", { uri: "/a", uris: ["/b"], plugins: {} }, [": `uri` and `uris` exclude each other"]],
    [
      "route",
      { uri: "/a", plugins: {}, script: "return { a = 1 }" },
      [": `plugins` and `script` exclude each other"],
    ],
    [
      "route",
      { uri: "/a", plugins: {}, methods: ["GET", "GET"] },
      ["methods: `methods` must not hold the same item twice"],
    ],
    ["route", { uri: "/a", plugins: {}, id: "a b" }, ["id: `id` must match ^[a-zA-Z0-9-_.]+$"]],
    ["upstream", { id: "u", nodes: [{ host: "a" }] }, ["nodes.0.weight: `weight` is missing"]],
    ["plugin_config", { plugins: {} }, ["id: `id` is missing"]],
  ])("%s %j", (kind, value, expected) => {
    expect(told(kind, value)).toEqual(expected);
  });

  test("every mistake at once", () => {
    expect(plugin("limit-req", { rate: 0, burst: "1" }).length).toBe(3);
  });

  test("no text of the value is in one: it may be a secret", () => {
    const text = fc.constantFrom("t0p-secret", "/t0p-secret", "t0p-secret:");
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, text, fc.array(tie("any"), { maxLength: 3 }), tie("map")),
      map: fc.dictionary(
        fc.constantFrom(
          "headers",
          "set",
          "uri",
          "session",
          "secret",
          "client_id",
          "rate",
          "conf",
          "name",
          "filters",
        ),
        tie("any"),
      ),
    })).any;
    const names = fc.constantFrom(
      "proxy-rewrite",
      "openid-connect",
      "limit-req",
      "ext-plugin-pre-req",
      "response-rewrite",
    );
    fc.assert(
      fc.property(names, value, (name, config) => {
        expect(plugin(name, config).join("\n")).not.toContain("t0p-secret");
      }),
    );
  });
});

describe("releases", () => {
  test.each([
    ["3.2.0", "3.2.2"],
    ["3.2.1", "3.2.2"],
    ["3.3.0", "3.18.0"],
    ["3.20.1", "3.18.0"],
  ])("%s: the nearest one's schemas", (version, release) => {
    const unknownOption = { id: "a", uri: "/x", plugins: {}, bogus: 1 };
    expect(told("route", unknownOption, version)).toHaveLength(release === "3.2.2" ? 0 : 1);
  });

  test("names of plugins", () => {
    for (const version of ["3.2.2", current]) {
      expect(knownPlugins(version)).toEqual(
        expect.arrayContaining(["openid-connect", "skywalking", "public-api"]),
      );
    }
    expect(knownPlugins(current)).toContain("multi-auth");
    expect(knownPlugins("3.2.2")).not.toContain("multi-auth");
  });

  test("every schema compiles", () => {
    for (const version of ["3.2.2", current]) {
      for (const name of knownPlugins(version)) {
        if (hasSchema(name, version)) expect(() => plugin(name, {}, version), name).not.toThrow();
      }
    }
  });

  test("a value is left as it is", () => {
    const config = Object.freeze({ rate: 1, burst: 0, key: "a" });
    plugin("limit-req", config);
    expect(config).toEqual({ rate: 1, burst: 0, key: "a" });
  });
});
