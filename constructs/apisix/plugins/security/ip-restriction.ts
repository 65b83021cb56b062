import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of ip-restriction: one of the lists. https://apisix.apache.org/docs/apisix/plugins/ip-restriction/ */
export interface IpRestrictionOptions extends PluginOptions {
  /** Addresses and networks that are let in, as `10.0.0.0/8`. @default all that are not on the other list */
  readonly whitelist?: readonly string[];
  /** Addresses and networks that are not. @default all that are not on the other list */
  readonly blacklist?: readonly string[];
  /** Body of a refusal. @default "Your IP address is not allowed" */
  readonly message?: string;
  /** Status of a refusal; 404 from APISIX 3.18 on. @default 403 */
  readonly responseCode?: 403 | 404;
}

/** Lets in, or shuts out, by the client's address. Behind a proxy, real-ip tells it. */
export function ipRestriction({ meta, ...options }: IpRestrictionOptions): Plugin {
  return new Plugin("ip-restriction", snakeCase(options), meta);
}
