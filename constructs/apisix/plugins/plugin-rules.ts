import type { Problem } from "../../../kit/errors";
import { nearest } from "../../../kit/nearest";
import type { ApisixCapabilities } from "../schema/capabilities";
import type { ApisixProblem, ConfigMap } from "../values/apisix-value";
import { optionProblems } from "../values/option-checks";
import { openidConnectProblems } from "./authentication/openid-connect";
import { redirectProblems } from "./general/redirect";
import { kitForwardProblems } from "./kit/kit-forward";
import { refusedOptions } from "./plugin-refusals";
import { corsProblems } from "./security/cors";
import { apiBreakerProblems } from "./traffic/api-breaker";
import { requestIdProblems } from "./traffic/request-id";
import { proxyRewriteProblems } from "./transformation/proxy-rewrite";
import { responseRewriteProblems } from "./transformation/response-rewrite";

type Check = (config: ConfigMap, apisix: ApisixCapabilities) => ApisixProblem[];

/** What APISIX checks of a plugin beside its schema, or does not check and then does wrong. */
const checks: Readonly<Record<string, Check>> = {
  "api-breaker": apiBreakerProblems,
  cors: corsProblems,
  "kit-forward": kitForwardProblems,
  "openid-connect": openidConnectProblems,
  "proxy-rewrite": proxyRewriteProblems,
  redirect: redirectProblems,
  "request-id": requestIdProblems,
  "response-rewrite": responseRewriteProblems,
};

/**
 * What is wrong with a plugin's configuration, beside its schema. Also for one that the kit did not write.
 *
 * @param isCredential whether it is what a consumer has, to prove who it is
 */
export function pluginProblems(
  name: string,
  config: ConfigMap,
  apisix: ApisixCapabilities,
  isCredential = false,
): ApisixProblem[] {
  return [
    ...Object.keys(config).flatMap((option) => {
      const since = config[option] === undefined ? undefined : apisix.lacks(name, option);
      return since
        ? [{ at: option, what: `new in APISIX ${since}: ${apisix.version} ignores it`, fix: "Leave it out" }]
        : [];
    }),
    ...optionProblems(name, config),
    ...refusedOptions(name, config, apisix, isCredential),
    ...((!isCredential && checks[name]?.(config, apisix)) || []),
  ];
}

/** The problem of a plugin's name, or undefined. */
export function pluginNameProblem(
  name: string,
  apisix: ApisixCapabilities,
  customPlugins: ReadonlySet<string>,
): Omit<Problem, "where"> | undefined {
  if (apisix.plugins.has(name) || customPlugins.has(name)) return undefined;
  const near = nearest(name, [...apisix.plugins, ...customPlugins]);
  return {
    what: apisix.refusesUnknownPlugins
      ? "unknown plugin: APISIX drops whatever has it"
      : "unknown plugin: APISIX ignores it silently",
    got: name,
    ...(near.length > 0 && { allowed: near }),
    fix: "Correct the name, or name it in customPlugins if you add its file to APISIX",
  };
}

/** Plugins that answer a request by themselves, or choose an upstream. */
const answering: ReadonlySet<string> = new Set([
  "ai-proxy",
  "ai-proxy-multi",
  "aws-lambda",
  "azure-functions",
  "ext-plugin-post-req",
  "ext-plugin-pre-req",
  "fault-injection",
  "kit-backchannel-logout",
  "kit-document",
  "kit-webfinger",
  "mcp-bridge",
  "mocking",
  "openfunction",
  "openwhisk",
  "public-api",
  "redirect",
  "serverless-post-function",
  "serverless-pre-function",
  "traffic-split",
  "workflow",
]);

/** The kit's own that pass requests on. */
const forwarding: ReadonlySet<string> = new Set(["kit-bearer", "kit-forward"]);

/** Whether a route can do without an upstream thanks to it. What a custom plugin does is not known: it can. */
export function canAnswer(name: string, apisix: ApisixCapabilities): boolean {
  return answering.has(name) || !(apisix.plugins.has(name) || forwarding.has(name));
}
