import type { Secret } from "../../../workload/secret";
import type { Expression } from "../../values/apisix-expression";
import { type ApisixProblem, type ConfigMap, isList, isMap, snakeCase } from "../../values/apisix-value";
import { regexProblems, replacementProblems } from "../../values/plugin-regex";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { headerProblems } from "../plugin/plugin-headers";

/** Options of response-rewrite. https://apisix.apache.org/docs/apisix/plugins/response-rewrite/ */
export interface ResponseRewriteOptions extends PluginOptions {
  /** 200 to 598. @default the upstream's */
  readonly statusCode?: number;
  /** @default the upstream's */
  readonly body?: string;
  /** Whether `body` is base64. @default false */
  readonly bodyBase64?: boolean;
  /** Headers of the answer; `$name` in a value is a variable of nginx. @default the upstream's */
  readonly headers?: {
    /** In place of those of the same name. */
    readonly set?: Readonly<Record<string, string | Secret>>;
    /** Beside those of the same name, as `Name: value`. */
    readonly add?: readonly string[];
    readonly remove?: readonly string[];
  };
  /** Changes in the upstream's body; not together with `body`. @default none */
  readonly filters?: readonly ResponseFilter[];
  /** It works on answers for which this holds. @default every one */
  readonly vars?: Expression;
}

export interface ResponseFilter {
  readonly regex: string;
  readonly replace: string;
  /** Every place, or the first. @default "once" */
  readonly scope?: "once" | "global";
  /** Of OpenResty's ngx.re. @default "jo" */
  readonly options?: string;
}

/** Changes an answer on its way to the client: nothing secret belongs here. */
export function responseRewrite({ meta, headers, filters, ...options }: ResponseRewriteOptions): Plugin {
  return new Plugin(
    "response-rewrite",
    { ...snakeCase(options), headers: headers && snakeCase(headers), filters: filters?.map(snakeCase) },
    meta,
  );
}

export function responseRewriteProblems({ headers, filters }: ConfigMap): ApisixProblem[] {
  return [
    ...headerProblems(headers),
    ...(isList(filters) ? filters : []).flatMap((filter, index) =>
      isMap(filter)
        ? [
            ...regexProblems(filter.regex, `filters.${index}.regex`),
            ...replacementProblems(filter.replace, `filters.${index}.replace`),
          ]
        : [],
    ),
  ];
}
