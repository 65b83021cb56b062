import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of the kit's own kit-webfinger (lua/apisix/plugins/kit-webfinger.lua). */
export interface KitWebfingerOptions extends PluginOptions {
  /** The OpenID Connect issuer of every account. */
  readonly issuer: string;
  /** Domains of the accounts. */
  readonly domains: readonly string[];
}

/** Answers WebFinger (RFC 7033): where the users of some domains log in. The route needs no upstream. */
export function kitWebfinger({ meta, ...options }: KitWebfingerOptions): Plugin {
  return new Plugin("kit-webfinger", snakeCase(options), meta);
}
