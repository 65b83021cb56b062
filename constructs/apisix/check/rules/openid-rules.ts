import type { JsonObject } from "../../../../kit/json";
import { releaseFacts } from "../../schema/facts";
import {
  asMap,
  asText,
  type Configuration,
  type EffectiveRoute,
  type PluginUse,
  texts,
} from "../configuration/configuration";
import { at, type Found, listed } from "../configuration/finding";

/** Settings of openid-connect that let through what they should not. */
export function openidFindings(configuration: Configuration): Found[] {
  return configuration.pluginUses
    .filter(({ name, disabled }) => name === "openid-connect" && !disabled)
    .flatMap((use) =>
      rules.flatMap(({ option, ...rule }) => {
        const found = rule.check(use.config, configuration, use);
        return found
          ? [{ severity: "warning", at: at(use.holder, "plugins", use.name, ...option), ...found } as const]
          : [];
      }),
    );
}

interface OpenidRule {
  /** What it is about; none: the plugin. */
  readonly option: readonly string[];
  readonly check: (
    config: JsonObject,
    configuration: Configuration,
    use: PluginUse,
  ) => Pick<Found, "what" | "why" | "fix"> | undefined;
}

const rules: readonly OpenidRule[] = [
  { option: [], check: uncheckedClaims },
  {
    option: [],
    check: (config) =>
      config.bearer_only === true &&
      !verifiesByItself(config) &&
      config.introspection_interval === undefined &&
      config.introspection_cache_ignore !== true
        ? {
            what: "answers of the token introspection are kept until the token expires",
            why: "a token of a session that has ended, or of a locked user, stays good for as long",
            fix: "Set introspection_interval to the seconds that are bearable, or introspection_cache_ignore: true",
          }
        : undefined,
  },
  {
    option: [],
    check: (config) =>
      config.bearer_only === true
        ? undefined
        : {
            what: "bearer_only is not set",
            why: "whoever comes without a token is sent to the login page, or let in by a session cookie: nothing that an API's client can do anything with, and a way in for cross-site requests",
            fix: "Set bearer_only: true, unless browsers are meant to open these addresses",
          },
  },
  {
    option: ["unauth_action"],
    check: (config) =>
      config.unauth_action === "pass"
        ? {
            what: "requests without a token are let through",
            why: "the upstream gets them as they are",
            fix: "Leave it out",
          }
        : undefined,
  },
  {
    option: ["ssl_verify"],
    check: (config, { apisix }) => {
      const value = config.ssl_verify ?? defaultOf("ssl_verify", apisix.version);
      return value === false || value === "no"
        ? asText(config.discovery)?.startsWith("https:")
          ? {
              what: "the identity provider's certificate is not checked",
              why: "whoever gets between the two can hand out keys of his own, and make tokens that APISIX takes",
              fix: "Set ssl_verify: true",
            }
          : undefined
        : undefined;
    },
  },
  {
    option: ["discovery"],
    check: ({ discovery }) =>
      asText(discovery)?.startsWith("http:")
        ? {
            what: "the identity provider's keys are fetched over http",
            why: "whoever gets between the two can hand out keys of his own, and make tokens that APISIX takes",
            fix: "Use https, unless both are on one machine or a network of their own",
          }
        : undefined,
  },
];

function verifiesByItself({ use_jwks, public_key }: JsonObject): boolean {
  return use_jwks === true || public_key !== undefined;
}

function defaultOf(option: string, version: string): unknown {
  const properties = releaseFacts(version).plugins["openid-connect"]?.schema.properties;
  return (properties as Record<string, { default?: unknown }> | undefined)?.[option]?.default;
}

/** Where it verifies signatures by itself, it looks at few claims; somebody else has to look at the rest. */
function uncheckedClaims(
  config: JsonObject,
  { routes, apisix, globalPlugins }: Configuration,
  use: PluginUse,
): Pick<Found, "what" | "why" | "fix"> | undefined {
  if (config.bearer_only !== true || !verifiesByItself(config)) return undefined;
  const validator = asMap(config.claim_validator);
  const audience = asMap(validator?.audience);
  const hasValidator = apisix.lacks("openid-connect", "claim_validator.audience") === undefined;
  const claims = [
    ...(apisix.oidcChecksIssuer ? [] : ["iss"]),
    ...(hasValidator && (audience?.match_with_client_id === true || audience?.required === true)
      ? []
      : ["aud"]),
  ];
  const open = routes.filter(
    ({ plugins }) =>
      plugins.get(use.name)?.holder === use.holder &&
      claims.some((claim) => ![...globalPlugins, ...plugins.values()].some((other) => looksAt(other, claim))),
  );
  if (claims.length === 0 || open.length === 0) return undefined;
  return {
    what: `nothing checks ${listed(claims.map((claim) => `\`${claim}\``))} of a token, on ${routesText(open)}`,
    why: claims.includes("iss")
      ? "this release looks at little but the signature: tokens that the identity provider made for another client or purpose, a logout token among them, are as good"
      : "a token that the identity provider made for another client is as good",
    fix: hasValidator
      ? "Set claim_validator.audience.required and match_with_client_id, or check the claims in a plugin after it"
      : "Check the claims in a plugin after it (kit-bearer, or a serverless-post-function), or ask by introspection",
  };
}

function routesText(routes: readonly EffectiveRoute[]): string {
  const [first] = routes;
  const name = first?.entry.id ?? first?.entry.name;
  return routes.length === 1 ? `the route ${name}` : `${routes.length} routes, ${name} among them`;
}

function looksAt({ name, disabled, config }: PluginUse, claim: string): boolean {
  if (disabled) return false;
  if (name === "kit-bearer") return true;
  return (
    name.startsWith("serverless-") &&
    texts(config.functions).some((code) => new RegExp(`\\b${claim}\\b`).test(code))
  );
}
