import { type ConfigMap, type InnerProblem, isList, snakeCase } from "../apisix-value";
import { Plugin, type PluginOptions } from "../plugin";
import { regexProblems } from "../plugin-regex";

/** Options of cors. `*` is all; with `allowCredential` no list can be `*`. https://apisix.apache.org/docs/apisix/plugins/cors/ */
export interface CorsOptions extends PluginOptions {
  /** Origins with scheme and port, or `["*"]`. @default ["*"] */
  readonly allowOrigins?: readonly string[];
  /** @default ["*"] */
  readonly allowMethods?: readonly string[];
  /** Request headers. @default ["*"] */
  readonly allowHeaders?: readonly string[];
  /** Response headers. APISIX before 3.10 told all by default. @default none */
  readonly exposeHeaders?: readonly string[];
  /** How long a browser may keep the answer, in seconds; -1 not at all. @default 5 */
  readonly maxAgeSeconds?: number;
  /** Lets browsers send cookies and the like. @default false */
  readonly allowCredential?: boolean;
  /** Expressions of further origins. @default none */
  readonly allowOriginsByRegex?: readonly string[];
}

/** Cross-origin access, answered by the gateway. */
export function cors(options: CorsOptions = {}): Plugin {
  const { meta, allowOrigins, allowMethods, allowHeaders, exposeHeaders, maxAgeSeconds, ...same } = options;
  return new Plugin(
    "cors",
    ({ corsExposesNothing }) => ({
      ...snakeCase(same),
      allow_origins: allowOrigins?.join(","),
      allow_methods: allowMethods?.join(","),
      allow_headers: allowHeaders?.join(","),
      expose_headers: exposeHeaders?.join(",") ?? (corsExposesNothing ? undefined : ""),
      max_age: maxAgeSeconds,
    }),
    meta,
  );
}

export function corsProblems(config: ConfigMap): InnerProblem[] {
  const credentials = config.allow_credential === true;
  const all = ["allow_origins", "allow_methods", "allow_headers", "expose_headers"]
    .filter(
      (at) => credentials && (config[at] === "*" || (config[at] === undefined && at !== "expose_headers")),
    )
    .map((at) => ({ at, what: "cannot be `*` when allow_credential is true", fix: "Name them" }));
  const expressions = isList(config.allow_origins_by_regex) ? config.allow_origins_by_regex : [];
  return [
    ...all,
    ...expressions.flatMap((pattern, index) => regexProblems(pattern, `allow_origins_by_regex.${index}`)),
  ];
}
