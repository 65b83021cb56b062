import { type ForwardedHost, forwardingHeaders } from "../gateway/forwarded-host";
import type { HttpdConfig } from "./httpd-config";
import { forwardedMark } from "./hygiene";
import { dotSegment } from "./route-pattern";
import { quote, regexLiteral } from "./syntax";

/** What stands for its path, as httpd takes it: one without a slash at the end stands for itself and what is below it. */
export function forwardedUrl({ upstream, path, upstreamPath = path }: ForwardedHost): string {
  return `http://${upstream.host}:${upstream.port}${upstreamPath}${path === "" ? "/" : ""}`;
}

/** What separates segments of a path, also to an upstream that decodes, joins slashes or takes parameters (RFC 3986, section 3.3) away. */
const separator = String.raw`(?:(?:;[^/\\]*?)?(?:/|\\|%2f|%5c))+`;

/**
 * Conditions and rule by which hidden paths are 404, with what is below them, in any spelling that an upstream might read as
 * one. Of a path with %00 `unescape` says nothing.
 */
function hiding(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const hidden = paths.map((path) => path.slice(1).split("/").map(regexLiteral).join(separator)).join("|");
  const decoded = "unescape(%{REQUEST_URI})";
  const pattern = String.raw`^${separator}(?:${hidden})(?:[;/\\]|%2f|%5c|$)`;
  return `RewriteCond expr "${decoded} !~ m#^/# || ${decoded} =~ m#${pattern}#i"
RewriteRule ^ - [R=404,L]
`;
}

/** What is in its virtual host. */
export function forwardedHostSection(forwarded: ForwardedHost, config: HttpdConfig): string {
  const { host, path, hidden = [], origin = defaultOrigin(host, config) } = forwarded;
  const { protocol, port, host: authority } = new URL(origin);
  const told = {
    "X-Forwarded-For": "expr=%{REMOTE_ADDR}",
    "X-Forwarded-Proto": protocol.slice(0, -1),
    "X-Forwarded-Host": authority,
    "X-Forwarded-Port": port || (protocol === "https:" ? "443" : "80"),
  };
  return `SetEnvIf Request_URI "^" ${forwardedMark}=1
<Location "/">
  AuthType None
  Require all granted
</Location>
RewriteEngine On
RewriteCond %{THE_REQUEST} "${dotSegment}" [NC]
RewriteRule ^ - [R=400,L]
RewriteCond %{THE_REQUEST} "!^\\S+ ${regexLiteral(path)}[/?\\s]"
RewriteRule ^ - [R=404,L]
${hiding(hidden)}${forwardingHeaders
  .map((name) => `RequestHeader unset ${name} early\n`)
  .join("")}ProxyAddHeaders Off
${Object.entries(told)
  .map(([name, value]) => `RequestHeader set ${name} ${quote(value)}`)
  .join("\n")}
ProxyPass ${quote(path || "/")} ${quote(forwardedUrl(forwarded))} mapping=encoded`;
}

function defaultOrigin(host: string, { port, tls }: HttpdConfig): string {
  return tls ? `https://${host}:${tls.publicPort ?? tls.port}` : `http://${host}:${port}`;
}
