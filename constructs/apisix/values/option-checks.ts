import { addressProblems } from "./address";
import { expressionProblems } from "./apisix-expression";
import { type ApisixProblem, type ConfigMap, type ConfigValue, isList, isMap, refused } from "./apisix-value";
import { luaFunctionProblem, luaProblem } from "./lua-code";
import { regexProblems } from "./plugin-regex";

type OptionCheck = (value: ConfigValue, at: string) => ApisixProblem[];

const regex: OptionCheck = (value, at) => refused(regexProblems(value, at));
const address: OptionCheck = (value, at) => refused(addressProblems(value, at));
const luaChunk = luaCheck(luaProblem);
const luaFunction = luaCheck(luaFunctionProblem);
const json: OptionCheck = (value, at) =>
  typeof value !== "string" || isReference(value) || isJson(value)
    ? []
    : [{ at, what: "not JSON", refused: true }];
const expressionsOf: OptionCheck = (value, at) =>
  (isList(value) ? value : []).flatMap((item, index) => expressionProblems(item, `${at}.${index}`));

const bodyExpressions = {
  include_req_body_expr: expressionProblems,
  include_resp_body_expr: expressionProblems,
};

/** What APISIX's plugins compile of their options when they read them, by the way to it; `*` is each item. */
const optionChecks: Readonly<Record<string, Readonly<Record<string, OptionCheck>>>> = {
  "ai-prompt-guard": { "allow_patterns.*": regex, "deny_patterns.*": regex },
  "ai-proxy": { "auth.gcp.service_account_json": json },
  "ai-proxy-multi": { "instances.*.auth.gcp.service_account_json": json },
  "chaitin-waf": { "match.*.vars": expressionProblems },
  cors: { "allow_origins_by_regex.*": regex, "timing_allow_origins_by_regex.*": regex },
  "exit-transformer": { "functions.*": luaChunk },
  "fault-injection": { "abort.vars": expressionsOf, "delay.vars": expressionsOf },
  "file-logger": { match: expressionProblems },
  "http-logger": bodyExpressions,
  "ip-restriction": { "blacklist.*": address, "whitelist.*": address },
  "kafka-logger": bodyExpressions,
  loggly: bodyExpressions,
  "loki-logger": bodyExpressions,
  "oas-validator": { spec: json },
  "real-ip": { "trusted_addresses.*": address },
  "response-rewrite": { vars: expressionProblems },
  "rocketmq-logger": bodyExpressions,
  "serverless-post-function": { "functions.*": luaFunction },
  "serverless-pre-function": { "functions.*": luaFunction },
  "tencent-cloud-cls": bodyExpressions,
  "traffic-label": { "rules.*.match": expressionProblems },
  "traffic-split": { "rules.*.match.*.vars": expressionProblems },
  "ua-restriction": { "allowlist.*": regex, "denylist.*": regex },
  "uri-blocker": { "block_rules.*": regex },
  workflow: { "rules.*.case": unrefused(expressionProblems) },
};

const commonChecks = { "_meta.filter": expressionProblems, "_meta.pre_function": luaChunk };

/** What does not compile of a plugin's options: expressions, regular expressions, Lua, addresses. */
export function optionProblems(plugin: string, config: ConfigMap): ApisixProblem[] {
  const checks = { ...commonChecks, ...(Object.hasOwn(optionChecks, plugin) && optionChecks[plugin]) };
  return Object.entries(checks).flatMap(([way, check]) =>
    valuesAt(config, way.split(".")).flatMap(({ at, value }) => check(value, at.join("."))),
  );
}

interface Placed {
  readonly at: readonly string[];
  readonly value: ConfigValue;
}

function valuesAt(
  value: ConfigValue | undefined,
  way: readonly string[],
  at: readonly string[] = [],
): Placed[] {
  if (value === undefined) return [];
  const [key, ...rest] = way;
  if (key === undefined) return [{ at, value }];
  if (key === "*") {
    return isList(value) ? value.flatMap((item, index) => valuesAt(item, rest, [...at, `${index}`])) : [];
  }
  return isMap(value) ? valuesAt(value[key], rest, [...at, key]) : [];
}

/** What APISIX takes, and does not do. */
function unrefused(check: OptionCheck): OptionCheck {
  return (value, at) => check(value, at).map(({ refused: _, ...problem }) => problem);
}

function luaCheck(problem: (code: string) => string | undefined): OptionCheck {
  return (value, at) => {
    const what = typeof value === "string" ? problem(value) : undefined;
    return what === undefined ? [] : [{ at, what, refused: true }];
  };
}

/** A value that APISIX looks up when it is used: https://apisix.apache.org/docs/apisix/terminology/secret/ */
export function isReference(text: string): boolean {
  return /^\$secret:\/\/|^\$env:\/\//i.test(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
