import type { Secret } from "../../../workload/secret";
import {
  type ApisixProblem,
  type ConfigMap,
  type ConfigValue,
  isList,
  isMap,
  refused,
  snakeCase,
} from "../../values/apisix-value";
import { regexProblems, replacementProblems } from "../../values/plugin-regex";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { headerProblems } from "../plugin/plugin-headers";

/**
 * Headers of a request on its way to the upstream. `$name` and `${name}` in a value are variables of nginx, `\$` a
 * dollar; `$1` is a group of `regexUri`.
 */
export interface RequestHeaders {
  /** Beside those of the same name. @default none */
  readonly add?: Readonly<Record<string, string | Secret>>;
  /** In place of those of the same name. @default none */
  readonly set?: Readonly<Record<string, string | Secret>>;
  /** Taken away, after `add` and `set`. @default none */
  readonly remove?: readonly string[];
}

/** Options of proxy-rewrite. https://apisix.apache.org/docs/apisix/plugins/proxy-rewrite/ */
export interface ProxyRewriteOptions extends PluginOptions {
  /** Path at the upstream; variables as in headers. @default the client's */
  readonly uri?: string;
  /** Expression that the client's path matches, and what becomes of it; where `uri` is absent. @default none */
  readonly regexUri?: readonly [pattern: string, replacement: string];
  /** @default the client's */
  readonly method?: string;
  /** Host header. @default the upstream's `passHost` decides */
  readonly host?: string;
  /** Changes of headers. @default none */
  readonly headers?: RequestHeaders;
  /** Takes the client's path as it was sent, dot segments and all. @default false */
  readonly useRealRequestUriUnsafe?: boolean;
}

/** Changes a request on its way to the upstream. */
export function proxyRewrite({ meta, headers, ...options }: ProxyRewriteOptions): Plugin {
  return new Plugin("proxy-rewrite", { ...snakeCase(options), headers: headers && snakeCase(headers) }, meta);
}

export function proxyRewriteProblems({ regex_uri: regexUri, headers }: ConfigMap): ApisixProblem[] {
  // APISIX checks headers that are a plain map of names and values, and none below `set`, `add` or `remove`.
  const isPlain = !(
    isMap(headers) && ["set", "add", "remove"].some((part) => typeof headers[part] === "object")
  );
  const ofHeaders = headerProblems(headers);
  return [
    ...regexUriProblems(regexUri),
    ...(isPlain ? refused(ofHeaders) : ofHeaders),
    ...removedAfterAll(headers),
  ];
}

function regexUriProblems(pairs: ConfigValue | undefined): ApisixProblem[] {
  if (!isList(pairs)) return [];
  const problems = pairs.flatMap((text, index) =>
    (index % 2 === 0 ? regexProblems : replacementProblems)(text, `regex_uri.${index}`),
  );
  return refused([
    ...(pairs.length % 2 === 0 ? [] : [{ at: "regex_uri", what: "an expression without a replacement" }]),
    ...problems,
  ]);
}

function removedAfterAll(headers: ConfigValue | undefined): ApisixProblem[] {
  if (!isMap(headers) || !isList(headers.remove)) return [];
  const set = [headers.set, headers.add].flatMap((some) => (isMap(some) ? Object.keys(some) : []));
  const names = new Set(set.map((name) => name.toLowerCase()));
  return headers.remove.flatMap((name, index) =>
    typeof name === "string" && names.has(name.toLowerCase())
      ? [
          {
            at: `headers.remove.${index}`,
            what: "a header that is set too: it is taken away last",
            got: name,
          },
        ]
      : [],
  );
}
