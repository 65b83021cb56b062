import { allowMethods, corsHeaders } from "../gateway/cors";
import { type ForwardTarget, type GatewayRoute, isRedirect, isWebFinger } from "../gateway/gateway-route";
import {
  clientAddressHeader,
  identityHeaders,
  strippedHeaders,
  userHeader,
} from "../gateway/identity-headers";
import type { ConfigFile } from "../workload/config-file";
import { Secret } from "../workload/secret";
import type { HttpdConfig, HttpdOidc } from "./httpd-config";
import { luaModules } from "./lua-files";
import { refusals, refusedFiles, whenRefused } from "./refused";
import { hostSecretsPath, renderHostSecrets, renderSecrets, secretsPath } from "./render-secrets";
import { type PatternedRoute, withPatterns } from "./route-pattern";
import { connections, corsPreflight, crossOrigin, defaultIdleSeconds, isUser, routing } from "./routing";
import { defineDollar, quote, quoteHeaderValue, quoteOptions } from "./syntax";
import { answerByLua, webFingerFiles } from "./web-finger";

export const configurationPath = "/etc/apache2/kit.conf";

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

/**
 * The whole configuration of an httpd 2.4 (2.4.59 or later) with mod_oauth2, beside it a file with its secrets, and the
 * Lua that answers WebFinger where a route does.
 *
 * Why mod_oauth2: docs/decisions/0003-oauth2-resource-server-module.md.
 */
export function renderHttpd(config: HttpdConfig): ConfigFile[] {
  const hosts = hostsOf(config);
  const hostSecrets = hosts.map((host) => renderHostSecrets(host, config));
  const several = hosts.length > 1;
  const shared = renderSecrets(config);
  return [
    { path: configurationPath, content: renderConfiguration(config) },
    { path: secretsPath, content: several ? shared : `${shared}${hostSecrets[0]}`, secret: true },
    ...(several ? hostSecrets : []).map((content, index) => ({
      path: hostSecretsPath(index),
      content,
      secret: true,
    })),
    ...(hasWebFinger(config) ? webFingerFiles : []),
    ...refusedFiles,
  ];
}

/** What differs between the hosts of a server. */
type Host = Pick<HttpdConfig, "host" | "routes" | "oidc" | "webOrigins">;

function hostsOf(config: HttpdConfig): Host[] {
  return [config, ...(config.sites ?? [])];
}

function allRoutes(config: HttpdConfig): GatewayRoute[] {
  return hostsOf(config).flatMap(({ routes }) => routes);
}

function hasWebFinger(config: HttpdConfig): boolean {
  return allRoutes(config).some(({ target }) => isWebFinger(target));
}

function renderConfiguration(config: HttpdConfig): string {
  const hosts = hostsOf(config);
  const routes = allRoutes(config);
  const sections = [
    server(config),
    requestDefence(routes, config.introspectionIntervalSeconds > 0),
    `# Upstreams\n${connections(routes)}`,
    ...(hosts.length > 1
      ? [
          `# Tokens\nInclude ${quote(secretsPath)}`,
          unknownHosts(config),
          ...hosts.map((host, index) => virtualHost(host, config, hostSecretsPath(index))),
        ]
      : hostSections(config, config, secretsPath)),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** What a host answers. */
function hostSections(host: Host, config: HttpdConfig, secrets: string): string[] {
  const routes = withPatterns(host.routes);
  return [
    routing(routes, host.oidc, config.limits),
    crossOrigin(host.webOrigins ?? []),
    `# Tokens\nInclude ${quote(secrets)}`,
    refusals(host.oidc),
    ...routes.map((route) => routeSection(route, host, config)),
  ];
}

/** The first virtual host answers to every name that no other one has. */
function unknownHosts({ port }: HttpdConfig): string {
  return `# Requests for other hosts
<VirtualHost *:${port}>
ServerName unknown-host.invalid
RewriteEngine On
RewriteRule ^ - [R=404,L]
</VirtualHost>`;
}

function virtualHost(host: Host, config: HttpdConfig, secrets: string): string {
  return `<VirtualHost *:${config.port}>
ServerName ${quote(`http://${host.host}:${config.port}`)}
${nothingElse(host, config)}

${hostSections(host, config, secrets).join("\n\n")}
</VirtualHost>`;
}

/** A location for everything: what no route allows is refused. */
function nothingElse({ oidc }: Host, { introspectionIntervalSeconds }: HttpdConfig): string {
  return `# Whatever a mistake below lets through is refused here.
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

function server(config: HttpdConfig): string {
  const { port, host, limits } = config;
  const threads = Math.min(threadsPerProcess, limits.maxRequests);
  const processes = Math.ceil(limits.maxRequests / threads);
  return `# Rendered by james-oidc-kit; changes are lost.
${defineDollar}
ServerRoot "/etc/apache2"
DefaultRuntimeDir "/tmp"
PidFile "/tmp/httpd.pid"
${[...modules, ...luaModules].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}

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
${nothingElse(config, config)}`;
}

function requestDefence(routes: readonly GatewayRoute[], caching: boolean): string {
  return `# Identity is never taken from a client, nor told to one. "early" comes before everything, on every method.
${strippedHeaders(routes)
  .map((name) => `RequestHeader unset ${name} early`)
  .join("\n")}
# A client could otherwise have the gateway's headers taken away again, as belonging to its connection.
RequestHeader unset Connection "expr=%{HTTP:Connection} !~ /^(?:close|keep-alive|upgrade|[, ])*$/i"
RequestHeader set ${clientAddressHeader} "expr=%{REMOTE_ADDR}"
${identityHeaders.flatMap((name) => [`Header unset ${name}`, `Header always unset ${name}`]).join("\n")}
${corsHeaders.map((name) => `Header unset ${name}`).join("\n")}${
  caching
    ? `
# The time of the request, for the check of a cached token's expiry; upstreams do not see it.
RequestHeader set X-Kit-Now "%t" early
RequestHeader unset X-Kit-Now`
    : ""
}`;
}

function routeSection({ route, pattern }: PatternedRoute, host: Host, config: HttpdConfig): string {
  const lines = [
    `AllowMethods ${route.methods.join(" ")}`,
    `Header always set Access-Control-Allow-Methods ${quote(allowMethods(route.methods))} ${corsPreflight}`,
    ...authentication(route, host, config),
    ...answer(route.target),
  ];
  return `# ${route.id}
<LocationMatch ${quote(pattern)}>
${lines.map((line) => `  ${line}`).join("\n")}
</LocationMatch>`;
}

function authentication(
  { authentication: who }: GatewayRoute,
  { oidc }: Host,
  config: HttpdConfig,
): string[] {
  switch (who) {
    case "public":
      return ["Require all granted", "RequestHeader unset Authorization"];
    case "basic":
      return ["Require all granted", ...withoutCookies];
    case "oidc":
      return bearer(oidc, config);
  }
}

const withoutCookies = ["RequestHeader unset Cookie", "Header unset Set-Cookie"];

function bearer(
  { issuer, clientId, audience, userDomains }: HttpdOidc,
  { introspectionIntervalSeconds }: HttpdConfig,
): string[] {
  const caching = introspectionIntervalSeconds > 0;
  const conditions = [
    // Read as it is, without escapes.
    `Require expr "${isUser("%{REMOTE_USER}", userDomains).join(" && ")}"`,
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
    ...whenRefused,
    ...withoutCookies,
    `RequestHeader set ${userHeader} "expr=%{REMOTE_USER}"`,
    "RequestHeader unset Authorization",
  ];
}

function answer(target: GatewayRoute["target"]): string[] {
  if (isRedirect(target)) return [`Redirect 302 ${quote(target.redirectTo)}`];
  return isWebFinger(target) ? answerByLua(target.webFinger) : requestHeaders(target);
}

function requestHeaders({ requestHeaders: headers = {} }: ForwardTarget): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value instanceof Secret ? [] : [`RequestHeader set ${name} ${quoteHeaderValue(value)}`],
  );
}
