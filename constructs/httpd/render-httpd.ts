import { allowMethods, corsHeaders } from "../gateway/cors";
import {
  type ForwardTarget,
  type GatewayRoute,
  isDocument,
  isRedirect,
  isWebFinger,
} from "../gateway/gateway-route";
import { everyOidc } from "../gateway/gateway-site";
import type { GatewayTls } from "../gateway/gateway-tls";
import {
  clientAddressHeader,
  identityHeaders,
  strippedHeaders,
  userHeader,
} from "../gateway/identity-headers";
import type { ConfigFile } from "../workload/config-file";
import { Secret } from "../workload/secret";
import { answerByDocument, documentFiles } from "./documents";
import { forwardedHostSection } from "./forwarded-host";
import type { HttpdConfig, HttpdOidc } from "./httpd-config";
import { generations, processesFor, startFiles } from "./httpd-start";
import { httpsHost, httpsModules, httpsServer, redirectSection } from "./https";
import { forwardedMark, hygiene, ownAnswers } from "./hygiene";
import { luaModules } from "./lua-files";
import { isAccessToken, isActive, openidFiles, openidModule } from "./openid-provider";
import { refusedFiles, refusedSection, sendRefusalsToHandler } from "./refused";
import {
  credentialsName,
  hostSecretsPath,
  renderHostSecrets,
  renderSecrets,
  secretsPath,
} from "./render-secrets";
import { type PatternedRoute, withPatterns } from "./route-pattern";
import { corsPreflight, crossOrigin, defaultIdleSeconds, isUser, proxySections, routing } from "./routing";
import { defineDollar, encodedSlashes, quote, quoteHeaderValue, quoteOptions } from "./syntax";
import { forwardedAddresses, proxyProtocol } from "./trusted-proxies";
import { answerByLua, webFingerFiles } from "./web-finger";

export const configurationPath = "/etc/apache2/kit.conf";

/** Only these are loaded: nothing that lists folders or runs programs. */
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

/**
 * The whole configuration of an httpd 2.4 (2.4.59 or later) with mod_oauth2, beside it a file with its secrets, and the
 * Lua that answers WebFinger where a route does.
 *
 * Why mod_oauth2: docs/decisions/0003-oauth2-resource-server-module.md.
 */
export function renderHttpd(config: HttpdConfig): ConfigFile[] {
  const hosts = hostsOf(config);
  const hostSecrets = hosts.map((host, index) => renderHostSecrets(host, config, index));
  const several = hasVirtualHosts(config);
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
    ...hosts.flatMap(({ routes }, index) => documentFiles(routes, index)),
    ...refusedFiles,
    ...openidFiles(everyOidc(config)),
    ...startFiles(config),
  ];
}

/** Whether hosts are told apart; else every name is the gateway's. */
export function hasVirtualHosts(
  config: Pick<HttpdConfig, "sites" | "forwardedHosts" | "tls" | "proxy">,
): boolean {
  const { sites = [], forwardedHosts = [], tls, proxy } = config;
  return sites.length + forwardedHosts.length > 0 || tls !== undefined || proxy !== undefined;
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
  const routes = allRoutes(config);
  const { forwardedHosts = [], tls } = config;
  const sections = [
    serverSection(config),
    headerDefence(routes, config),
    hygiene(forwardedHosts.length > 0),
    ...(tls ? [httpsServer(tls, processesFor(config.limits).threads)] : []),
    `# Upstreams\n${proxySections(routes, forwardedHosts)}`,
    ...(hasVirtualHosts(config)
      ? [
          `# Tokens\nInclude ${quote(secretsPath)}`,
          ...listenersOf(config).flatMap((it) => virtualHosts(it, config)),
        ]
      : hostSections(config, config, secretsPath, 0)),
    ...(tls?.redirectPort === undefined ? [] : [redirectSection({ ...config, tls })]),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** Where requests for hosts come in. */
interface Listener {
  readonly port: number;
  readonly tls?: GatewayTls;
  /** Whether it is for people, and not only for the environment's own services. */
  readonly published: boolean;
}

function listenersOf({ port, tls }: HttpdConfig): Listener[] {
  return [{ port, published: tls === undefined }, ...(tls ? [{ port: tls.port, tls, published: true }] : [])];
}

/** The first virtual host of a port answers to every name that no other one has. */
function virtualHosts(listener: Listener, config: HttpdConfig): string[] {
  const { forwardedHosts = [] } = config;
  const of = (host: string, answers: string) => virtualHost(host, answers, listener, config);
  return [
    of("", "RewriteEngine On\nRewriteRule ^ - [R=404,L]"),
    ...hostsOf(config).map((host, index) =>
      of(
        host.host,
        [denyByDefault(host, config), ...hostSections(host, config, hostSecretsPath(index), index)].join(
          "\n\n",
        ),
      ),
    ),
    ...(listener.published ? forwardedHosts : []).map((one) =>
      of(one.host, forwardedHostSection(one, config)),
    ),
  ];
}

/** @param host "" for those that are not known */
function virtualHost(
  host: string,
  answers: string,
  { port, tls, published }: Listener,
  config: HttpdConfig,
): string {
  const name = host === "" ? "unknown-host.invalid" : quote(`${tls ? "https" : "http"}://${host}:${port}`);
  const connection = `${tls ? `${httpsHost(host, tls)}\n` : ""}${published ? proxyProtocol(config) : ""}`;
  return `${host === "" ? "# Requests for other hosts\n" : ""}<VirtualHost *:${port}>
ServerName ${name}
${encodedSlashes}
${connection}${answers}
</VirtualHost>`;
}

/** What a host answers. */
function hostSections(host: Host, config: HttpdConfig, secrets: string, index: number): string[] {
  const routes = withPatterns(host.routes);
  return [
    routing(routes, host.oidc, config.limits),
    crossOrigin(host.webOrigins ?? []),
    `# Tokens\nInclude ${quote(secrets)}`,
    refusedSection(host.oidc, index),
    ...routes.map((route) => routeSection(route, host, config, index)),
  ];
}

/** A location for everything: what no route allows is refused. */
function denyByDefault({ oidc }: Host, { introspectionIntervalSeconds }: HttpdConfig): string {
  return `# Whatever a mistake below lets through is refused here.
<Location "/">
  AuthType oauth2
  OAuth2AcceptTokenIn header
  OAuth2TargetPass ${quoteOptions({
    remote_user_claim: oidc.userClaim ?? "email",
    headers: "Off",
    envvars: introspectionIntervalSeconds > 0 || oidc.provider === "other" ? "On" : "Off",
  })}
  Require all denied
</Location>`;
}

function serverSection(config: HttpdConfig): string {
  const { port, host, limits, tls, proxy } = config;
  const { threads, processes } = processesFor(limits);
  return `# Rendered by james-oidc-kit; changes are lost.
${defineDollar}
ServerRoot "/etc/apache2"
DefaultRuntimeDir "/tmp"
PidFile "/tmp/httpd.pid"
${[
  ...[...modules, ...luaModules, ...(tls ? httpsModules : []), ...(proxy ? ["remoteip"] : [])].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  ),
  ...openidModule(everyOidc(config)),
].join("\n")}

Listen ${port}
ServerName ${quote(`http://${host}:${port}`)}
ErrorLog "/dev/stderr"
LogLevel warn
# The path without the query: what a client puts there by mistake stays out of the log.
LogFormat "%a %{KIT_ROUTE}e %m %U %>s %B %Dus" kit
CustomLog "/dev/stdout" kit

StartServers 1
ServerLimit ${processes * (tls ? generations : 1)}
ThreadLimit ${threads}
ThreadsPerChild ${threads}
MaxRequestWorkers ${processes * threads}
MinSpareThreads ${Math.min(16, threads)}
MaxSpareThreads ${Math.min(16, threads) + threads}
GracefulShutdownTimeout 5

Timeout ${defaultIdleSeconds}
KeepAlive On
KeepAliveTimeout 15
# By default a connection ends after 100 requests: a program that asks often would negotiate TLS as often.
MaxKeepAliveRequests 1000
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
${encodedSlashes}
MergeSlashes Off
<Directory "/">
  AllowOverride None
</Directory>
${denyByDefault(config, config)}`;
}

function headerDefence(routes: readonly GatewayRoute[], config: HttpdConfig): string {
  const caching = config.introspectionIntervalSeconds > 0;
  const { proxy, forwardedHosts = [] } = config;
  const chain = "X-Forwarded-For";
  const early = strippedHeaders(routes).filter((name) => name !== chain || proxy?.protocol !== "forwarded");
  const otherwise = forwardedHosts.length > 0 ? ` env=!${forwardedMark}` : "";
  return `# Identity is never taken from a client, nor told to one. "early" comes before everything, on every method.
${early.map((name) => `RequestHeader unset ${name} early`).join("\n")}
${forwardedAddresses(config)}# A client could otherwise have the gateway's headers taken away again, as belonging to its connection.
RequestHeader unset Connection "expr=%{HTTP:Connection} !~ /^(?:close|keep-alive|upgrade|[, ])*$/i"
RequestHeader set ${clientAddressHeader} "expr=%{REMOTE_ADDR}"
${identityHeaders.flatMap((name) => [`Header unset ${name}`, `Header always unset ${name}`]).join("\n")}
${corsHeaders.map((name) => `Header unset ${name}${otherwise}`).join("\n")}${
  caching
    ? `
# The time of the request, for the check of a cached token's expiry; upstreams do not see it.
RequestHeader set X-Kit-Now "%t" early
RequestHeader unset X-Kit-Now`
    : ""
}`;
}

function routeSection(
  { route, pattern }: PatternedRoute,
  host: Host,
  config: HttpdConfig,
  index: number,
): string {
  const lines = [
    `AllowMethods ${route.methods.join(" ")}`,
    `Header always set Access-Control-Allow-Methods ${quote(allowMethods(route.methods))} ${corsPreflight}`,
    ...authentication(route, host, config, index),
    ...answer(route, index),
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
  index: number,
): string[] {
  switch (who) {
    case "public":
      return ["Require all granted", "RequestHeader unset Authorization"];
    case "basic":
      return ["Require all granted", ...withoutCookies, ...ownAnswers];
    case "oidc":
      return bearer(oidc, config, index);
  }
}

const withoutCookies = ["RequestHeader unset Cookie", "Header unset Set-Cookie"];

function bearer(oidc: HttpdOidc, { introspectionIntervalSeconds }: HttpdConfig, index: number): string[] {
  const { issuer, clientId, audience, userDomains } = oidc;
  const caching = introspectionIntervalSeconds > 0;
  const conditions = [
    // Read as it is, without escapes.
    `Require expr "${isUser("%{REMOTE_USER}", userDomains).join(" && ")}"`,
    `Require oauth2_claim ${quote(`iss:${issuer}`)}`,
    `Require oauth2_claim ${quote(`aud:${audience ?? clientId}`)}`,
    isAccessToken(oidc),
    // mod_oauth2 does not look at the expiry of what it kept. REMOTE_USER makes httpd ask after the token was read.
    ...(caching
      ? [
          `Require expr "%{REMOTE_USER} != '' && %{HTTP:X-Kit-Now} =~ /^t=([0-9]{10})/ && $1 -lt reqenv('OAUTH2_CLAIM_exp')"`,
        ]
      : []),
    ...isActive(oidc, credentialsName(index)),
  ];
  return [
    "<RequireAll>",
    ...conditions.map((condition) => `  ${condition}`),
    "</RequireAll>",
    ...sendRefusalsToHandler,
    ...withoutCookies,
    ...ownAnswers,
    `RequestHeader set ${userHeader} "expr=%{REMOTE_USER}"`,
    "RequestHeader unset Authorization",
  ];
}

function answer({ id, target }: GatewayRoute, index: number): string[] {
  if (isDocument(target)) return answerByDocument(id, target.document, index);
  if (isRedirect(target)) return [`Redirect 302 ${quote(target.redirectTo)}`];
  return isWebFinger(target) ? answerByLua(target.webFinger) : requestHeaders(target);
}

function requestHeaders({ requestHeaders: headers = {} }: ForwardTarget): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value instanceof Secret ? [] : [`RequestHeader set ${name} ${quoteHeaderValue(value)}`],
  );
}
