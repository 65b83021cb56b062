import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of the kit's own kit-cors (lua/apisix/plugins/kit-cors.lua). */
export interface KitCorsOptions extends PluginOptions {
  /** Origins whose pages may read answers, or `["*"]`. @default none */
  readonly origins?: readonly string[];
  /** Value of Access-Control-Allow-Methods. */
  readonly methods: string;
  /** Request headers. */
  readonly allowHeaders: string;
  /** Response headers. */
  readonly exposeHeaders: string;
  /** How long a browser may keep the answer to a preflight, in seconds. */
  readonly maxAgeSeconds: number;
}

/** Answers OPTIONS itself, and lets pages of some origins, and of no others, read answers. */
export function kitCors({ meta, maxAgeSeconds, ...options }: KitCorsOptions): Plugin {
  return new Plugin("kit-cors", { ...snakeCase(options), max_age: maxAgeSeconds }, meta);
}
