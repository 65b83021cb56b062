import { addressProblems } from "./address";
import { expressionProblems } from "./apisix-expression";
import { type ApisixProblem, type ConfigMap, type ConfigValue, isList, isMap, refused } from "./apisix-value";
import { luaFunctionProblem, luaProblem } from "./lua-code";
import { regexProblems } from "./plugin-regex";
import { isReference } from "./reference";

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

/** What APISIX's plugins compile of their options when they read them, by path; `*` is each item. */
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
  workflow: { "rules.*.case": notRefused(expressionProblems) },
};

const commonChecks = { "_meta.filter": expressionProblems, "_meta.pre_function": luaChunk };

/** What does not compile of a plugin's options: expressions, regular expressions, Lua, addresses. */
export function optionProblems(plugin: string, config: ConfigMap): ApisixProblem[] {
  const checks = { ...commonChecks, ...(Object.hasOwn(optionChecks, plugin) && optionChecks[plugin]) };
  return Object.entries(checks).flatMap(([way, check]) =>
    valuesAt(config, way.split(".")).flatMap(({ at, value }) => check(value, at.join("."))),
  );
}

interface ValueAt {
  readonly at: readonly string[];
  readonly value: ConfigValue;
}

function valuesAt(
  value: ConfigValue | undefined,
  way: readonly string[],
  at: readonly string[] = [],
): ValueAt[] {
  if (value === undefined) return [];
  const [key, ...rest] = way;
  if (key === undefined) return [{ at, value }];
  if (key === "*") {
    return isList(value) ? value.flatMap((item, index) => valuesAt(item, rest, [...at, `${index}`])) : [];
  }
  return isMap(value) ? valuesAt(value[key], rest, [...at, key]) : [];
}

/** Problems for which APISIX does not drop the object: it accepts the value, and does otherwise than is meant. */
function notRefused(check: OptionCheck): OptionCheck {
  return (value, at) => check(value, at).map(({ refused: _, ...problem }) => problem);
}

function luaCheck(problem: (code: string) => string | undefined): OptionCheck {
  return (value, at) => {
    const what = typeof value === "string" ? problem(value) : undefined;
    return what === undefined ? [] : [{ at, what, refused: true }];
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
