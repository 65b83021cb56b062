import { isAtLeast } from "../../../kit/release";
import { knownPlugins } from "./facts";

/**
 * What an APISIX release does, where releases differ. 3.2.2 and 3.18.0 were read and run; when a difference came is
 * told by the changelog. Whatever was found in 3.18 only, and not in the changelog, counts as new in 3.18.
 */
export interface ApisixCapabilities {
  readonly version: string;
  /** What reads apisix.yaml. */
  readonly yamlReader: "tinyyaml" | "libyaml";
  /**
   * Where `${{NAME}}` is replaced. In the text: a value with a quote or a backslash breaks the file. In the values
   * that were read: one of digits only becomes a number.
   */
  readonly environmentReplacedIn: "text" | "values";
  /** Whether routes are found by host and path, or by path alone, when config.yaml does not say. */
  readonly defaultRouter: "radixtree_host_uri" | "radixtree_uri";
  /** `apisix.enable_http2` of config.yaml; before, HTTP/2 is a matter of each port. */
  readonly http2Option: boolean;
  /** openid-connect refuses a token, verified by JWKS, whose `iss` is not the discovery document's. */
  readonly oidcChecksIssuer: boolean;
  /** openid-connect takes `X-Userinfo`, `X-Access-Token`, `X-ID-Token` and `X-Refresh-Token` away from clients. */
  readonly oidcClearsIdentityHeaders: boolean;
  /** openid-connect asks for no client secret where it verifies tokens by itself. */
  readonly oidcSecretOptional: boolean;
  /** openid-connect with `bearer_only: false` is refused without `session`; before, APISIX made up a secret. */
  readonly oidcSessionNeeded: boolean;
  /** jwt-auth with a symmetric algorithm is refused without `secret`; before, APISIX made one up. */
  readonly jwtSecretNeeded: boolean;
  /** Without it, cors tells every page every header of an answer. */
  readonly corsExposesNothing: boolean;
  /** It drops the whole object with an unknown plugin, and says so; before, it silently left out the plugin. */
  readonly refusesUnknownPlugins: boolean;
  /** It accepts a disabled plugin with any configuration; before, it dropped the object with a wrong one. */
  readonly sparesDisabledPlugins: boolean;
  /** Of a plugin in two global rules, neither works; before, both did. */
  readonly dropsRepeatedGlobalPlugins: boolean;
  /** Names of the plugins that it brings along. */
  readonly plugins: ReadonlySet<string>;
  /** The first release with an option of a plugin, as `3.12`, if this one lacks it: it would ignore it. */
  lacks(plugin: string, option: string): string | undefined;
}

/** The oldest release whose schemas the kit knows. */
export const oldestApisix = "3.2.0";

/** @param version as `3.18.0` */
export function apisixCapabilities(version: string): ApisixCapabilities {
  const has = (release: string) => isAtLeast(version, release);
  return {
    version,
    yamlReader: has("3.10") ? "libyaml" : "tinyyaml",
    environmentReplacedIn: has("3.17") ? "text" : "values",
    defaultRouter: has("3.3") ? "radixtree_host_uri" : "radixtree_uri",
    http2Option: has("3.9"),
    oidcChecksIssuer: has("3.12"),
    oidcClearsIdentityHeaders: has("3.17"),
    oidcSecretOptional: has("3.17"),
    oidcSessionNeeded: has("3.14"),
    jwtSecretNeeded: has("3.10"),
    corsExposesNothing: has("3.10"),
    refusesUnknownPlugins: has("3.16"),
    sparesDisabledPlugins: has("3.18"),
    dropsRepeatedGlobalPlugins: has("3.15"),
    plugins: new Set(knownPlugins(version)),
    lacks: (plugin, option) => {
      const since = optionSince[plugin]?.[option];
      return since && !has(since) ? since : undefined;
    },
  };
}

export function isKnownApisix(version: string): boolean {
  return /^\d+\.\d+(?:\.\d+)?$/.test(version) && isAtLeast(version, "3.2");
}

const redisOptions: Readonly<Record<string, string>> = {
  redis_keepalive_pool: "3.18",
  redis_keepalive_timeout: "3.18",
};

/**
 * Options that came after 3.2; a release before takes and ignores them. Not here: those of openid-connect that its
 * library takes from the plugin's configuration in every release, schema or not.
 */
const optionSince: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cors: { timing_allow_origins: "3.8", timing_allow_origins_by_regex: "3.8" },
  "ip-restriction": { response_code: "3.18" },
  "key-auth": { anonymous_consumer: "3.18", realm: "3.18" },
  "limit-conn": { ...redisOptions, policy: "3.9", rules: "3.16" },
  "limit-count": {
    ...redisOptions,
    redis_ssl: "3.3",
    redis_ssl_verify: "3.3",
    redis_username: "3.3",
    rules: "3.16",
    sync_interval: "3.18",
    window_type: "3.18",
  },
  "limit-req": { ...redisOptions, policy: "3.9" },
  "openid-connect": {
    claim_schema: "3.18",
    claim_validator: "3.12",
    "claim_validator.audience": "3.14",
    dpop: "3.18",
    introspection_addon_headers: "3.18",
    par: "3.18",
    required_scopes: "3.8",
    set_raw_id_token_header: "3.18",
  },
  "response-rewrite": { max_resp_body_size: "3.18" },
};
