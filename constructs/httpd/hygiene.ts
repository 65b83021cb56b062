import { dataPolicy, pagePolicy, privateCache, securityHeaders } from "../gateway/security-headers";
import { quote } from "./syntax";

/** Set on requests to a route whose answers may be pages. */
export const pageMark = "KIT_PAGE";

/** Set on requests to a host that one upstream answers for. */
export const forwardedMark = "KIT_FORWARDED";

const unsaid = (name: string) => `-z resp('${name}')`;
const unless = (name: string, value: string, ...conditions: string[]) =>
  `Header always set ${name} ${quote(value)} ${quote(`expr=${[unsaid(name), ...conditions].join(" && ")}`)}`;

/**
 * What browsers are told of every answer (gateway/security-headers.ts).
 *
 * @param forwarding whether there are hosts that others answer for
 */
export function hygiene(forwarding: boolean): string {
  const framing = forwarding ? [`(-z reqenv('${forwardedMark}') || %{HANDLER} != 'proxy-server')`] : [];
  const policy = "Content-Security-Policy";
  const { "X-Frame-Options": frames, ...everywhere } = securityHeaders;
  return `# What browsers are told
Header unset Server
Header unset X-Powered-By
${Object.entries(everywhere)
  .map(([name, value]) => unless(name, value))
  .join("\n")}
${unless("X-Frame-Options", frames, ...framing)}
${unless(policy, dataPolicy, `-z reqenv('${pageMark}')`, ...framing)}
${unless(policy, pagePolicy, `-n reqenv('${pageMark}')`)}`;
}

/** Directives of a route whose answers are a person's own. Compressed, they would tell of secrets by their length. */
export const ownAnswers = [unless("Cache-Control", privateCache), "RequestHeader unset Accept-Encoding"];
