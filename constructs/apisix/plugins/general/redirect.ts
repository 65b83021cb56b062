import { type ApisixProblem, type ConfigMap, isList, refused, snakeCase } from "../../values/apisix-value";
import { regexProblems, replacementProblems } from "../../values/plugin-regex";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { headerValueProblems } from "../plugin/plugin-headers";

/** Options of redirect: one of the first three. https://apisix.apache.org/docs/apisix/plugins/redirect/ */
export interface RedirectOptions extends PluginOptions {
  /** Where to; `$name` is a variable of nginx. @default none */
  readonly uri?: string;
  /** Expression that the client's path matches, and where to. @default none */
  readonly regexUri?: readonly [pattern: string, replacement: string];
  /** To the same URL by https, with 301, for GET and HEAD, and 308. @default false */
  readonly httpToHttps?: boolean;
  /** 200 or more. @default 302 */
  readonly retCode?: number;
  /** Encodes the URI in `Location`. @default false */
  readonly encodeUri?: boolean;
  /** @default false */
  readonly appendQueryString?: boolean;
}

/** Answers with a redirect. */
export function redirect({ meta, ...options }: RedirectOptions): Plugin {
  return new Plugin("redirect", snakeCase(options), meta);
}

export function redirectProblems(config: ConfigMap): ApisixProblem[] {
  const [pattern, replacement] = isList(config.regex_uri) ? config.regex_uri : [];
  return [
    ...refused([
      ...regexProblems(pattern, "regex_uri.0"),
      ...replacementProblems(replacement, "regex_uri.1"),
    ]),
    ...headerValueProblems(config.uri, "uri"),
    ...(config.http_to_https === true && config.append_query_string === true
      ? [
          {
            at: "append_query_string",
            what: "not together with http_to_https, which keeps the query",
            refused: true,
          },
        ]
      : []),
  ];
}
