import type { Secret } from "../../../workload/secret";
import { type ApisixProblem, type ConfigMap, isMap, snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { plainHeaderProblems } from "../plugin/plugin-headers";

/** Options of the kit's own kit-forward (lua/apisix/plugins/kit-forward.lua). */
export interface KitForwardOptions extends PluginOptions {
  /** The route's path: exact, or a prefix that ends in `/*`. */
  readonly path: string;
  /** Path at the upstream; a prefix exactly if `path` is one. */
  readonly upstreamPath: string;
  /** Paths that are answered 404 all the same, with what is below them. @default none */
  readonly hidden?: readonly string[];
  /** Headers set on every request to the upstream, in place of what the client sent. No variables. @default none */
  readonly headers?: Readonly<Record<string, string | Secret>>;
  /** Which `Authorization` the upstream gets: of the scheme Basic, else 401 is answered; or none. @default the client's */
  readonly authorization?: "basic" | "none";
  /** With `basic`: of which mail domains users may be, in lower case; others are answered 401. @default any */
  readonly userDomains?: readonly string[];
  /** With `basic`: WWW-Authenticate of the answer to what is no such authentication. @default "Basic" */
  readonly challenge?: string;
  /** Whether cookies pass, both ways. @default false */
  readonly cookies?: boolean;
  /**
   * What the upstream's answer is to browsers: a person's own, which is kept nowhere, what may be a page, or of an upstream that
   * says all by itself.
   *
   * @default what the gateway itself answers
   */
  readonly answer?: "private" | "page" | "whole";
  /** A subprotocol that the upstream of a WebSocket speaks without saying so. @default none */
  readonly websocketProtocol?: string;
}

/** Sends requests to another path of the upstream, byte for byte; refuses dot segments and other spellings of the path. */
export function kitForward({ meta, ...options }: KitForwardOptions): Plugin {
  return new Plugin("kit-forward", snakeCase(options), meta);
}

export function kitForwardProblems({
  path,
  upstream_path: upstreamPath,
  headers,
}: ConfigMap): ApisixProblem[] {
  const isPrefix = (text: unknown) => typeof text === "string" && text.endsWith("/*");
  return [
    ...(isPrefix(path) === isPrefix(upstreamPath)
      ? []
      : [
          {
            at: "upstream_path",
            what: `must end in \`/*\` exactly if ${path} does`,
            got: upstreamPath,
          },
        ]),
    ...(isMap(headers) ? plainHeaderProblems(headers, "headers") : []),
  ];
}
