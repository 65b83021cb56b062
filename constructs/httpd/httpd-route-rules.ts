import type { Problem } from "../../kit/errors";
import { type GatewayRoute, isForward } from "../gateway/gateway-route";
import { connectionSettings, upstreamUrl } from "./routing";
import { expressionMark } from "./syntax";

/** What httpd cannot do, beyond what no gateway can: `routeProblems` has that. */
export function httpdRouteProblems(routes: readonly GatewayRoute[], where: string): Problem[] {
  const firstByUrl = new Map<string, { id: string; settings: string }>();
  return routes.flatMap(({ id, target, ...route }): Problem[] => {
    if (!isForward(target)) return [];
    const problems: Problem[] = Object.entries(target.requestHeaders ?? {})
      .filter(([, value]) => (typeof value === "string" ? value : value.reveal()).startsWith(expressionMark))
      .map(([name]) => ({
        where: `${where}.${id}.requestHeaders`,
        what: `httpd takes the value of ${name}, which starts with \`${expressionMark}\`, for an expression`,
      }));
    const url = upstreamUrl({ id, target, ...route }, target);
    const settings = connectionSettings(target);
    const first = firstByUrl.get(url);
    if (first && first.settings !== settings) {
      problems.push({
        where: `${where}.${id}`,
        what: `httpd has one set of connections to ${url}, and route ${first.id} has it otherwise`,
        got: settings,
        allowed: first.settings,
        fix: "Give both routes the same webSocket and idleTimeoutSeconds",
      });
    }
    if (!first) firstByUrl.set(url, { id, settings });
    return problems;
  });
}
