import { type ApisixProblem, type ConfigMap, snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";
import { headerNameProblems } from "../plugin/plugin-headers";

/** Options of request-id. https://apisix.apache.org/docs/apisix/plugins/request-id/ */
export interface RequestIdOptions extends PluginOptions {
  /** @default "X-Request-Id" */
  readonly headerName?: string;
  /** Tells the client too. @default true */
  readonly includeInResponse?: boolean;
  /** `ksuid` and `uuidv7` from APISIX 3.14 and 3.18 on. @default "uuid" */
  readonly algorithm?: "uuid" | "nanoid" | "range_id" | "ksuid" | "uuidv7";
  /** Of `range_id`: how many of which characters. @default 16 letters and digits */
  readonly rangeId?: { readonly length?: number; readonly charSet?: string };
}

/** Gives each request an id that has none. */
export function requestId({ meta, rangeId, ...options }: RequestIdOptions = {}): Plugin {
  return new Plugin("request-id", { ...snakeCase(options), range_id: rangeId && snakeCase(rangeId) }, meta);
}

export function requestIdProblems({ header_name: name }: ConfigMap): ApisixProblem[] {
  return headerNameProblems(name, "header_name");
}
