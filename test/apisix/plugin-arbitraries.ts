import fc from "fast-check";
import { openidConnect } from "../../constructs/apisix/plugins/authentication/openid-connect";
import { extPluginPostReq } from "../../constructs/apisix/plugins/general/ext-plugin-post-req";
import { extPluginPostResp } from "../../constructs/apisix/plugins/general/ext-plugin-post-resp";
import { extPluginPreReq } from "../../constructs/apisix/plugins/general/ext-plugin-pre-req";
import { realIp } from "../../constructs/apisix/plugins/general/real-ip";
import { redirect } from "../../constructs/apisix/plugins/general/redirect";
import { prometheus } from "../../constructs/apisix/plugins/observability/prometheus";
import type { Plugin, PluginMeta } from "../../constructs/apisix/plugins/plugin/plugin";
import { cors } from "../../constructs/apisix/plugins/security/cors";
import { ipRestriction } from "../../constructs/apisix/plugins/security/ip-restriction";
import { uriBlocker } from "../../constructs/apisix/plugins/security/uri-blocker";
import { serverlessPostFunction } from "../../constructs/apisix/plugins/serverless/serverless-post-function";
import { serverlessPreFunction } from "../../constructs/apisix/plugins/serverless/serverless-pre-function";
import { apiBreaker } from "../../constructs/apisix/plugins/traffic/api-breaker";
import { limitConn } from "../../constructs/apisix/plugins/traffic/limit-conn";
import { limitCount } from "../../constructs/apisix/plugins/traffic/limit-count";
import { limitReq } from "../../constructs/apisix/plugins/traffic/limit-req";
import { requestId } from "../../constructs/apisix/plugins/traffic/request-id";
import { proxyRewrite } from "../../constructs/apisix/plugins/transformation/proxy-rewrite";
import { responseRewrite } from "../../constructs/apisix/plugins/transformation/response-rewrite";
import type { Expression } from "../../constructs/apisix/values/apisix-expression";
import { textProblem } from "../../constructs/apisix/values/yaml";
import { Secret } from "../../constructs/workload/secret";
import { nastyText } from "./arbitraries";

/** What can be told to APISIX at all. */
export const text = nastyText.filter((one) => textProblem(one) === undefined && !one.includes("${{"));
const someText = text.filter((one) => one !== "");
const secret = fc
  .oneof(
    text,
    fc.string({ unit: "grapheme-ascii", minLength: 16 }).filter((one) => !one.includes("${{")),
  )
  .map((one) => new Secret("test", one));
const longSecret = fc.stringMatching(/^[A-Za-z0-9]{16,20}$/).map((one) => new Secret("test", one));

/** Any of the optional options, each there or not. */
function options<T extends object, R extends keyof T>(
  arbitraries: { [K in keyof T]-?: fc.Arbitrary<NonNullable<T[K]>> },
  required: R[],
): fc.Arbitrary<T> {
  return fc.record(arbitraries as never, { requiredKeys: required as never[] }) as fc.Arbitrary<T>;
}

const headerName = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const headerText = text.filter((one) => !/[\0-\x1f]/.test(one));
const headerValue = fc.oneof(
  headerText,
  headerText.filter((one) => !one.includes("$")).map((one) => new Secret("test", one)),
);
/** Not what a reader takes for a number or nothing: such names are refused. */
const mappedName = headerName.map((name) => `X-${name}`);
const headerMap = fc.dictionary(mappedName, headerValue, { minKeys: 1, maxKeys: 3 });
const path = text.map((one) => `/${one}`);
const status = fc.integer({ min: 200, max: 598 });
const address = fc.constantFrom("10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32");
const list = <T>(one: fc.Arbitrary<T>) => fc.uniqueArray(one, { minLength: 1, maxLength: 3 });
/** Regular expressions of everything that is not special, escaped or in a class. */
const regex = fc
  .array(
    fc.oneof(
      fc.constantFrom("^", "$", "\\.", "(a|b)", "[^/]+", ".*", "\\d{2}", "(?:x)?"),
      fc.constantFrom('"', "#", " ", "é"),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(""));
const count = fc.integer({ min: 1, max: 1_000_000 });
const milliseconds = fc.integer({ min: 1, max: 10_000 });

const operand = fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 2 }));
export const expression: fc.Arbitrary<Expression> = fc.array(
  fc.oneof(
    fc.tuple(someText, fc.constantFrom("==", "~=", "in"), operand),
    fc.tuple(someText, fc.constant("!"), fc.constantFrom("~~", "~*"), regex),
    fc.tuple(
      fc.constantFrom("OR", "!AND"),
      fc.tuple(someText, fc.constant(">"), fc.integer()),
      fc.tuple(someText, fc.constant("has"), text),
    ),
  ),
  { minLength: 1, maxLength: 3 },
) as never;

const meta: fc.Arbitrary<PluginMeta> = options<PluginMeta, never>(
  {
    disable: fc.boolean(),
    priority: fc.integer({ min: -5000, max: 25_000 }),
    filter: expression,
    errorResponse: fc.oneof(text, fc.record({ message: text })),
  },
  [],
);

const redis = options<NonNullable<Parameters<typeof limitReq>[0]["redis"]>, "host">(
  {
    host: text.map((one) => `r${one}0`),
    port: count,
    username: someText,
    password: secret,
    database: fc.nat(15),
    timeoutMilliseconds: milliseconds,
    ssl: fc.boolean(),
    sslVerify: fc.boolean(),
  },
  ["host"],
);

const limits = {
  meta,
  rejectedCode: fc.integer({ min: 200, max: 599 }),
  rejectedMsg: someText,
  allowDegradation: fc.boolean(),
};
const keyType = fc.constantFrom("var" as const, "var_combination" as const);
const extPlugin = options<Parameters<typeof extPluginPreReq>[0], never>(
  {
    meta,
    conf: fc.array(
      fc.record({
        name: someText.map((one) => one.slice(0, 20)).filter((one) => textProblem(one) === undefined),
        value: fc.oneof(text, secret),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    allowDegradation: fc.boolean(),
  },
  [],
);
const luaFunction = text
  .filter((one) => !one.includes("]==]"))
  .map((one) => `return function() return [==[${one}]==] end`);
const serverless = options<Parameters<typeof serverlessPreFunction>[0], "functions">(
  { meta, functions: list(luaFunction), phase: fc.constantFrom("rewrite", "access", "log") },
  ["functions"],
);
/** A `$` stands before a group, or before another. */
const replacement = text.map((one) => `/$1${one.replaceAll("$", "$$$$")}`);
const regexUri = fc.tuple(regex, replacement);

const connLimit = options<
  Omit<Parameters<typeof limitConn>[0], "redis">,
  "conn" | "burst" | "key" | "defaultConnDelaySeconds"
>(
  {
    ...limits,
    keyType,
    conn: count,
    burst: fc.nat(),
    key: text,
    defaultConnDelaySeconds: fc.constantFrom(0.1, 1, 2.5),
    onlyUseDefaultDelay: fc.boolean(),
  },
  ["conn", "burst", "key", "defaultConnDelaySeconds"],
);
const countLimit = options<Omit<Parameters<typeof limitCount>[0], "redis">, "count" | "timeWindowSeconds">(
  {
    ...limits,
    count,
    timeWindowSeconds: count,
    key: text,
    keyType: fc.constantFrom("var", "var_combination", "constant"),
    group: text,
    showLimitQuotaHeader: fc.boolean(),
  },
  ["count", "timeWindowSeconds"],
);
const reqLimit = options<Omit<Parameters<typeof limitReq>[0], "redis">, "rate" | "burst" | "key">(
  {
    ...limits,
    keyType,
    rate: fc.constantFrom(0.5, 1, 100),
    burst: fc.constantFrom(0, 0.5, 50),
    key: text,
    nodelay: fc.boolean(),
  },
  ["rate", "burst", "key"],
);

/** Plugins with options that came after 3.2. */
export const newPlugins: Readonly<Record<string, fc.Arbitrary<Plugin>>> = {
  "limit-conn in Redis": fc
    .tuple(connLimit, redis)
    .map(([some, store]) => limitConn({ ...some, redis: store })),
  "limit-count in Redis": fc
    .tuple(countLimit, redis)
    .map(([some, store]) => limitCount({ ...some, redis: store })),
  "limit-req in Redis": fc.tuple(reqLimit, redis).map(([some, store]) => limitReq({ ...some, redis: store })),
};

/** Plugins with options that 3.2 has too. */
export const plugins: Readonly<Record<string, fc.Arbitrary<Plugin>>> = {
  "api-breaker": options<Parameters<typeof apiBreaker>[0], "breakResponseCode">(
    {
      meta,
      breakResponseCode: status,
      breakResponseBody: text,
      breakResponseHeaders: fc.dictionary(
        headerName,
        headerText.filter((one) => one !== ""),
        { maxKeys: 2 },
      ),
      maxBreakerSeconds: fc.integer({ min: 3 }),
      unhealthy: fc.record(
        { httpStatuses: list(fc.integer({ min: 500, max: 599 })), failures: count },
        { requiredKeys: [] },
      ),
      healthy: fc.record(
        { httpStatuses: list(fc.integer({ min: 200, max: 499 })), successes: count },
        { requiredKeys: [] },
      ),
    },
    ["breakResponseCode"],
  ).map(apiBreaker),
  cors: options<NonNullable<Parameters<typeof cors>[0]>, never>(
    {
      meta,
      allowOrigins: fc.constantFrom(["*"], ["https://a.example.com", "http://b.example.com:8080"]),
      allowMethods: list(fc.constantFrom("GET", "POST")),
      allowHeaders: list(headerName),
      exposeHeaders: fc.array(headerName, { maxLength: 2 }),
      maxAgeSeconds: fc.integer({ min: -1 }),
      allowCredential: fc.constant(false),
      allowOriginsByRegex: list(regex),
    },
    [],
  ).map(cors),
  "ext-plugin-pre-req": extPlugin.map(extPluginPreReq),
  "ext-plugin-post-req": extPlugin.map(extPluginPostReq),
  "ext-plugin-post-resp": extPlugin.map(extPluginPostResp),
  "ip-restriction": fc
    .tuple(fc.constantFrom("whitelist", "blacklist"), list(address), someText, meta)
    .map(([name, addresses, message, metaOptions]) =>
      ipRestriction({ [name]: addresses, message, meta: metaOptions }),
    ),
  "limit-conn": connLimit.map(limitConn),
  "limit-count": countLimit.map(limitCount),
  "limit-req": reqLimit.map(limitReq),
  "openid-connect": fc
    .record(
      {
        meta,
        scope: text,
        realm: fc.stringMatching(/^[a-z]{1,8}$/),
        tokenSigningAlgorithm: fc.constantFrom("RS256", "ES256"),
        jwkExpiresInSeconds: count,
        introspectionEndpoint: text,
        introspectionIntervalSeconds: fc.nat(3600),
        timeoutSeconds: fc.integer({ min: 1, max: 60 }),
        sslVerify: fc.boolean(),
        setUserinfoHeader: fc.boolean(),
        unauthAction: fc.constantFrom("auth" as const, "deny" as const, "pass" as const),
        authorizationParams: fc.dictionary(mappedName, text, { maxKeys: 2 }),
      },
      { requiredKeys: [] },
    )
    .chain((some) =>
      fc
        .tuple(text, secret, text, longSecret, fc.boolean(), fc.boolean())
        .map(([clientId, clientSecret, url, sessionSecret, bearerOnly, useJwks]) =>
          openidConnect({
            ...some,
            clientId,
            clientSecret,
            discovery: url,
            useJwks,
            ...(bearerOnly ? { bearerOnly } : { redirectUri: url, session: { secret: sessionSecret } }),
          } as Parameters<typeof openidConnect>[0]),
        ),
    ),
  prometheus: fc
    .record({ preferName: fc.boolean(), meta }, { requiredKeys: [] })
    .map((some) => prometheus(some as never)),
  "proxy-rewrite": fc
    .tuple(
      fc.oneof(
        path.map((uri) => ({ uri })),
        regexUri.map((pair) => ({ regexUri: pair })),
      ),
      fc.record(
        { add: headerMap, set: headerMap, remove: fc.constantFrom(["Y-A"], ["Y-A", "Y-B"]) },
        { requiredKeys: ["set"] },
      ),
      fc.boolean(),
      meta,
    )
    .map(([where, headers, useRealRequestUriUnsafe, metaOptions]) =>
      proxyRewrite({
        ...where,
        headers: headers as never,
        useRealRequestUriUnsafe,
        method: "POST",
        host: "a.example.com:80",
        meta: metaOptions,
      }),
    ),
  "real-ip": fc
    .tuple(someText, list(address), fc.boolean())
    .map(([source, trustedAddresses, recursive]) => realIp({ source, trustedAddresses, recursive })),
  redirect: fc
    .tuple(
      fc.oneof(
        fc.constantFrom("/a", "/a$uri", "https://example.com/", "/b?c=d").map((uri) => ({ uri })),
        regexUri.map((pair) => ({ regexUri: pair })),
        fc.constant({ httpToHttps: true }),
      ),
      fc.integer({ min: 200, max: 999 }),
      fc.boolean(),
    )
    .map(([where, retCode, encodeUri]) => redirect({ ...where, retCode, encodeUri })),
  "request-id": options<NonNullable<Parameters<typeof requestId>[0]>, never>(
    {
      meta,
      headerName,
      includeInResponse: fc.boolean(),
      algorithm: fc.constantFrom("uuid", "nanoid", "range_id"),
      rangeId: fc.record({
        length: fc.integer({ min: 6, max: 64 }),
        charSet: text.map((one) => `${one}abcdef`),
      }),
    },
    [],
  ).map(requestId),
  "response-rewrite": fc
    .tuple(
      fc.record(
        {
          meta,
          statusCode: status,
          headers: fc.record(
            {
              set: headerMap,
              add: fc.constantFrom(["Set-Cookie: a=b; Path=x"], ["X-A: b"]),
              remove: list(headerName),
            },
            { requiredKeys: ["set"] },
          ),
          vars: expression,
        },
        { requiredKeys: [] },
      ),
      fc.oneof(
        text.map((body) => ({ body })),
        fc.record({
          filters: fc.array(
            fc.record({ regex, replace: replacement, scope: fc.constantFrom("once", "global") }),
            {
              minLength: 1,
              maxLength: 2,
            },
          ),
        }),
      ),
    )
    .map(([some, content]) =>
      responseRewrite({ ...some, ...content } as Parameters<typeof responseRewrite>[0]),
    ),
  "serverless-pre-function": serverless.map(serverlessPreFunction),
  "serverless-post-function": serverless.map(serverlessPostFunction),
  "uri-blocker": options<Parameters<typeof uriBlocker>[0], "blockRules">(
    {
      meta,
      blockRules: list(regex),
      rejectedCode: fc.integer({ min: 200, max: 599 }),
      rejectedMsg: someText,
      caseInsensitive: fc.boolean(),
    },
    ["blockRules"],
  ).map(uriBlocker),
};

export const description = text.filter((one) => [...one].length <= 256);
