import { dnsName } from "../../kit/dns-name";
import type { Problem } from "../../kit/errors";
import type { ForwardedHost } from "./forwarded-host";
import { pathProblem, upstreamProblem } from "./route-rules";

/** What is wrong with it, if anything. */
export function forwardedHostProblem(forwarded: ForwardedHost): Omit<Problem, "where"> | undefined {
  const { host, origin, upstream, path, upstreamPath = path, hidden = [] } = forwarded;
  if (!dnsName.test(host)) return { what: "not a host name in lower case", got: host };
  if (origin !== undefined && !(URL.canParse(origin) && isOriginOf(origin, host))) {
    return { what: `not an origin of ${host}`, got: origin, allowed: `https://${host}, with its port` };
  }
  const wrong = [path, upstreamPath].find(
    (text) => text !== "" && (text.endsWith("/") || text.endsWith("*") || pathProblem(text)),
  );
  if (wrong !== undefined) {
    return { what: "not a path", got: wrong, allowed: "`/` and a name, as /auth, or the empty text for all" };
  }
  const outside = hidden.find(
    (text) => !text.startsWith(`${path}/`) || text.endsWith("/") || text.endsWith("*") || pathProblem(text),
  );
  if (outside !== undefined) return { what: `not a path below ${path}/`, got: outside };
  return upstreamProblem(upstream);
}

function isOriginOf(text: string, host: string): boolean {
  const { origin, protocol, hostname } = new URL(text);
  return origin === text && hostname === host && /^https?:$/.test(protocol);
}
