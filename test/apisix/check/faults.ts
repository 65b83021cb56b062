import type { Json, JsonObject } from "../../../kit/json";

/** A route with one thing that is wrong, or only looks so. */
export interface Fault {
  readonly name: string;
  /** Whether APISIX 3.18 drops an object for it, or answers requests 404 or 5xx. */
  readonly broken: boolean;
  readonly plugins?: JsonObject;
  /** Further options of the route; null takes one away. */
  readonly route?: JsonObject;
  /** Further objects of the file. */
  readonly more?: JsonObject;
}

/** What the files name as the upstream's node. */
export const node = "127.0.0.1:19181";
/** Another, which no request goes to. */
const spare = { "127.0.0.1:1": 0 };
const split = (upstream: Json) => ({ "traffic-split": { rules: [{ weighted_upstreams: [upstream] }] } });
const vars = (...expression: Json[]): Pick<Fault, "route"> => ({ route: { vars: expression } });
const filter = (expression: Json): Pick<Fault, "plugins"> => ({
  plugins: { "request-id": { _meta: { filter: expression } } },
});
const serverless = (code: string): Pick<Fault, "plugins"> => ({
  plugins: { "serverless-pre-function": { functions: [code] } },
});
const upstream = (options: JsonObject): Pick<Fault, "route"> => ({
  route: { upstream: { nodes: { [node]: 1, ...spare }, ...options } },
});
const ownUpstream = (options: JsonObject): Pick<Fault, "route" | "more"> => ({
  route: { upstream: null, upstream_id: "own" },
  more: { upstreams: [{ id: "own", nodes: { [node]: 1 }, ...options }] },
});
const rewrite = (...uri: string[]): Pick<Fault, "plugins"> => ({
  plugins: { "proxy-rewrite": { regex_uri: uri } },
});
const consumer = (plugins: JsonObject): Pick<Fault, "more"> => ({
  more: { consumers: [{ username: "ann", plugins }] },
});
const bearer = { client_id: "a", client_secret: "b", discovery: "https://sso.example/d", bearer_only: true };

const always = [["request_method", "==", "GET"]];
const broken = true;
const sound = false;

export const faults: readonly Fault[] = [
  // Upstreams.
  { name: "an upstream type that is none, of two nodes", broken, ...upstream({ type: "robin" }) },
  { name: "… of one node", broken: sound, ...upstream({ type: "robin", nodes: { [node]: 1 } }) },
  { name: "an internal module as the type", broken, ...upstream({ type: "priority" }) },
  { name: "chash without a key, inside a route", broken, ...upstream({ type: "chash" }) },
  { name: "chash without a key, as an object", broken, ...ownUpstream({ type: "chash" }) },
  { name: "chash by a variable that is none", broken, ...ownUpstream({ type: "chash", key: "colour" }) },
  {
    name: "chash by a header",
    broken: sound,
    ...ownUpstream({ type: "chash", hash_on: "header", key: "x-a" }),
  },
  { name: "no node inside a route", broken, ...upstream({ nodes: [] }) },
  { name: "pass_host rewrite without a host", broken, ...ownUpstream({ pass_host: "rewrite" }) },
  { name: "a URL as a node", broken, ...upstream({ nodes: { "http://127.0.0.1:19181": 1 } }) },
  {
    name: "a URL as a node's host",
    broken,
    ...upstream({ nodes: [{ host: "http://a", port: 80, weight: 1 }] }),
  },
  {
    name: "a certificate that is none",
    broken,
    ...ownUpstream({ tls: { client_cert: "x".repeat(200), client_key: "x".repeat(200) } }),
  },
  {
    name: "a client certificate that there is not",
    broken,
    ...upstream({ tls: { client_cert_id: "none" } }),
  },
  { name: "passive checks alone", broken, ...upstream({ checks: { passive: {} } }) },
  {
    name: "a discovery that is none",
    broken,
    route: { upstream: { service_name: "a", discovery_type: "phonebook" } },
  },
  {
    name: "an option of checks that there is not",
    broken: sound,
    ...upstream({ checks: { active: { intervall: 1 } } }),
  },

  { name: "a node's port that there is not", broken, ...upstream({ nodes: { "127.0.0.1:70000": 1 } }) },
  { name: "a scheme for streams", broken, ...upstream({ nodes: { [node]: 1 }, scheme: "tcp" }) },
  {
    name: "pass_host rewrite without a host, inside a route",
    broken: sound,
    ...upstream({ nodes: { [node]: 1 }, pass_host: "rewrite" }),
  },

  // Routes.
  {
    name: "Lua that does not parse in filter_func",
    broken,
    route: { filter_func: "function(vars) return vars.arg_a = 1 end" },
  },
  {
    name: "filter_func of LuaJIT's own syntax",
    broken: sound,
    route: { filter_func: "function(vars) ;; goto on ::on:: return 1LL < 2LL end" },
  },
  { name: "a script that does not parse", broken, route: { script: "local _M = {} return _M end" } },
  { name: "an operator that is none", broken, ...vars(["arg_a", "=", "b"]) },
  { name: "an operator of JavaScript", broken, ...vars(["request_method", "===", "GET"]) },
  { name: "an operator in upper case", broken: sound, ...vars(["request_method", "IN", ["GET"]]) },
  { name: "a comparison as it was written once", broken: sound, ...vars(["scheme", "http"]) },
  {
    name: "a comparison with more than it needs",
    broken: sound,
    ...vars(["request_method", "==", "GET", "x", "y"]),
  },
  { name: "a comparison that is not wrapped", broken, route: { vars: ["request_method", "==", "GET"] } },
  { name: "a variable that is a number", broken, ...vars([1, "==", 2]) },
  { name: "a comparison of one", broken, ...vars(["request_method"]) },
  { name: "a negation at another place", broken, ...vars(["request_method", "==", "!", "PUT"]) },
  { name: "a negation", broken: sound, ...vars(["request_method", "!", "==", "PUT"]) },
  { name: "OR of one", broken, route: { vars: ["OR", ["request_method", "==", "GET"]] } },
  {
    name: "OR of two",
    broken: sound,
    route: { vars: ["OR", ["request_method", "==", "GET"], ["arg_a", "==", "b"]] },
  },
  {
    name: "an address that is none in ipmatch",
    broken,
    ...vars(["remote_addr", "ipmatch", ["127.0.0.1", "10.0.0.300"]]),
  },
  { name: "an address in ipmatch", broken: sound, ...vars(["remote_addr", "ipmatch", "127.0.0.0/8"]) },
  { name: "a path without a slash", broken, route: { uri: "fault" } },
  { name: "a host with a port", broken, route: { host: "127.0.0.1:80" } },
  { name: "a plugin config that there is not", broken, route: { plugin_config_id: "none" } },
  { name: "an id with a blank", broken, route: { id: "fault x" } },
  { name: "labels with a blank", broken, route: { labels: { a: "b c" } } },
  { name: "plugins that are nothing", broken: sound, route: { plugins: null } },

  // Every plugin.
  { name: "a filter with an operator that is none", broken, ...filter([["arg_a", "=>", "b"]]) },
  { name: "a filter that is not wrapped", broken, ...filter(["arg_a", "==", "b"]) },
  { name: "a filter", broken: sound, ...filter(always) },
  {
    name: "a pre_function that does not parse",
    broken,
    plugins: { "request-id": { _meta: { pre_function: "return function( end" } } },
  },
  {
    name: "an option of _meta that there is not",
    broken,
    plugins: { "request-id": { _meta: { disabled: true } } },
  },
  {
    name: "a plugin that is switched off, with options that are wrong",
    broken: sound,
    plugins: { "limit-req": { rate: 0, _meta: { disable: true } } },
  },
  {
    name: "an unknown plugin that is switched off",
    broken,
    plugins: { "limit-rec": { _meta: { disable: true } } },
  },
  { name: "a plugin that is a text", broken, plugins: { cors: "all" } },
  {
    name: "a mistyped option",
    broken: sound,
    plugins: { "openid-connect": { ...bearer, ssl_verifyy: true } },
  },

  // Plugins.
  {
    name: "cors for all with credentials",
    broken,
    plugins: { cors: { allow_credential: true, allow_origins: "https://a.example" } },
  },
  {
    name: "cors with credentials",
    broken: sound,
    plugins: {
      cors: {
        allow_credential: true,
        allow_origins: "https://a.example",
        allow_methods: "GET",
        allow_headers: "a",
      },
    },
  },
  {
    name: "cors with ** and credentials",
    broken: sound,
    plugins: {
      cors: { allow_credential: true, allow_origins: "**", allow_methods: "**", allow_headers: "**" },
    },
  },
  {
    name: "an expression of origins that does not compile",
    broken,
    plugins: { cors: { allow_origins_by_regex: ["*.a.example"] } },
  },
  { name: "a regex_uri that does not compile", broken, ...rewrite("^/(a", "/b") },
  { name: "a regex_uri with nothing to repeat", broken, ...rewrite("*/a", "/b") },
  { name: "a regex_uri with a property that there is not", broken, ...rewrite("^/\\p{Foo}", "/b") },
  { name: "a regex_uri with a category by its whole name", broken, ...rewrite("^/[\\p{Letter}]", "/b") },
  {
    name: "a regex_uri with properties",
    broken: sound,
    ...rewrite("^/\\p{Lu}\\p{Greek}[\\p{^Nd}\\PL]", "/b"),
  },
  { name: "a regex_uri without a replacement", broken, ...rewrite("^/a", "/b", "^/c") },
  {
    name: "a regex_uri with a named group in the replacement",
    broken,
    ...rewrite("^/(?<rest>.*)", "/$rest"),
  },
  {
    name: "a regex_uri of PCRE's own syntax",
    broken: sound,
    ...rewrite("(?i)^/(?<a>[[:alpha:]_-]++)(?>x|y)*+/\\Q(\\E(?#c)\\K$", "/$1"),
  },
  {
    name: "a redirect's expression that does not compile",
    broken,
    plugins: { redirect: { regex_uri: ["[a-", "/b"] } },
  },
  {
    name: "two ways of a redirect",
    broken,
    plugins: { redirect: { http_to_https: true, append_query_string: true } },
  },
  {
    name: "a filter of an answer that does not compile",
    broken: sound,
    plugins: { "response-rewrite": { filters: [{ regex: "(", replace: "" }] } },
  },
  {
    name: "a body that is no base64",
    broken,
    plugins: { "response-rewrite": { body: "a b", body_base64: true } },
  },
  {
    name: "a body in base64 without padding",
    broken: sound,
    plugins: { "response-rewrite": { body: "YQ", body_base64: true } },
  },
  {
    name: "an answer's condition with an operator that is none",
    broken,
    plugins: { "response-rewrite": { body: "a", vars: [["status", "eq", 200]] } },
  },
  { name: "Lua that does not parse", broken, ...serverless("return function(conf, ctx) if conf do end end") },
  { name: "Lua without a return", broken, ...serverless("function f(conf, ctx) end") },
  { name: "Lua that returns a table", broken, ...serverless("return { access = function() end }") },
  {
    name: "Lua of LuaJIT's own syntax",
    broken: sound,
    ...serverless("local n = 1ULL + 0x1p4; return function() ;; ::a:: local s = '\\z \\x41' end"),
  },
  {
    name: "Lua that returns what another function gives",
    broken: sound,
    ...serverless("local function make() return function() end end return make()"),
  },
  {
    name: "a phase that is none",
    broken,
    plugins: { "serverless-post-function": { phase: "content", functions: ["return function() end"] } },
  },
  { name: "a split to no upstream", broken, plugins: split({ upstream_id: "none", weight: 1 }) },
  {
    name: "a split to an upstream of a type that is none",
    broken,
    plugins: split({ upstream: { type: "robin", nodes: { [node]: 1, ...spare } } }),
  },
  {
    name: "a split by an operator that is none",
    broken,
    plugins: { "traffic-split": { rules: [{ match: [{ vars: [["arg_a", "is", "b"]] }] }] } },
  },
  {
    name: "a split by a match without vars",
    broken,
    plugins: { "traffic-split": { rules: [{ match: [{}] }] } },
  },
  { name: "a split by no rule", broken, plugins: { "traffic-split": { rules: [] } } },
  { name: "a split", broken: sound, plugins: split({ upstream: { nodes: { [node]: 1 } } }) },
  {
    name: "a fault by an operator that is none",
    broken,
    plugins: { "fault-injection": { abort: { http_status: 200, vars: [[["arg_a", "=", "b"]]] } } },
  },
  {
    name: "a workflow's action that is none",
    broken,
    plugins: { workflow: { rules: [{ actions: [["deny", { code: 403 }]] }] } },
  },
  {
    name: "a workflow's action without its options",
    broken,
    plugins: { workflow: { rules: [{ actions: [["return", {}]] }] } },
  },
  {
    name: "a workflow's case with an operator that is none",
    broken: sound,
    plugins: { workflow: { rules: [{ case: [["arg_a", "=", "b"]], actions: [["return", { code: 403 }]] }] } },
  },
  {
    name: "a user agent's expression that does not compile",
    broken,
    plugins: { "ua-restriction": { denylist: ["(bot"] } },
  },
  {
    name: "a path's expression that does not compile",
    broken,
    plugins: { "uri-blocker": { block_rules: ["/a)"] } },
  },
  { name: "an address that is none", broken, plugins: { "ip-restriction": { whitelist: ["10.0.0.0/33"] } } },
  {
    name: "a condition of a log that is none",
    broken,
    plugins: { "file-logger": { path: "/dev/null", match: [["arg_a", "like", "b"]] } },
  },
  {
    name: "a type that mocking does not know",
    broken,
    plugins: { mocking: { content_type: "application/yaml", response_example: "a" } },
  },
  {
    name: "an authentication that is none",
    broken,
    plugins: { "multi-auth": { auth_plugins: [{ cors: {} }, { "key-auth": {} }] } },
  },
  {
    name: "limits that exclude each other",
    broken,
    plugins: { "limit-count": { count: 1, time_window: 1, rules: [{ count: 1, time_window: 1, key: "a" }] } },
  },
  {
    name: "a cache's key with the method",
    broken,
    plugins: { "proxy-cache": { cache_key: ["$uri", "$request_method"] } },
  },
  {
    name: "a login without a session",
    broken,
    plugins: { "openid-connect": { ...bearer, bearer_only: false } },
  },
  {
    name: "a key that is too short",
    broken,
    plugins: { "openid-connect": { ...bearer, bearer_only: false, session: { secret: "short" } } },
  },
  {
    name: "no client secret where one is needed",
    broken,
    plugins: { "openid-connect": { client_id: "a", discovery: "https://sso.example/d", bearer_only: true } },
  },
  {
    name: "a proto that there is not",
    broken: sound,
    plugins: { "grpc-transcode": { proto_id: "none", service: "a", method: "b" } },
  },
  {
    name: "transformers that do not parse",
    broken,
    plugins: { "exit-transformer": { functions: ["return ("] } },
  },
  { name: "a specification that is no JSON", broken, plugins: { "oas-validator": { spec: "openapi: 3.0" } } },

  {
    name: "a header's name with a blank, as it was written once",
    broken,
    plugins: { "proxy-rewrite": { headers: { "X A": "b" } } },
  },
  {
    name: "a header's name with a blank",
    broken: sound,
    plugins: { "proxy-rewrite": { headers: { set: { "X A": "b" } } } },
  },
  {
    name: "a split by weights alone, without an upstream",
    broken,
    plugins: split({ weight: 1 }),
    route: { upstream: null },
  },
  {
    name: "an option of an authentication among several",
    broken,
    plugins: { "multi-auth": { auth_plugins: [{ "key-auth": { header: 1 } }, { "basic-auth": {} }] } },
  },
  {
    name: "a limit of a workflow that is none",
    broken,
    plugins: { workflow: { rules: [{ actions: [["limit-count", { count: 0, time_window: 1 }]] }] } },
  },
  {
    name: "a type of JSON Schema that is none",
    broken,
    plugins: { "request-validation": { body_schema: { type: "strin" } } },
  },
  {
    name: "an option that belongs to another",
    broken,
    plugins: { "openid-connect": { ...bearer, use_par: true } },
  },
  {
    name: "a no of the first releases",
    broken: sound,
    plugins: { "openid-connect": { ...bearer, ssl_verify: "no" } },
  },

  // Other objects.
  {
    name: "a consumer's secret that is no base64",
    broken,
    ...consumer({ "jwt-auth": { key: "a", secret: "a b", base64_secret: true } }),
  },
  { name: "a consumer without a secret", broken, ...consumer({ "jwt-auth": { key: "a" } }) },
  {
    name: "a consumer without a public key",
    broken,
    ...consumer({ "jwt-auth": { key: "a", algorithm: "RS256" } }),
  },
  {
    name: "a consumer with an algorithm that is none",
    broken,
    ...consumer({ "jwt-auth": { key: "a", secret: "b", algorithm: "HS1" } }),
  },
  {
    name: "a consumer's mistyped option",
    broken: sound,
    ...consumer({ "jwt-auth": { key: "a", secret: "b", algorythm: "HS256" } }),
  },
  {
    name: "a consumer's key that is too short",
    broken,
    ...consumer({ "jwe-decrypt": { key: "a", secret: "short" } }),
  },
  { name: "a consumer without a key", broken, ...consumer({ "key-auth": {} }) },
  {
    name: "a consumer's name with a dot",
    broken,
    more: { consumers: [{ username: "ann.lee", plugins: {} }] },
  },
  {
    name: "a certificate that is too short",
    broken,
    more: { ssls: [{ id: "own", cert: "a", key: "b", snis: ["a.example"] }] },
  },
  {
    name: "a certificate that is no PEM",
    broken,
    more: { ssls: [{ id: "own", cert: "x".repeat(200), key: "x".repeat(200), snis: ["a.example"] }] },
  },
  { name: "a proto without its text", broken, more: { protos: [{ id: "own" }] } },
  {
    name: "a plugin in two global rules",
    broken,
    more: {
      global_rules: [
        { id: "a", plugins: { "request-id": {} } },
        { id: "b", plugins: { "request-id": {} } },
      ],
    },
  },
  {
    name: "a group of limits with two rules",
    broken,
    plugins: { "limit-count": { count: 9, time_window: 9, group: "g" } },
    more: { services: [{ id: "own", plugins: { "limit-count": { count: 8, time_window: 9, group: "g" } } }] },
  },
  {
    name: "metadata that its plugin refuses",
    broken,
    more: { plugin_metadata: [{ id: "file-logger", log_format: "a" }] },
  },
  { name: "plugins that are named by texts", broken, plugins: { cors: {} }, more: { plugins: ["cors"] } },
  {
    name: "a plugin that the file's list leaves out",
    broken,
    plugins: { cors: {} },
    more: { plugins: [{ name: "request-id" }] },
  },
  { name: "a key for anchors", broken: sound, more: { "x-anchors": { a: 1 } } },
];

/** A file with the fault, and nothing else that is wrong. Whatever is in it can be told by `name`. */
export function faultyFile(fault: Fault, name = "fault"): string {
  return written({ routes: [route(fault)], ...fault.more }, name);
}

/** Several in one file. @param nameOf tells each by its place */
export function faultyFileOf(several: readonly Fault[], nameOf: (index: number) => string): string {
  const lists = new Map<string, Json[]>();
  for (const [index, fault] of several.entries()) {
    const objects = JSON.parse(
      written({ routes: [route(fault)], ...fault.more }, nameOf(index), ""),
    ) as JsonObject;
    for (const [list, items] of Object.entries(objects)) {
      if (Array.isArray(items)) lists.set(list, [...(lists.get(list) ?? []), ...(items as Json[])]);
    }
  }
  return `${JSON.stringify(Object.fromEntries(lists))}\n#END\n`;
}

function route({ plugins, route: more }: Fault): JsonObject {
  const whole = {
    id: "fault",
    uri: "/fault",
    upstream: { nodes: { [node]: 1 } },
    ...(plugins && { plugins }),
    ...more,
  };
  // `plugins` of nothing is meant.
  const options = Object.entries(whole).filter(([name, value]) => value !== null || name === "plugins");
  return Object.fromEntries(options);
}

function written(file: JsonObject, name: string, end = "\n#END\n"): string {
  return `${JSON.stringify(file, null, 1).replace(/"(\/?)(?:fault|own|ann)(?=[" .])/g, `"$1${name}`)}${end}`;
}
