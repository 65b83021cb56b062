import { describe, expect, it } from "vitest";
import { extPluginPostReq } from "../../../constructs/apisix/plugins/general/ext-plugin-post-req";
import { extPluginPostResp } from "../../../constructs/apisix/plugins/general/ext-plugin-post-resp";
import { extPluginPreReq } from "../../../constructs/apisix/plugins/general/ext-plugin-pre-req";
import { realIp } from "../../../constructs/apisix/plugins/general/real-ip";
import { redirect } from "../../../constructs/apisix/plugins/general/redirect";
import { kitBackchannelLogout } from "../../../constructs/apisix/plugins/kit/kit-backchannel-logout";
import { kitBearer } from "../../../constructs/apisix/plugins/kit/kit-bearer";
import { kitDocument } from "../../../constructs/apisix/plugins/kit/kit-document";
import { kitForward } from "../../../constructs/apisix/plugins/kit/kit-forward";
import { kitWebfinger } from "../../../constructs/apisix/plugins/kit/kit-webfinger";
import { prometheus } from "../../../constructs/apisix/plugins/observability/prometheus";
import { Plugin } from "../../../constructs/apisix/plugins/plugin/plugin";
import { cors } from "../../../constructs/apisix/plugins/security/cors";
import { ipRestriction } from "../../../constructs/apisix/plugins/security/ip-restriction";
import { uriBlocker } from "../../../constructs/apisix/plugins/security/uri-blocker";
import { serverlessPostFunction } from "../../../constructs/apisix/plugins/serverless/serverless-post-function";
import { serverlessPreFunction } from "../../../constructs/apisix/plugins/serverless/serverless-pre-function";
import { apiBreaker } from "../../../constructs/apisix/plugins/traffic/api-breaker";
import { limitConn } from "../../../constructs/apisix/plugins/traffic/limit-conn";
import { limitCount } from "../../../constructs/apisix/plugins/traffic/limit-count";
import { limitReq } from "../../../constructs/apisix/plugins/traffic/limit-req";
import { requestId } from "../../../constructs/apisix/plugins/traffic/request-id";
import { proxyRewrite } from "../../../constructs/apisix/plugins/transformation/proxy-rewrite";
import { responseRewrite } from "../../../constructs/apisix/plugins/transformation/response-rewrite";
import { apisixCapabilities } from "../../../constructs/apisix/schema/capabilities";
import type { ConfigMap } from "../../../constructs/apisix/values/apisix-value";
import { secret } from "../../template";
import { pluginProblems } from "../model";

const password = secret("s3cret");
const redis = {
  host: "redis",
  port: 1,
  username: "u",
  password,
  database: 2,
  timeoutMilliseconds: 3,
  ssl: true,
};
const inRedis = {
  policy: "redis",
  redis_host: "redis",
  redis_port: 1,
  redis_username: "u",
  redis_password: password,
  redis_database: 2,
  redis_timeout: 3,
  redis_ssl: true,
};
const functions = ["return function(conf, ctx) end"];

describe("a plugin's options", () => {
  it.each<[Plugin, ConfigMap]>([
    [
      apiBreaker({
        breakResponseCode: 503,
        breakResponseBody: "later",
        breakResponseHeaders: { "Retry-After": "5" },
        maxBreakerSeconds: 60,
        unhealthy: { httpStatuses: [500, 503], failures: 1 },
        healthy: { httpStatuses: [200, 404], successes: 2 },
      }),
      {
        break_response_code: 503,
        break_response_body: "later",
        break_response_headers: [{ key: "Retry-After", value: "5" }],
        max_breaker_sec: 60,
        unhealthy: { http_statuses: [500, 503], failures: 1 },
        healthy: { http_statuses: [200, 404], successes: 2 },
      },
    ],
    [
      cors({
        allowOrigins: ["https://a.example.com", "https://b.example.com:8443"],
        allowMethods: ["GET", "POST"],
        allowHeaders: ["Authorization"],
        exposeHeaders: ["X-A", "X-B"],
        maxAgeSeconds: 60,
        allowCredential: true,
        allowOriginsByRegex: ["^https://.*\\.example\\.com$"],
      }),
      {
        allow_credential: true,
        allow_origins_by_regex: ["^https://.*\\.example\\.com$"],
        allow_origins: "https://a.example.com,https://b.example.com:8443",
        allow_methods: "GET,POST",
        allow_headers: "Authorization",
        expose_headers: "X-A,X-B",
        max_age: 60,
      },
    ],
    [
      extPluginPreReq({ conf: [{ name: "Filter", value: "pre" }], allowDegradation: true }),
      { conf: [{ name: "Filter", value: "pre" }], allow_degradation: true },
    ],
    [
      extPluginPostReq({ conf: [{ name: "Filter", value: password }] }),
      { conf: [{ name: "Filter", value: password }] },
    ],
    [extPluginPostResp({}), {}],
    [
      ipRestriction({ whitelist: ["10.0.0.0/8", "::1"], message: "no", responseCode: 404 }),
      { whitelist: ["10.0.0.0/8", "::1"], message: "no", response_code: 404 },
    ],
    [
      kitBackchannelLogout({
        issuer: "https://sso",
        discovery: "https://sso/d",
        clients: ["a"],
        redis: { host: "redis", port: 1, password, database: 2, timeoutMilliseconds: 3 },
        keyPrefix: "revoked:",
        rememberSeconds: 60,
        bareKeys: true,
        maxAgeSeconds: 5,
        clockSkewSeconds: 6,
        timeoutSeconds: 7,
        sslVerify: false,
      }),
      {
        issuer: "https://sso",
        discovery: "https://sso/d",
        clients: ["a"],
        ssl_verify: false,
        redis: { host: "redis", port: 1, password, database: 2, timeout_ms: 3 },
        key_prefix: "revoked:",
        remember: 60,
        bare_keys: true,
        max_age: 5,
        clock_skew: 6,
        timeout: 7,
      },
    ],
    [
      kitBearer({
        issuer: "https://sso",
        audience: "james",
        userClaim: "mail",
        type: "JWT",
        clockSkewSeconds: 1,
        discovery: "https://sso/d",
        revocation: {
          ...{ redis: { host: "redis" }, keyPrefix: "revoked:", rememberSeconds: 60 },
          ...{ clientId: "james", clientSecret: password },
        },
      }),
      {
        issuer: "https://sso",
        audience: "james",
        user_claim: "mail",
        type: "JWT",
        discovery: "https://sso/d",
        clock_skew: 1,
        revocation: {
          ...{ redis: { host: "redis" }, key_prefix: "revoked:", remember: 60 },
          ...{ client_id: "james", client_secret: password },
        },
      },
    ],
    [
      kitForward({
        path: "/oidc/*",
        upstreamPath: "/*",
        headers: { "X-A": "$b", "X-B": password },
        authorization: "basic",
      }),
      {
        path: "/oidc/*",
        upstream_path: "/*",
        headers: { "X-A": "$b", "X-B": password },
        authorization: "basic",
      },
    ],
    [kitDocument({ mediaType: "text/xml", text: "<a/>" }), { media_type: "text/xml", text: "<a/>" }],
    [kitWebfinger({ issuer: "https://sso", domains: ["a"] }), { issuer: "https://sso", domains: ["a"] }],
    [
      limitConn({
        conn: 1,
        burst: 2,
        defaultConnDelaySeconds: 0.5,
        key: "remote_addr",
        onlyUseDefaultDelay: true,
        redis,
      }),
      {
        conn: 1,
        burst: 2,
        key: "remote_addr",
        only_use_default_delay: true,
        default_conn_delay: 0.5,
        ...inRedis,
      },
    ],
    [
      limitCount({
        count: 1,
        timeWindowSeconds: 2,
        key: "all",
        keyType: "constant",
        group: "g",
        showLimitQuotaHeader: false,
        rejectedCode: 429,
        rejectedMsg: "no",
        allowDegradation: true,
        redis,
      }),
      {
        count: 1,
        key: "all",
        key_type: "constant",
        group: "g",
        show_limit_quota_header: false,
        rejected_code: 429,
        rejected_msg: "no",
        allow_degradation: true,
        time_window: 2,
        ...inRedis,
      },
    ],
    [
      limitReq({
        rate: 0.5,
        burst: 0,
        key: "$remote_addr $host",
        keyType: "var_combination",
        nodelay: true,
        redis,
      }),
      {
        rate: 0.5,
        burst: 0,
        key: "$remote_addr $host",
        key_type: "var_combination",
        nodelay: true,
        ...inRedis,
      },
    ],
    [prometheus({ preferName: true }), { prefer_name: true }],
    [
      proxyRewrite({
        regexUri: ["^/a/(.*)", "/$1${1}$$"],
        method: "POST",
        host: "a.example.com:80",
        headers: { add: { "X-A": "1" }, set: { "X-B": password }, remove: ["X-C"] },
        useRealRequestUriUnsafe: true,
      }),
      {
        regex_uri: ["^/a/(.*)", "/$1${1}$$"],
        method: "POST",
        host: "a.example.com:80",
        headers: { add: { "X-A": "1" }, set: { "X-B": password }, remove: ["X-C"] },
        use_real_request_uri_unsafe: true,
      },
    ],
    [
      realIp({ source: "http_x_forwarded_for", trustedAddresses: ["10.0.0.0/8"], recursive: true }),
      { source: "http_x_forwarded_for", trusted_addresses: ["10.0.0.0/8"], recursive: true },
    ],
    [
      redirect({ regexUri: ["^/a(.*)", "/b$1"], retCode: 308, encodeUri: true, appendQueryString: true }),
      { regex_uri: ["^/a(.*)", "/b$1"], ret_code: 308, encode_uri: true, append_query_string: true },
    ],
    [redirect({ httpToHttps: true }), { http_to_https: true }],
    [
      requestId({
        headerName: "X-Id",
        includeInResponse: false,
        algorithm: "range_id",
        rangeId: { length: 6, charSet: "abcdef" },
      }),
      {
        header_name: "X-Id",
        include_in_response: false,
        algorithm: "range_id",
        range_id: { length: 6, char_set: "abcdef" },
      },
    ],
    [
      responseRewrite({
        statusCode: 200,
        headers: { set: { "X-A": "$host" }, add: ["Set-Cookie: a=b"], remove: ["Server"] },
        filters: [{ regex: "a", replace: "b", scope: "global", options: "i" }],
        vars: [["status", "==", 200]],
      }),
      {
        status_code: 200,
        headers: { set: { "X-A": "$host" }, add: ["Set-Cookie: a=b"], remove: ["Server"] },
        filters: [{ regex: "a", replace: "b", scope: "global", options: "i" }],
        vars: [["status", "==", 200]],
      },
    ],
    [responseRewrite({ body: "aGk=", bodyBase64: true }), { body: "aGk=", body_base64: true }],
    [serverlessPreFunction({ functions, phase: "rewrite" }), { functions, phase: "rewrite" }],
    [serverlessPostFunction({ functions }), { functions }],
    [
      uriBlocker({ blockRules: ["\\.\\."], rejectedCode: 404, rejectedMsg: "no", caseInsensitive: true }),
      { block_rules: ["\\.\\."], rejected_code: 404, rejected_msg: "no", case_insensitive: true },
    ],
  ])("are written under APISIX's names: $name", (plugin, config) => {
    expect(plugin.config(apisixCapabilities("3.18.0"))).toEqual(config);
    expect(pluginProblems(plugin)).toEqual([]);
  });

  it("come with those that every plugin has", () => {
    const filter = [["request_method", "~=", "OPTIONS"]] as const;
    const plugin = prometheus({ meta: { disable: true, priority: 5, filter, errorResponse: "no" } });
    expect(plugin.config(apisixCapabilities("3.18.0"))).toEqual({
      _meta: { disable: true, priority: 5, filter, error_response: "no" },
    });
    expect(plugin.disabled).toBe(true);
    expect(pluginProblems(plugin)).toEqual([]);
  });

  it("that have another default in another release are written for that one", () => {
    expect(cors().config(apisixCapabilities("3.2.0"))).toEqual({ expose_headers: "" });
    expect(cors().config(apisixCapabilities("3.18.0"))).toEqual({});
  });
});

describe("a plugin", () => {
  it.each<[string, Plugin, string]>([
    ["a bad regex_uri", proxyRewrite({ regexUri: ["^/(", "/"] }), "regex_uri.0: not a regular expression"],
    [
      "a variable in regex_uri",
      proxyRewrite({ regexUri: ["^/", "/$uri"] }),
      "regex_uri.1: a `$` without a group",
    ],
    [
      "a variable in a filter",
      responseRewrite({ filters: [{ regex: "a", replace: "$" }] }),
      "filters.0.replace: a `$`",
    ],
    [
      "a variable in a redirect",
      redirect({ regexUri: ["^/", "/$uri"] }),
      "regex_uri.1: a `$` without a group",
    ],
    ["no slash", proxyRewrite({ uri: "x" }), "uri: "],
    [
      "a header with a break",
      proxyRewrite({ headers: { set: { "X-A": "a\r\nX-User: b" } } }),
      "headers.set.X-A: ",
    ],
    [
      "a header name with a blank",
      proxyRewrite({ headers: { add: { "X A": "a" } } }),
      "headers.add: not a header",
    ],
    ["a name to remove with a colon", proxyRewrite({ headers: { remove: ["X:"] } }), "headers.remove.0: "],
    [
      "a header that is set and removed",
      proxyRewrite({ headers: { set: { "X-User": "a" }, remove: ["x-user"] } }),
      "headers.remove.0: a header that is set too: it is taken away last",
    ],
    [
      "a secret with a variable",
      proxyRewrite({ headers: { set: { "X-A": secret("a$uri") } } }),
      "headers.set.X-A: [secret test] holds `$`, which starts a variable in a header value",
    ],
    [
      "header names in the old form",
      Plugin.custom("proxy-rewrite", { headers: { "X A": "b" } }),
      "headers: not a header",
    ],
    [
      "a header to add with a break",
      responseRewrite({ headers: { add: ["A: b\nC: d"] } }),
      "headers.add.0: ",
    ],
    [
      "a bad filter",
      responseRewrite({ filters: [{ regex: "[", replace: "" }] }),
      "filters.0.regex: not a regular",
    ],
    ["a body and filters", responseRewrite({ body: "a", filters: [{ regex: "a", replace: "b" }] }), ""],
    ["bad vars", responseRewrite({ body: "a", vars: [["a", "?" as "==", "b"]] }), "vars.0: not an operator"],
    ["status 99", responseRewrite({ statusCode: 99 }), "status_code: "],
    ["no rate", limitReq({ rate: 0, burst: 0, key: "host" }), "rate: "],
    [
      "a half connection",
      limitConn({ conn: 0.5, burst: 0, defaultConnDelaySeconds: 1, key: "host" }),
      "conn: ",
    ],
    ["no window", limitCount({ count: 1, timeWindowSeconds: 0 }), "time_window: "],
    [
      "a breaker's status",
      apiBreaker({ breakResponseCode: 503, unhealthy: { httpStatuses: [404] } }),
      "unhealthy.",
    ],
    [
      "a breaker's header with a break",
      apiBreaker({ breakResponseCode: 503, breakResponseHeaders: { "X-A": "a\nb" } }),
      "break_response_headers.0: ",
    ],
    [
      "credentials for all",
      cors({ allowCredential: true, allowMethods: ["GET"], allowHeaders: ["A"] }),
      "allow_origins: ",
    ],
    ["an origin that is none", cors({ allowOrigins: ["example.com"] }), "allow_origins: "],
    ["a bad origin", cors({ allowOriginsByRegex: ["("] }), "allow_origins_by_regex.0: not a regular"],
    ["two ways to redirect", redirect({ uri: "/a", httpToHttps: true }), ""],
    ["no way to redirect", redirect({}), ""],
    ["a redirect with a break", redirect({ uri: "/a\r\nb" }), "uri: "],
    ["a bad redirect", redirect({ regexUri: ["(", "/"] }), "regex_uri.0: not a regular"],
    ["a query kept twice", redirect({ httpToHttps: true, appendQueryString: true }), "append_query_string: "],
    ["no function", serverlessPreFunction({ functions: [] }), "functions: "],
    ["a phase that is none", serverlessPostFunction({ functions, phase: "init" as "log" }), "phase: "],
    ["no name of a filter", extPluginPreReq({ conf: [{ name: "", value: "" }] }), "conf.0.name: "],
    ["both lists", ipRestriction({ whitelist: ["::1"], blacklist: ["::2"] }), ""],
    ["no address", ipRestriction({ whitelist: ["300.0.0.1"] }), "whitelist.0: "],
    ["no header name", requestId({ headerName: "X Id" }), "header_name: not a header name"],
    ["a short id", requestId({ rangeId: { length: 1 } }), "range_id.length: "],
    ["a bad rule", uriBlocker({ blockRules: ["a", "*"] }), "block_rules.1: not a regular expression"],
    ["no source", realIp({ source: "" }), "source: "],
    ["a prefix to one path", kitForward({ path: "/a/*", upstreamPath: "/b" }), "upstream_path: must end in"],
    [
      "a header of the kit's with a break",
      kitForward({ path: "/a", upstreamPath: "/b", headers: { A: "b\nc" } }),
      "headers.A: ",
    ],
    ["a priority that is none", prometheus({ meta: { priority: 0.5 } }), "_meta.priority: "],
    [
      "a filter that is none",
      prometheus({ meta: { filter: [["a", "~~", "["]] } }),
      "_meta.filter.0: not a regular",
    ],
    [
      "a wrong type in an untyped one",
      Plugin.custom("limit-req", { rate: "1", burst: 0, key: "host" }),
      "rate: ",
    ],
    ["an exponent", Plugin.custom("echo", { a: [1e-7] }), "a.0: not a number"],
    ["a key that is no text", Plugin.custom("echo", { a: { "1": "b" } }), 'a: the key "1" is no text'],
    ["null", Plugin.custom("echo", { a: null as never }), "a: not a value"],
  ])("is refused with %s", (_, plugin, problem) => {
    const found = pluginProblems(plugin);
    expect(found.filter((line) => line.startsWith(problem))).not.toEqual([]);
  });

  it.each<[string, Plugin]>([
    ["limit-req", limitReq({ rate: 1, burst: 0, key: "host", redis })],
    ["limit-conn", limitConn({ conn: 1, burst: 0, defaultConnDelaySeconds: 1, key: "host", redis })],
    ["limit-count", limitCount({ count: 1, timeWindowSeconds: 1, redis })],
    ["ip-restriction", ipRestriction({ whitelist: ["::1"], responseCode: 404 })],
    ["cors", Plugin.custom("cors", { timing_allow_origins: "*" })],
    ["openid-connect", Plugin.custom("openid-connect", { claim_validator: {} })],
  ])("is refused with what an older release ignores: %s", (_, plugin) => {
    expect(
      pluginProblems(plugin, "3.2.0").filter((line) => /new in APISIX 3\.\d+: 3\.2\.0 ignores it/.test(line)),
    ).not.toEqual([]);
    expect(pluginProblems(plugin, "3.18.0").filter((line) => /new in APISIX/.test(line))).toEqual([]);
  });
});

describe("a regular expression of PCRE", () => {
  it.each([
    "(?i)^/a",
    "a++b",
    "(?>a|b)",
    "(?P<name>x)\\k<name>",
    "\\A/x\\z",
    "[[:alpha:]]+",
    "[]a]",
    "(?#no)a",
    "(?<=a)b",
    "a\\Qb",
    "(?i:a)b",
    "x{2}+",
    "[^]]",
  ])("is taken: %s", (pattern) => {
    expect(pluginProblems(uriBlocker({ blockRules: [pattern] }))).toEqual([]);
  });

  it.each(["(", "a)", "[a", "*", "a**", "[z-a]", "(?i", "(?P<n", "\\"])(
    "is refused when it is none: %s",
    (pattern) => {
      expect(pluginProblems(uriBlocker({ blockRules: [pattern] }))).toEqual([
        expect.stringMatching(/^block_rules\.0: not a regular expression: /),
      ]);
    },
  );
});
