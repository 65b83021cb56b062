import { mailAddressPattern } from "../../kit/mail-address";
import { basicChallenge } from "../gateway/challenges";
import { corsPolicy } from "../gateway/cors";
import type { ForwardedHost } from "../gateway/forwarded-host";
import {
  type ForwardTarget,
  type GatewayRoute,
  isForward,
  isPrefix,
  pathStem,
} from "../gateway/gateway-route";
import type { SiteUsers } from "../gateway/gateway-site";
import { forwardedUrl } from "./forwarded-host";
import type { HttpdLimits } from "./httpd-config";
import { pageMark } from "./hygiene";
import { refusedPath } from "./refused";
import { dotSegment, type PatternedRoute } from "./route-pattern";
import { quote, regexLiteral } from "./syntax";

/** Longest silence of a connection, in seconds, where a route sets no other. */
export const defaultIdleSeconds = 60;
const webSocketIdleSeconds = 3600;

/** Holds when the path has a route, and the page that asks is of an origin that may use it. */
const originAllowed = "-n reqenv('KIT_ROUTE') && -n reqenv('KIT_ORIGIN')";
/** Holds for a preflight of a page that may use the path's route. */
export const corsPreflight = `"expr=%{REQUEST_METHOD} == 'OPTIONS' && ${originAllowed}"`;

/**
 * Which path is whose: unknown ones are 404, OPTIONS is answered here (gateway/cors.ts), the rest goes on.
 *
 * An exact path is forwarded by mod_rewrite, since ProxyPass takes every path below one too. What follows a prefix
 * must stay as it was sent, which only ProxyPass with mapping=encoded does; it comes first, and mod_rewrite overrules it.
 */
export function routing(
  routes: readonly PatternedRoute[],
  { userDomains }: SiteUsers,
  limits: HttpdLimits,
): string {
  const prefixes = forwards(routes.map(({ route }) => route))
    .filter(({ route }) => isPrefix(route.path))
    .sort((one, other) => other.route.path.length - one.route.path.length);
  return `# Routing
${routes
  .map(
    ({ route, pattern }) =>
      `SetEnvIf Request_URI ${quote(pattern)} KIT_ROUTE=${route.id}${route.authentication === "basic" ? " KIT_BASIC=1" : ""}${isPage(route) ? ` ${pageMark}=1` : ""}`,
  )
  .join("\n")}
SetEnvIf Request_Method "^OPTIONS$" no-proxy
RewriteEngine On
RewriteCond %{ENV:REDIRECT_STATUS} =401
RewriteRule ^${refusedPath}$ - [L]
# A dot segment, plain, encoded or beside an encoded slash: an upstream could read it as another path.
RewriteCond %{THE_REQUEST} "${dotSegment}" [NC]
RewriteRule ^ - [R=400,L]
RewriteCond %{ENV:KIT_ROUTE} =""
RewriteRule ^ - [R=404,L]
RewriteCond %{REQUEST_METHOD} =OPTIONS
RewriteRule ^ - [R=204,L]
RewriteCond %{ENV:KIT_BASIC} =1
RewriteCond expr "!(${isBasic(userDomains)})"
RewriteRule ^ - [E=KIT_CHALLENGE:1,R=401,L]
Header always set WWW-Authenticate ${quote(basicChallenge)} env=KIT_CHALLENGE
# LimitRequestBody does not hold for proxied requests.
RewriteCond expr "%{HTTP:Content-Length} -gt ${limits.maxBodyBytes}"
RewriteRule ^ - [R=413,L]
${routes.flatMap(({ route }) => exactRoute(route)).join("\n")}
${prefixes
  .map(({ route, url }) => `ProxyPass ${quote(pathStem(route.path))} ${quote(url)} mapping=encoded`)
  .join("\n")}`;
}

/** Whether what it answers may be a page. */
function isPage({ authentication, target }: GatewayRoute): boolean {
  return authentication === "public" && isForward(target);
}

/** What browsers are told (gateway/cors.ts); which methods a route has, its section says. */
export function crossOrigin(webOrigins: readonly string[]): string {
  const origins = webOrigins.map(regexLiteral).join("|");
  return `# Pages of other origins${
    origins === "" ? "" : `\nSetEnvIf Origin ${quote(`^(?:${origins})$`)} KIT_ORIGIN=$0`
  }
Header always merge Vary "Origin" env=KIT_ROUTE
Header always set Access-Control-Allow-Origin "%{KIT_ORIGIN}e" "expr=${originAllowed}"
Header always set Access-Control-Expose-Headers ${quote(corsPolicy.exposeHeaders.join(", "))} "expr=${originAllowed}"
Header always set Access-Control-Allow-Headers ${quote(corsPolicy.allowHeaders.join(", "))} ${corsPreflight}
Header always set Access-Control-Max-Age ${quote(`${corsPolicy.maxAge}`)} ${corsPreflight}`;
}

/** UTF-8 without control characters, as PCRE reads bytes. */
const text = [
  String.raw`[\x20-\x7e]`,
  String.raw`[\xc2-\xdf][\x80-\xbf]`,
  String.raw`\xe0[\xa0-\xbf][\x80-\xbf]`,
  String.raw`[\xe1-\xec\xee\xef][\x80-\xbf]{2}`,
  String.raw`\xed[\x80-\x9f][\x80-\xbf]`,
  String.raw`\xf0[\x90-\xbf][\x80-\xbf]{2}`,
  String.raw`[\xf1-\xf3][\x80-\xbf]{3}`,
  String.raw`\xf4[\x80-\x8f][\x80-\xbf]{2}`,
].join("|");

/**
 * Holds for Basic authentication (RFC 7617) in one spelling only: canonical base64 of a mail address, a colon and a
 * text. Nothing that it has is read otherwise by mod_rewrite.
 */
function isBasic(userDomains: readonly string[] | undefined): string {
  const base64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?";
  return [
    `%{HTTP:Authorization} =~ m#^Basic +(${base64})$#i`,
    `unbase64($1) =~ m#^([^:]+):(?:${text})*$#`,
    ...isUser("$1", userDomains),
  ].join(" && ");
}

/** Hold for a user that the gateway can name to an upstream, unchanged. */
export function isUser(user: string, userDomains: readonly string[] | undefined): string[] {
  const names = userDomains?.map(regexLiteral).join("|");
  // In an expression httpd knows $1 of the last match, but no $0.
  return [
    `${user} =~ m#(${mailAddressPattern})#`,
    ...(names === undefined ? [] : [`$1 =~ m#@(?:${names})$#i`]),
  ];
}

function exactRoute(route: GatewayRoute): string[] {
  const { id, path, target } = route;
  const isRoute = `RewriteCond %{ENV:KIT_ROUTE} =${id}`;
  if (!isForward(target)) {
    // Redirects and mod_lua take any method.
    return [isRoute, "RewriteCond %{REQUEST_METHOD} !^(?:GET|HEAD)$", "RewriteRule ^ - [R=405,L]"];
  }
  return isPrefix(path) ? [] : [isRoute, `RewriteRule ^ ${upstreamUrl(route, target)} [P,L]`];
}

function forwards(routes: readonly GatewayRoute[]) {
  return routes.flatMap((route) =>
    isForward(route.target) ? [{ route, target: route.target, url: upstreamUrl(route, route.target) }] : [],
  );
}

/** Settings of the connections to each URL; httpd takes those of the longest URL that a request starts with. */
export function proxySections(
  routes: readonly GatewayRoute[],
  forwardedHosts: readonly ForwardedHost[] = [],
): string {
  const settings = new Map([
    ...forwardedHosts.map((forwarded): [string, string] => [forwardedUrl(forwarded), connectionSettings({})]),
    ...forwards(routes).map(({ url, target }): [string, string] => [url, connectionSettings(target)]),
  ]);
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
export function connectionSettings({
  webSocket,
  idleTimeoutSeconds,
}: Omit<ForwardTarget, "upstream">): string {
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
