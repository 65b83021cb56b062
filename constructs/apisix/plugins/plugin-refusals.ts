import type { ApisixCapabilities } from "../schema/capabilities";
import {
  type ApisixProblem,
  type ConfigMap,
  type ConfigValue,
  isList,
  isMap,
  refused,
} from "../values/apisix-value";
import { isReference } from "../values/reference";

type Refusal = (config: ConfigMap, apisix: ApisixCapabilities) => Omit<ApisixProblem, "refused">[];

/** What APISIX refuses of options that depend on one another, which no schema says. */
const refusals: Readonly<Record<string, Refusal>> = {
  "ai-proxy-multi": ({ instances }) => repeatedNames(instances, "instances", "name"),
  "ai-rate-limiting": ({ limit_strategy: strategy, cost_expr: cost }) =>
    strategy === "expression" && !cost
      ? [{ at: "cost_expr", what: "needed with the limit_strategy `expression`" }]
      : [],
  "ai-request-rewrite": ({ provider, override }) =>
    provider === "openai-compatible" && !(isMap(override) && override.endpoint !== undefined)
      ? [{ at: "override.endpoint", what: "needed with the provider `openai-compatible`" }]
      : [],
  "cas-auth": ({ cookie }) =>
    isMap(cookie) && cookie.samesite === "None" && cookie.secure === false
      ? [{ at: "cookie.secure", what: 'must be true when samesite is "None"' }]
      : [],
  "ldap-auth-advanced": (config) => [
    ...(config.use_ldaps === true && config.use_starttls === true
      ? [{ at: "use_starttls", what: "not together with use_ldaps" }]
      : []),
    ...(config.bind_dn !== undefined && config.ldap_password === undefined
      ? [{ at: "ldap_password", what: "needed with bind_dn" }]
      : []),
  ],
  "limit-count": limitCount,
  mocking: ({ content_type: type = "application/json;charset=utf8" }) =>
    typeof type !== "string" || mockedTypes.includes(type.replace(/;[ -~]*$/, ""))
      ? []
      : [{ at: "content_type", what: "not a type that it can answer with", got: type, allowed: mockedTypes }],
  "multi-auth": ({ auth_plugins: plugins }) =>
    eachItem(plugins, "auth_plugins", (choice, at) =>
      Object.keys(isMap(choice) ? choice : {})
        .filter((name) => !authPlugins.includes(name))
        .map((name) => ({
          at: `${at}.${name}`,
          what: "not an authentication plugin",
          got: name,
          allowed: authPlugins,
        })),
    ),
  "openid-connect": (config) => [
    ...reservedOptions
      .filter((at) => config[at] !== undefined)
      .map((at) => ({ at, what: "not to be set by itself", fix: "Use `par` or `dpop`" })),
    ...jsonSchema(config.claim_schema, "claim_schema"),
  ],
  "request-validation": ({ body_schema: body, header_schema: header }) => [
    ...jsonSchema(body, "body_schema"),
    ...jsonSchema(header, "header_schema"),
  ],
  "proxy-cache": ({ cache_key: key }) =>
    eachItem(key, "cache_key", (variable, at) =>
      variable === "$request_method" ? [{ at, what: "cannot be part of the key", got: variable }] : [],
    ),
  "response-rewrite": ({ body, body_base64: isBase64 }) =>
    isBase64 === true && !isDecodable(body) ? [{ at: "body", what: "not base64, as body_base64 says" }] : [],
  "traffic-label": ({ rules }) =>
    eachItem(rules, "rules", (rule, at) =>
      eachItem(isMap(rule) ? rule.actions : undefined, `${at}.actions`, (action, there) =>
        Object.keys(isMap(action) ? action : {})
          .filter((name) => name !== "set_headers" && name !== "weight")
          .map((name) => ({
            at: `${there}.${name}`,
            what: "not an action",
            got: name,
            allowed: "set_headers, weight",
          })),
      ),
    ),
  "traffic-split": ({ rules }) =>
    eachItem(rules, "rules", (rule, at) =>
      eachItem(isMap(rule) ? rule.match : undefined, `${at}.match`, (match, there) =>
        isMap(match) && match.vars === undefined ? [{ at: there, what: "a match without `vars`" }] : [],
      ),
    ),
  workflow: ({ rules }) =>
    eachItem(rules, "rules", (rule, at) =>
      eachItem(isMap(rule) ? rule.actions : undefined, `${at}.actions`, workflowAction),
    ),
};

/** The same of a plugin's options on a consumer: the credential by which it proves who it is. */
const credentialRefusals: Readonly<Record<string, Refusal>> = {
  "jwe-decrypt": ({ secret, is_base64_encoded: isBase64 }) => {
    if (typeof secret !== "string") return [];
    const length = isBase64 === true ? Buffer.from(secret, "base64url").length : Buffer.byteLength(secret);
    return length === 32
      ? []
      : [
          {
            at: "secret",
            what: `must have 32 bytes${isBase64 === true ? " when it is decoded" : ""}, got ${length}`,
          },
        ];
  },
  "jwt-auth": (config, { jwtSecretNeeded }) => {
    const { algorithm = "HS256", secret, base64_secret: isBase64, public_key: key } = config;
    const symmetric = typeof algorithm !== "string" || algorithm.startsWith("HS");
    return [
      ...(isBase64 === true && typeof secret === "string" && !isReference(secret) && !isBase64Text(secret)
        ? [{ at: "secret", what: "not base64, as base64_secret says" }]
        : []),
      ...(symmetric && secret === undefined && jwtSecretNeeded
        ? [{ at: "secret", what: `needed with ${algorithm}` }]
        : []),
      ...(!symmetric && key === undefined ? [{ at: "public_key", what: `needed with ${algorithm}` }] : []),
    ];
  },
};

/** @param isCredential whether a consumer has it */
export function refusedOptions(
  name: string,
  config: ConfigMap,
  apisix: ApisixCapabilities,
  isCredential: boolean,
): ApisixProblem[] {
  const table = isCredential && Object.hasOwn(credentialRefusals, name) ? credentialRefusals : refusals;
  const refusal = Object.hasOwn(table, name) ? table[name] : undefined;
  return refused(refusal?.(config, apisix) ?? []);
}

/** Names under which lua-resty-openidc knows what `par` and `dpop` say. */
const reservedOptions = [
  "dpop_private_key",
  "dpop_public_jwk",
  "dpop_signing_alg",
  "pushed_authorization_request_endpoint",
  "pushed_authorization_request_endpoint_auth_method",
  "use_dpop",
  "use_par",
];

const jsonTypes = ["array", "boolean", "function", "integer", "null", "number", "object", "string", "table"];

/** What the Lua library `jsonschema` cannot make a validator of. */
function jsonSchema(schema: ConfigValue | undefined, at: string): ApisixProblem[] {
  if (!isMap(schema)) return [];
  const { type, required, properties, items } = schema;
  const types = isList(type) ? type : [type];
  return [
    ...types
      .filter((one) => one !== undefined && !(typeof one === "string" && jsonTypes.includes(one)))
      .map((one) => ({ at: `${at}.type`, what: "not a type of JSON Schema", got: one, allowed: jsonTypes })),
    ...(required === undefined || isList(required) ? [] : [{ at: `${at}.required`, what: "not a list" }]),
    ...Object.entries(isMap(properties) ? properties : {}).flatMap(([name, inner]) =>
      jsonSchema(inner, `${at}.properties.${name}`),
    ),
    ...jsonSchema(items, `${at}.items`),
  ];
}

const mockedTypes = ["application/json", "application/xml", "text/html", "text/plain", "text/xml"];

const authPlugins = [
  "basic-auth",
  "hmac-auth",
  "jwe-decrypt",
  "jwt-auth",
  "key-auth",
  "ldap-auth",
  "ldap-auth-advanced",
  "multi-auth",
  "wolf-rbac",
];

function limitCount(config: ConfigMap): Omit<ApisixProblem, "refused">[] {
  const { count, time_window: window, rules, group, policy, sync_interval: interval } = config;
  const delayed = typeof policy === "string" && policy.startsWith("redis") && typeof interval === "number";
  return [
    ...(rules !== undefined && group !== undefined ? [{ at: "group", what: "not together with rules" }] : []),
    ...repeatedNames(rules, "rules", "key"),
    ...(delayed && interval !== -1 && interval < 0.1
      ? [{ at: "sync_interval", what: "must be at least 0.1", got: interval }]
      : []),
    ...(delayed && count !== undefined && typeof window === "number" && interval >= window
      ? [{ at: "sync_interval", what: "must be below time_window", got: interval }]
      : []),
  ];
}

function workflowAction(action: ConfigValue, at: string): ApisixProblem[] {
  const [name, options] = isList(action) ? action : [];
  if (typeof name !== "string" || !["return", "limit-count", "limit-conn"].includes(name)) {
    return [{ at, what: "not an action", got: name, allowed: "return, limit-count, limit-conn" }];
  }
  if (!isMap(options)) return [{ at, what: `${name} lacks its options` }];
  const code = options.code;
  return name === "return" && !(typeof code === "number" && code >= 100 && code <= 599)
    ? [{ at: `${at}.1.code`, what: "must be a status, 100 to 599", got: code }]
    : [];
}

/** Items of a list that have a name in common. */
function repeatedNames(list: ConfigValue | undefined, at: string, option: string): ApisixProblem[] {
  const seen = new Set<ConfigValue>();
  return eachItem(list, at, (item, there) => {
    const name = isMap(item) ? item[option] : undefined;
    if (name === undefined) return [];
    if (seen.has(name)) return [{ at: `${there}.${option}`, what: "there twice", got: name }];
    seen.add(name);
    return [];
  });
}

function eachItem(
  list: ConfigValue | undefined,
  at: string,
  check: (item: ConfigValue, at: string) => ApisixProblem[],
): ApisixProblem[] {
  return isList(list) ? list.flatMap((item, index) => check(item, `${at}.${index}`)) : [];
}

function isDecodable(body: ConfigValue | undefined): boolean {
  return typeof body === "string" && body !== "" && (isReference(body) || isBase64Text(body));
}

/** As nginx decodes it, which bears padding that is missing or too much. */
function isBase64Text(text: string): boolean {
  const [data = ""] = text.split("=");
  return /^[A-Za-z0-9+/]*$/.test(data) && data.length % 4 !== 1;
}
