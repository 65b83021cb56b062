import { snakeCase } from "../../values/apisix-value";
import { Plugin, type PluginOptions } from "../plugin/plugin";

/** Options of real-ip. https://apisix.apache.org/docs/apisix/plugins/real-ip/ */
export interface RealIpOptions extends PluginOptions {
  /** Variable with the client's address, as `http_x_forwarded_for`. */
  readonly source: string;
  /** Proxies that are believed, as `10.0.0.0/8`. @default everybody is */
  readonly trustedAddresses?: readonly string[];
  /** Takes the last address that is none of those. @default false: the last one */
  readonly recursive?: boolean;
}

/** Learns the client's address from a proxy before the gateway. Needs APISIX's own nginx. */
export function realIp({ meta, ...options }: RealIpOptions): Plugin {
  return new Plugin("real-ip", snakeCase(options), meta);
}
