import { type ApisixProblem, type ConfigMap, isList, isMap, snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { headerNameProblems, headerValueProblems } from "../plugin/plugin-headers";

/** Options of api-breaker. https://apisix.apache.org/docs/apisix/plugins/api-breaker/ */
export interface ApiBreakerOptions extends PluginOptions {
  /** Status while the upstream is left alone, 200 to 599. */
  readonly breakResponseCode: number;
  /** @default none */
  readonly breakResponseBody?: string;
  /** @default none */
  readonly breakResponseHeaders?: Readonly<Record<string, string>>;
  /** Longest time that the upstream is left alone, in seconds, 3 or more; it starts at 2 and doubles. @default 300 */
  readonly maxBreakerSeconds?: number;
  /** What counts as broken: statuses of 500 to 599, and how many in a row. @default three times 500 */
  readonly unhealthy?: { readonly httpStatuses?: readonly number[]; readonly failures?: number };
  /** What counts as working again: statuses of 200 to 499, and how many in a row. @default three times 200 */
  readonly healthy?: { readonly httpStatuses?: readonly number[]; readonly successes?: number };
}

/** Leaves a broken upstream alone for a while. It counts for each host and path. */
export function apiBreaker(options: ApiBreakerOptions): Plugin {
  const { meta, breakResponseHeaders, maxBreakerSeconds, unhealthy, healthy, ...same } = options;
  return new Plugin(
    "api-breaker",
    {
      ...snakeCase(same),
      break_response_headers:
        breakResponseHeaders && Object.entries(breakResponseHeaders).map(([key, value]) => ({ key, value })),
      max_breaker_sec: maxBreakerSeconds,
      unhealthy: unhealthy && snakeCase(unhealthy),
      healthy: healthy && snakeCase(healthy),
    },
    meta,
  );
}

export function apiBreakerProblems({ break_response_headers: headers }: ConfigMap): ApisixProblem[] {
  if (!isList(headers)) return [];
  return headers.flatMap((header, index) => {
    const at = `break_response_headers.${index}`;
    return isMap(header)
      ? [...headerNameProblems(header.key, at), ...headerValueProblems(header.value, at)]
      : [];
  });
}
