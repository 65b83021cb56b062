import type { Json, JsonObject } from "../../../../kit/json";
import { identityHeaders, userHeader } from "../../../gateway/identity-headers";
import type { ApisixCapabilities } from "../../schema/capabilities";
import { asList, asMap, asText, type EffectiveRoute, type PluginUse, texts } from "./configuration";
import { blocksClientHeader, headersOf } from "./headers";

/** A plugin that keeps some headers of a client from the upstream. */
export interface Guard {
  readonly use: PluginUse;
  /** In lower case. */
  readonly headers: ReadonlySet<string>;
  /** The requests that do not pass it, in words; undefined when all do. */
  readonly exempt: string | undefined;
}

/** What a plugin keeps out on a route; nothing for one that keeps nothing out. */
export function guardsOf(use: PluginUse, route: EffectiveRoute, apisix: ApisixCapabilities): Guard[] {
  const headers = blockedHeaders(use, apisix).map((header) => header.toLowerCase());
  return headers.length > 0 ? [{ use, headers: new Set(headers), exempt: exemptRequests(use, route) }] : [];
}

const tokenHeaders = ["X-Userinfo", "X-Access-Token", "X-ID-Token", "X-Refresh-Token", "X-Raw-ID-Token"];

function blockedHeaders({ name, config }: PluginUse, apisix: ApisixCapabilities): readonly string[] {
  switch (name) {
    case "proxy-rewrite":
    case "kit-forward":
      return headersOf(config)
        .filter(blocksClientHeader)
        .map((header) => header.name);
    case "kit-bearer":
      return [userHeader, ...tokenHeaders];
    case "openid-connect":
      return headersSetByOpenid(config, apisix);
    case "ext-plugin-pre-req":
      return refusesUserHeader(config) ? [userHeader] : [];
    case "serverless-pre-function":
    case "serverless-post-function":
      // What the program does with a header is not known: one that it names counts as blocked.
      return identityHeaders.filter((header) =>
        texts(config.functions).some((code) => namesHeader(code, header)),
      );
    default:
      return [];
  }
}

function headersSetByOpenid(
  config: JsonObject,
  { oidcClearsIdentityHeaders }: ApisixCapabilities,
): readonly string[] {
  if (config.unauth_action === "pass") return [];
  if (oidcClearsIdentityHeaders) return tokenHeaders;
  const userinfo = config.set_userinfo_header === false ? [] : ["X-Userinfo"];
  const inOwnHeader =
    config.set_access_token_header !== false && config.access_token_in_authorization_header !== true;
  return [...userinfo, ...(inOwnHeader ? ["X-Access-Token"] : [])];
}

/** The reference example's Java plugin: `pre` answers 401 to whoever sends an X-User. */
function refusesUserHeader(config: JsonObject): boolean {
  return (
    config.allow_degradation !== true &&
    (asList(config.conf) ?? []).some((item) => {
      const filter = asMap(item);
      return filter?.name === "RewriteXUserFilter" && filter.value === "pre";
    })
  );
}

function namesHeader(code: string, header: string): boolean {
  return new RegExp(`(?<![\\w-])${header.replace("-", "[-_]")}(?![\\w-])`, "i").test(code);
}

const allMethods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE"];

function exemptRequests({ config }: PluginUse, { methods }: EffectiveRoute): string | undefined {
  const conditions = asList(asMap(config._meta)?.filter) ?? [];
  const outcomes = conditions.map((condition) =>
    methodsOutside(condition, methods.length > 0 ? methods : allMethods),
  );
  if (outcomes.some((outcome) => outcome === undefined)) return "on some requests";
  const outside = [...new Set(outcomes.flatMap((outcome) => outcome ?? []))];
  return outside.length > 0 ? `on ${outside.join(", ")}` : undefined;
}

/** The methods for which a condition does not hold; undefined when it is about something else. */
function methodsOutside(condition: Json, methods: readonly string[]): readonly string[] | undefined {
  const [variable, ...rest] = asList(condition) ?? [];
  const negated = rest[0] === "!";
  const [operator, value] = negated ? rest.slice(1) : rest;
  if (variable !== "request_method" || value === undefined) return undefined;
  const holds = (method: string) => {
    switch (operator) {
      case "==":
        return method === asText(value);
      case "~=":
        return method !== asText(value);
      case "in":
      case "IN":
        return texts(value).includes(method);
      default:
        return undefined;
    }
  };
  if (methods.some((method) => holds(method) === undefined)) return undefined;
  return methods.filter((method) => holds(method) === negated);
}
