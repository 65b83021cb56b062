import type { ConfigFile } from "../container/config-file";
import { Secret } from "../container/secret";
import { allowMethods, cors } from "../gateway/cors";
import {
  type ForwardTarget,
  type GatewayRoute,
  isForward,
  isPrefix,
  pathStem,
} from "../gateway/gateway-route";
import { identityHeaders, strippedHeaders, userHeader } from "../gateway/identity-headers";
import type { HttpdConfig, HttpdLimits } from "./httpd-config";
import { withPatterns } from "./route-pattern";
import { defineDollar, quote, quoteHeaderValue, quoteOptions } from "./syntax";

export const configurationPath = "/etc/apache2/kit.conf";
const secretsPath = "/etc/apache2/kit-secrets.conf";

/** Only these are loaded: nothing that serves files, lists folders or runs programs. */
const modules = [
  "mpm_event",
  "authn_core",
  "authz_core",
  "alias",
  "allowmethods",
  "headers",
  "oauth2",
  "proxy",
  "proxy_http",
  "reqtimeout",
  "rewrite",
  "setenvif",
];

const threadsPerProcess = 64;
const defaultIdleSeconds = 60;
const webSocketIdleSeconds = 3600;

/**
 * The whole configuration of an httpd 2.4 (2.4.59 or later) with mod_oauth2, and beside it a file with its secrets.
 *
 * Why mod_oauth2: docs/decisions/0003-oauth2-resource-server-module.md.
 */
export function renderHttpd(config: HttpdConfig): ConfigFile[] {
  return [
    { path: configurationPath, content: renderConfiguration(config) },
    { path: secretsPath, content: renderSecrets(config), secret: true },
  ];
}

/** In the path of a request line, not in its query. mod_rewrite reads its arguments by rules of its own: no escapes. */
const dotSegment = String.raw`^\S+ [^?\s]*(?:/|\\|%2f|%5c)(?:\.|%2e){1,2}(?:/|\\|%2f|%5c|[?;\s])`;

/** Holds for OPTIONS on a path that a route has. */
const preflight = `"expr=%{REQUEST_METHOD} == 'OPTIONS' && -n reqenv('KIT_ROUTE')"`;

type PatternedRoute = ReturnType<typeof withPatterns>[number];

function renderConfiguration(config: HttpdConfig): string {
  const routes = withPatterns(config.routes);
  const caching = config.introspectionIntervalSeconds > 0;
  const sections = [
    server(config),
    requestDefence(config.routes, caching),
    `# Upstreams\n${connections(routes)}`,
    routing(routes, config.limits),
    `# Tokens\nInclude ${quote(secretsPath)}`,
    ...routes.map((route) => routeSection(route, config)),
  ];
  return `${sections.join("\n\n")}\n`;
}

function server({ port, host, limits, oidc, introspectionIntervalSeconds }: HttpdConfig): string {
  const threads = Math.min(threadsPerProcess, limits.maxRequests);
  const processes = Math.ceil(limits.maxRequests / threads);
  return `# Rendered by james-oidc-kit; changes are lost.
${defineDollar}
ServerRoot "/etc/apache2"
DefaultRuntimeDir "/tmp"
PidFile "/tmp/httpd.pid"
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}

Listen ${port}
ServerName ${quote(`http://${host}:${port}`)}
ErrorLog "/dev/stderr"
LogLevel warn
# The path without the query: what a client puts there by mistake stays out of the log.
LogFormat "%a %{KIT_ROUTE}e %m %U %>s %B %Dus" kit
CustomLog "/dev/stdout" kit

StartServers 1
ServerLimit ${processes}
ThreadLimit ${threads}
ThreadsPerChild ${threads}
MaxRequestWorkers ${processes * threads}
MinSpareThreads ${Math.min(16, threads)}
MaxSpareThreads ${Math.min(16, threads) + threads}
GracefulShutdownTimeout 5

Timeout ${defaultIdleSeconds}
KeepAlive On
KeepAliveTimeout 15
RequestReadTimeout header=10-30,MinRate=500 body=30,MinRate=500
LimitRequestLine 8190
LimitRequestFields 64
LimitRequestFieldSize 16380

HttpProtocolOptions Strict
TraceEnable Off
ServerTokens Prod
ServerSignature Off
ProxyRequests Off
RedirectRelative On
# Paths reach upstreams byte for byte: names of downloads may hold %2F or double slashes.
AllowEncodedSlashes NoDecode
MergeSlashes Off
<Directory "/">
  AllowOverride None
</Directory>
# Whatever a mistake below lets through is refused here.
<Location "/">
  AuthType oauth2
  OAuth2AcceptTokenIn header
  OAuth2TargetPass ${quoteOptions({
    remote_user_claim: oidc.userClaim ?? "email",
    headers: "Off",
    envvars: introspectionIntervalSeconds > 0 ? "On" : "Off",
  })}
  Require all denied
</Location>`;
}

function requestDefence(routes: readonly GatewayRoute[], caching: boolean): string {
  return `# Identity is never taken from a client, nor told to one. "early" comes before everything, on every method.
${strippedHeaders(routes)
  .map((name) => `RequestHeader unset ${name} early`)
  .join("\n")}
# A client could otherwise have the gateway's headers taken away again, as belonging to its connection.
RequestHeader unset Connection "expr=%{HTTP:Connection} !~ /^(?:close|keep-alive|upgrade|[, ])*$/i"
${identityHeaders.flatMap((name) => [`Header unset ${name}`, `Header always unset ${name}`]).join("\n")}${
  caching
    ? `
# The time of the request, for the check of a cached token's expiry; upstreams do not see it.
RequestHeader set X-Kit-Now "%t" early
RequestHeader unset X-Kit-Now`
    : ""
}`;
}

/**
 * Which path is whose: unknown ones are 404, OPTIONS is answered here (gateway/cors.ts), the rest goes on.
 *
 * An exact path is forwarded by mod_rewrite, since ProxyPass takes every path below one too. What follows a prefix
 * must stay as it was sent, which only ProxyPass with mapping=encoded does; it comes first, and mod_rewrite overrules it.
 */
function routing(routes: readonly PatternedRoute[], limits: HttpdLimits): string {
  const prefixes = forwards(routes)
    .filter(({ route }) => isPrefix(route.path))
    .sort((one, other) => other.route.path.length - one.route.path.length);
  return `# Routing
${routes.map(({ route, pattern }) => `SetEnvIf Request_URI ${quote(pattern)} KIT_ROUTE=${route.id}`).join("\n")}
SetEnvIf Request_Method "^OPTIONS$" no-proxy
RewriteEngine On
# A dot segment, plain, encoded or beside an encoded slash: an upstream could read it as another path.
RewriteCond %{THE_REQUEST} "${dotSegment}" [NC]
RewriteRule ^ - [R=400,L]
RewriteCond %{ENV:KIT_ROUTE} =""
RewriteRule ^ - [R=404,L]
RewriteCond %{REQUEST_METHOD} =OPTIONS
RewriteRule ^ - [R=204,L]
# LimitRequestBody does not hold for proxied requests.
RewriteCond expr "%{HTTP:Content-Length} -gt ${limits.maxBodyBytes}"
RewriteRule ^ - [R=413,L]
${routes.flatMap(({ route }) => exactRoute(route)).join("\n")}
${prefixes
  .map(({ route, url }) => `ProxyPass ${quote(pathStem(route.path))} ${quote(url)} mapping=encoded`)
  .join("\n")}
# Once, whether the answer is the upstream's or made here.
Header unset Access-Control-Allow-Origin env=KIT_ROUTE
Header always set Access-Control-Allow-Origin ${quote(cors.allowOrigin)} env=KIT_ROUTE
Header always set Access-Control-Allow-Headers ${quote(cors.allowHeaders.join(", "))} ${preflight}
Header always set Access-Control-Max-Age ${quote(`${cors.maxAge}`)} ${preflight}`;
}

function exactRoute(route: GatewayRoute): string[] {
  const { id, path, target } = route;
  const isRoute = `RewriteCond %{ENV:KIT_ROUTE} =${id}`;
  if (!isForward(target)) {
    return [isRoute, "RewriteCond %{REQUEST_METHOD} !^(?:GET|HEAD)$", "RewriteRule ^ - [R=405,L]"];
  }
  return isPrefix(path) ? [] : [isRoute, `RewriteRule ^ ${upstreamUrl(route, target)} [P,L]`];
}

function forwards(routes: readonly PatternedRoute[]) {
  return routes.flatMap(({ route }) =>
    isForward(route.target) ? [{ route, target: route.target, url: upstreamUrl(route, route.target) }] : [],
  );
}

/** Settings of the connections to each URL; httpd takes those of the longest URL that a request starts with. */
function connections(routes: readonly PatternedRoute[]): string {
  const settings = new Map(forwards(routes).map(({ url, target }) => [url, connection(target)]));
  // One that comes after a shorter one would be taken for a part of it.
  return [...settings]
    .sort(([one], [other]) => other.length - one.length)
    .map(([url, options]) => `<Proxy ${quote(url)}>\n  ProxySet ${options}\n</Proxy>`)
    .join("\n");
}

/** Where a route forwards to: the URL of its path, or of its prefix. */
export function upstreamUrl(route: GatewayRoute, { upstream, upstreamPath }: ForwardTarget): string {
  return `http://${upstream.host}:${upstream.port}${pathStem(upstreamPath ?? route.path)}`;
}

/** Settings of the connections to an upstream's URL. */
export function connection({ webSocket, idleTimeoutSeconds }: ForwardTarget): string {
  const idle = idleTimeoutSeconds ?? (webSocket ? webSocketIdleSeconds : defaultIdleSeconds);
  return [
    `timeout=${idle}`,
    "connectiontimeout=5",
    // A replaced upstream has another address, and is asked again at once.
    "addressttl=5",
    "retry=0",
    ...(webSocket ? ["upgrade=websocket"] : []),
  ].join(" ");
}

function routeSection({ route, pattern }: PatternedRoute, config: HttpdConfig): string {
  const lines = [
    `AllowMethods ${route.methods.join(" ")}`,
    `Header always set Access-Control-Allow-Methods ${quote(allowMethods(route.methods))} ${preflight}`,
    ...authentication(route, config),
    ...(isForward(route.target)
      ? requestHeaders(route.target)
      : [`Redirect 302 ${quote(route.target.redirectTo)}`]),
  ];
  return `# ${route.id}
<LocationMatch ${quote(pattern)}>
${lines.map((line) => `  ${line}`).join("\n")}
</LocationMatch>`;
}

function authentication({ authentication: who }: GatewayRoute, config: HttpdConfig): string[] {
  switch (who) {
    case "public":
      return ["Require all granted", "RequestHeader unset Authorization"];
    case "basic":
      return [
        "Require all granted",
        `RequestHeader unset Authorization "expr=%{HTTP:Authorization} !~ /^Basic /i"`,
      ];
    case "oidc":
      return oidc(config);
  }
}

function oidc({ oidc: { issuer, clientId, audience }, introspectionIntervalSeconds }: HttpdConfig): string[] {
  const caching = introspectionIntervalSeconds > 0;
  const conditions = [
    // It becomes a header: one word, without control characters.
    `Require expr "%{REMOTE_USER} =~ /^[^[:cntrl:][:space:]]+$/"`,
    `Require oauth2_claim ${quote(`iss:${issuer}`)}`,
    `Require oauth2_claim ${quote(`aud:${audience ?? clientId}`)}`,
    `Require oauth2_claim "typ:Bearer"`,
    // mod_oauth2 does not look at the expiry of what it kept. REMOTE_USER makes httpd ask after the token was read.
    ...(caching
      ? [
          `Require expr "%{REMOTE_USER} != '' && %{HTTP:X-Kit-Now} =~ /^t=([0-9]{10})/ && $1 -lt reqenv('OAUTH2_CLAIM_exp')"`,
        ]
      : []),
  ];
  return [
    "<RequireAll>",
    ...conditions.map((condition) => `  ${condition}`),
    "</RequireAll>",
    `Header always setifempty WWW-Authenticate "Bearer" "expr=%{REQUEST_STATUS} == 401"`,
    `RequestHeader set ${userHeader} "expr=%{REMOTE_USER}"`,
    "RequestHeader unset Authorization",
  ];
}

function requestHeaders({ requestHeaders: headers = {} }: ForwardTarget): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value instanceof Secret ? [] : [`RequestHeader set ${name} ${quoteHeaderValue(value)}`],
  );
}

function renderSecrets(config: HttpdConfig): string {
  const { oidc, introspectionIntervalSeconds: interval, redis, cryptoPassphrase } = config;
  const inRedis = interval > 0 && redis !== undefined;
  const lines = [
    "# Rendered by james-oidc-kit; changes are lost.",
    `OAuth2CryptoPassphrase ${quote(cryptoPassphrase.reveal())}`,
    ...(inRedis
      ? [
          `OAuth2Cache redis ${quoteOptions({
            name: "tokens",
            host: redis.host,
            port: `${redis.port}`,
            password: redis.password.reveal(),
          })}`,
        ]
      : []),
    `OAuth2TokenVerify introspect ${quote(oidc.introspectionUrl)} ${quoteOptions({
      "introspect.ssl_verify": "true",
      "introspect.auth": "client_secret_basic",
      client_id: oidc.clientId,
      client_secret: oidc.clientSecret.reveal(),
      expiry: `${interval}`,
      ...(inRedis && { "verify.cache": "tokens" }),
    })}`,
    ...withPatterns(config.routes).flatMap(({ route, pattern }) => {
      const headers = isForward(route.target) ? Object.entries(route.target.requestHeaders ?? {}) : [];
      const secrets = headers.flatMap(([name, value]) => (value instanceof Secret ? [{ name, value }] : []));
      return secrets.length === 0
        ? []
        : [
            `<LocationMatch ${quote(pattern)}>`,
            ...secrets.map(
              ({ name, value }) => `  RequestHeader set ${name} ${quoteHeaderValue(value.reveal())}`,
            ),
            "</LocationMatch>",
          ];
    }),
  ];
  return `${lines.join("\n")}\n`;
}
