import type { ApisixCapabilities } from "../../schema/capabilities";
import { type ApisixProblem, type ConfigMap, snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

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

export function corsProblems(config: ConfigMap, { corsExposesNothing }: ApisixCapabilities): ApisixProblem[] {
  if (config.allow_credential !== true) return [];
  const unset = corsExposesNothing ? ["expose_headers", "timing_allow_origins"] : ["timing_allow_origins"];
  return ["allow_origins", "allow_methods", "allow_headers", "expose_headers", "timing_allow_origins"]
    .filter((at) => config[at] === "*" || (config[at] === undefined && !unset.includes(at)))
    .map((at) => ({
      at,
      what: "cannot be `*` when allow_credential is true",
      fix: "Name them",
      refused: true,
    }));
}
