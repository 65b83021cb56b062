import { describe, expect, test } from "vitest";
import { checkApisixYaml } from "../../../constructs/apisix/check/check";
import { broken, fixture, good, told } from "./told";

describe("a file without a fault", () => {
  test.each(["3.2.2", "3.9.0", "3.18.0"])("APISIX %s: no finding", (version) => {
    expect(checkApisixYaml(good, { version })).toEqual([]);
  });

  test("an empty configuration has none either", () => {
    expect(checkApisixYaml("routes: []\n#END\n")).toEqual([]);
  });

  test("identity is no matter where nobody uses it", () => {
    const text = "routes:\n  - id: a\n    uri: /*\n    upstream:\n      nodes:\n        a:80: 1\n#END\n";
    expect(told(text)).toEqual([]);
  });
});

describe("the mistakes of a gateway that grew by copying", () => {
  const leaky = fixture("leaky.yaml");

  test("3.2: every one is found, with its line, and nothing else", () => {
    const found = checkApisixYaml(leaky, { version: "3.2.2" });
    const errors = found.filter(({ severity }) => severity === "error");
    expect(errors.map(({ where, line, what }) => [line, where, what])).toEqual([
      [
        25,
        "routes[1](finger).plugins.headers",
        expect.stringContaining("`headers` is an option of proxy-rewrite"),
      ],
      [
        28,
        "routes[2](ecosystem)",
        "an X-User that a client sends reaches james, through the route ecosystem",
      ],
      [
        36,
        "routes[2](ecosystem).plugins.headers",
        expect.stringContaining("`headers` is an option of proxy-rewrite"),
      ],
      [
        50,
        "routes[3](well-known).plugins.response-rewrite.headers.set.X-User-Secret",
        "response-rewrite tells clients a secret, in the header X-User-Secret",
      ],
      [
        84,
        "plugin_configs[0](java).plugins.ext-plugin-pre-req._meta.filter",
        "an X-User that a client sends reaches james together with the gateway's X-User-Secret on OPTIONS, through the route api",
      ],
    ]);
    expect(found.filter(({ severity }) => severity === "warning").map(({ line }) => line)).toEqual([
      3, 16, 23, 28, 55, 62, 63, 89,
    ]);
  });

  test("what follows of a plugin that there is not is told by release", () => {
    const whys = (version: string) =>
      checkApisixYaml(leaky, { version })
        .filter(({ where }) => where.endsWith("(finger).plugins.headers"))
        .map(({ why }) => why);
    expect(whys("3.2.2")).toEqual(["APISIX ignores it silently: the header X-User-Secret is never set"]);
    expect(whys("3.18.0")).toEqual([expect.stringContaining("APISIX drops the whole route")]);
  });

  test("no secret of the file is shown", () => {
    expect(JSON.stringify(checkApisixYaml(leaky))).not.toContain("not so secret");
  });
});

const lost = "APISIX drops the whole";

describe("one thing at a time", () => {
  test.each<[string, string, string, string, string]>([
    [
      "an unknown key",
      "routes:\n",
      "rutes: []\nroutes:\n",
      "error rutes: unknown key `rutes`",
      "never looks at it",
    ],
    [
      "a schema",
      "rate: 100",
      "rate: 0",
      "error plugin_configs[0](limits).plugins.limit-req.rate: `rate` must be above 0, got 0",
      lost,
    ],
    [
      "a plugin that is a text",
      "    plugin_config_id: limits\n  - id: logout",
      "    plugins:\n      cors: all\n  - id: logout",
      "error routes[1](basic-session).plugins.cors: a plugin's configuration must be a map",
      lost,
    ],
    [
      "an object's schema",
      "type: roundrobin",
      "type: robin\n    retries: -1",
      "error upstreams[0](james).retries: `retries` must be at least 0, got -1",
      lost,
    ],
    [
      "the same id",
      "id: basic-session",
      "id: session",
      "error routes[1](session).id: routes[0](session) has the same id",
      "only the last",
    ],
    [
      "a service that there is not",
      "service_id: bearer",
      "service_id: bear\n    upstream_id: james",
      "error routes[0](session).service_id: there is no service `bear`",
      "get 404",
    ],
    [
      "an upstream that there is not",
      "upstream_id: james\n    plugin_config_id",
      "upstream_id: jams\n    plugin_config_id",
      "error routes[1](basic-session).upstream_id: there is no upstream `jams`",
      "502 or 503",
    ],
    [
      "a plugin config that there is not",
      "plugin_config_id: limits",
      "plugin_config_id: limit",
      "error routes[0](session).plugin_config_id: there is no plugin config `limit`",
      "get 503",
    ],
    [
      "no upstream",
      "    upstream_id: james\n    plugin_config_id",
      "    plugins: {}\n    plugin_config_id",
      "error routes[1](basic-session): it has no upstream, its service has none, and no plugin answers",
      "503",
    ],
    [
      "no node",
      '    nodes:\n      "james:80": 1',
      "    nodes: {}",
      "error upstreams[0](james).nodes: it has no node",
      "503",
    ],
    [
      "two routes for the same requests",
      "uri: /jmap/session\n    methods",
      "uri: /oidc/jmap/session\n    methods",
      "error routes[1](basic-session).uri: routes[0](session) takes the same requests for /oidc/jmap/session with the same priority",
      "does not say which",
    ],
    [
      "an unknown plugin",
      "limit-req:\n",
      "limit-rec:\n",
      "error plugin_configs[0](limits).plugins.limit-rec: there is no plugin `limit-rec` in APISIX 3.18.0",
      lost,
    ],
    [
      "an environment variable told to clients",
      "      kit-backchannel-logout:",
      "      response-rewrite:\n        headers:\n          set:\n            X-Where: ${{BASE}}\n      kit-backchannel-logout:",
      "warning routes[2](logout).plugins.response-rewrite.headers.set.X-Where: the environment variable BASE is told to clients, in the header X-Where",
      "every client has it",
    ],
    [
      "a secret in an answer's body",
      "      kit-backchannel-logout:",
      '      response-rewrite:\n        body: "${{CLIENT_SECRET}}"\n      kit-backchannel-logout:',
      "error routes[2](logout).plugins.response-rewrite.body: the environment variable CLIENT_SECRET is part of the body that clients get",
      "every client has it",
    ],
    [
      "a password in clear",
      "password: ${{REDIS_PASSWORD}}",
      "password: abc",
      "warning routes[2](logout).plugins.kit-backchannel-logout.redis.password: a secret in clear",
      "history",
    ],
    [
      "the gateway's secret in clear",
      "X-User-Secret: ${{GATEWAY_SECRET}}",
      "X-User-Secret: abc",
      "warning routes[0](session).plugins.proxy-rewrite.headers.set.X-User-Secret: a secret in clear",
      "history",
    ],
    [
      "an identity header of a client",
      "            - X-JMAP-PREFIX\n",
      "",
      "warning routes[1](basic-session): X-JMAP-PREFIX of a client reaches james, through the route basic-session",
      "the gateway's own",
    ],
    [
      "audience",
      '      kit-bearer:\n        issuer: "https://sso.example.com/realms/mail"\n        audience: mail\n',
      "",
      "warning services[0](bearer).plugins.openid-connect: nothing checks `aud` of a token, on the route session",
      "another client",
    ],
    [
      "introspection without a limit",
      "use_jwks: true",
      "scope: openid",
      "warning services[0](bearer).plugins.openid-connect: answers of the token introspection are kept until the token expires",
      "has ended",
    ],
    [
      "requests without a token",
      "use_jwks: true",
      "use_jwks: true\n        unauth_action: pass",
      "warning services[0](bearer).plugins.openid-connect.unauth_action: requests without a token are let through",
      "as they are",
    ],
    [
      "an unchecked certificate",
      "ssl_verify: true",
      "ssl_verify: false",
      "warning services[0](bearer).plugins.openid-connect.ssl_verify: the identity provider's certificate is not checked",
      "keys of his own",
    ],
    [
      "keys over http",
      'client_secret: ${{CLIENT_SECRET}}\n        discovery: "https:',
      'client_secret: ${{CLIENT_SECRET}}\n        discovery: "http:',
      "warning services[0](bearer).plugins.openid-connect.discovery: the identity provider's keys are fetched over http",
      "keys of his own",
    ],
    [
      "logout tokens that nobody verifies",
      "kit-backchannel-logout:",
      "mocking:",
      "warning routes[2](logout): nothing checks the signature of a logout token here",
      "ends that user's session",
    ],
    [
      "an internal address",
      "uri: /add-revoked-token",
      "uri: /apisix/prometheus/metrics",
      "warning routes[2](logout): an internal address of APISIX is open to everybody",
      "metrics",
    ],
  ])("%s", (_, from, to, expected, why) => {
    const findings = checkApisixYaml(broken(from, to));
    const found = findings.find(({ severity, where, what }) => `${severity} ${where}: ${what}` === expected);
    expect(found, told(broken(from, to)).join("\n")).toBeDefined();
    expect(found?.why).toContain(why);
    expect(found?.line).toBeGreaterThan(0);
  });

  test("bearer_only left out", () => {
    expect(
      told(
        broken("        bearer_only: true\n", "        session:\n          secret: ${{SESSION_SECRET}}\n"),
      ),
    ).toContain("warning services[0](bearer).plugins.openid-connect: bearer_only is not set");
  });

  test("3.2 does not check the issuer either", () => {
    const text = good.replace(/ {6}kit-bearer:\n( {8}.*\n)+/, "");
    expect(told(text, { version: "3.2.2" })).toContain(
      "warning services[0](bearer).plugins.openid-connect: nothing checks `iss` and `aud` of a token, on the route session",
    );
  });

  test("a plugin of the user's own is no unknown one when it is named", () => {
    const text = broken("limit-req:\n", "our-plugin:\n");
    expect(told(text)).toHaveLength(1);
    expect(told(text, { plugins: new Set(["our-plugin"]) })).toEqual([]);
  });

  test("a value that comes from the environment is not measured", () => {
    expect(told(broken("rate: 100", "rate: ${{RATE}}"))).toEqual([]);
  });
});

describe("routes that could take the same requests", () => {
  const two = (one: string, other: string) =>
    told(
      `routes:\n  - {id: a, uri: /a, upstream_id: u, ${one}}\n  - {id: b, uri: /a, upstream_id: u, ${other}}\nupstreams:\n  - {id: u, nodes: {"a:80": 1}}\n#END\n`,
    ).length;

  test.each([
    ["methods: [GET]", "methods: [POST]", 0],
    ["methods: [GET]", "methods: [GET, POST]", 1],
    ["methods: [GET]", "desc: every", 1],
    ["host: a.com", "host: b.com", 0],
    ["host: a.com", "host: A.com", 1],
    ["hosts: [a.com, b.com]", "host: b.com", 1],
    ["host: a.com", "host: '*.com'", 0],
    ["host: a.com", "desc: every", 0],
    ["priority: 1", "priority: 2", 0],
    ["vars: [[arg_a, ==, a]]", "vars: [[arg_a, ==, b]]", 0],
    ["vars: [[arg_a, ==, a]]", "vars: [[arg_a, ==, a]]", 1],
    ["status: 0", "desc: live", 0],
  ])("%s and %s: %i", (one, other, findings) => {
    expect(two(one, other)).toBe(findings);
  });

  test("3.2 does not look for the host first", () => {
    const overlap = `routes:\n  - id: a\n    uri: /a\n    upstream_id: u\n    host: a.com\n  - id: b\n    uri: /a\n    upstream_id: u\n    host: "*.com"\nupstreams:\n  - id: u\n    nodes:\n      "a:80": 1\n#END\n`;
    expect(told(overlap)).toEqual([]);
    expect(told(overlap, { version: "3.2.2" })).toHaveLength(1);
  });
});

test("2,000 routes with the same headers are one finding, told in a line", () => {
  const routes = Array.from(
    { length: 2_000 },
    (_, index) => `  - {id: r${index}, uri: /x/${index}, upstream_id: u}`,
  );
  const text = `routes:\n${routes.join("\n")}\nupstreams:\n  - {id: u, nodes: {"a:80": 1}}\nglobal_rules:\n  - {id: g, plugins: {proxy-rewrite: {headers: {remove: [X-User]}}}}\n#END\n`;
  const found = told(text);
  expect(found).toHaveLength(1);
  expect(found[0]?.length).toBeLessThan(400);
});

describe("options that there are not, where nothing refuses them", () => {
  const withPlugin = (plugin: string) =>
    told(
      `routes:\n  - {id: a, uri: /a, upstream_id: u, plugins: {${plugin}}}\nupstreams:\n  - {id: u, nodes: {'a:80': 1}}\n#END\n`,
    );

  test.each([
    [
      "cors: {allow_credentials: true}",
      ".cors.allow_credentials: `allow_credentials` is no option here: `allow_credential` may be meant",
    ],
    [
      "cors: {disable: true}",
      ".cors.disable: `disable` is no option here: `_meta: {disable: …}` may be meant",
    ],
    ["http-logger: {uri: 'http://a', methd: POST}", ".http-logger.methd: `methd` is no option here"],
    [
      "traffic-split: {rules: [{wieghted_upstreams: []}]}",
      ".traffic-split.rules[0].wieghted_upstreams: `wieghted_upstreams` is no option here: `weighted_upstreams` may be meant",
    ],
  ])("%s", (plugin, finding) => {
    expect(withPlugin(plugin)).toEqual([`warning routes[0](a).plugins${finding}`]);
  });

  test("a mistyped option of openid-connect; what only its library knows is none", () => {
    const found = withPlugin(
      "openid-connect: {client_id: a, discovery: 'https://a', bearer_only: true, use_jwks: true, introspection_cache_ignore: true, ssl_verifyy: true}",
    );
    expect(found.filter((line) => line.includes("is no option"))).toEqual([
      "warning routes[0](a).plugins.openid-connect.ssl_verifyy: `ssl_verifyy` is no option here: `ssl_verify` may be meant",
    ]);
  });

  test("of a consumer, and of health checks", () => {
    expect(
      told(
        "consumers:\n  - {username: ann, plugins: {jwt-auth: {key: a, secret: $env://S, algorythm: HS256}}}\n#END\n",
      ),
    ).toEqual([
      "warning consumers[0](ann).plugins.jwt-auth.algorythm: `algorythm` is no option here: `algorithm` may be meant",
    ]);
    expect(
      told("upstreams:\n  - {id: u, nodes: {'a:80': 1}, checks: {active: {interval: 1}}}\n#END\n"),
    ).toEqual(["warning upstreams[0](u).checks.active.interval: `interval` is no option here"]);
  });
});

test("says once of which plugins it knows no options", () => {
  const route = (id: string) =>
    `  - id: ${id}\n    uri: /${id}\n    plugins: { ldap-auth: { colour: red } }\n    upstream: { nodes: { a:80: 1 } }\n`;
  expect(told(`routes:\n${route("a")}${route("b")}#END\n`)).toEqual([
    "warning routes[0](a).plugins.ldap-auth: not checked: the kit has no schema of `ldap-auth`",
  ]);
});

test.each([
  ["1", /500, or no answer/],
  ["true", /takes no object of this list/],
])("a variable that is %s is told with what APISIX does", (variable, why) => {
  const route = `  - id: a\n    uri: /a\n    vars: [[${variable}, "==", 2]]\n    upstream: { nodes: { a:80: 1 } }\n`;
  const [found] = checkApisixYaml(`routes:\n${route}#END\n`);
  expect(found).toMatchObject({ severity: "error", what: "a variable is named by a text" });
  expect(found?.why).toMatch(why);
});
