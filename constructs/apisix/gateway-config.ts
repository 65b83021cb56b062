import type { GatewayTls } from "../gateway/gateway-tls";
import type { IRedis } from "../redis/redis-server";
import type { Secret } from "../workload/secret";
import type { TrustedProxy } from "../workload/trusted-proxy";
import type { ApisixLimits } from "./apisix-gateway-props";

/** With what APISIX is started. */
export interface GatewayConfig {
  /** APISIX's folder in the image. */
  readonly home: string;
  readonly version: string;
  readonly port: number;
  /** Names of the plugins to load: no other code of APISIX's plugins runs. */
  readonly plugins: readonly string[];
  readonly limits: ApisixLimits;
  /** Certificates in PEM, of which those of others must be. @default those that the image trusts */
  readonly authorities?: readonly string[];
  /** The Java plugin of the reference example; without a Redis it keeps revoked sessions in its memory. */
  readonly javaPlugin?: { readonly redis?: IRedis };
  readonly tls?: GatewayTls;
  /** Where people find each host, as `https://mail.example.org`: to where `tls.redirectPort` leads. @default none */
  readonly origins?: ReadonlyMap<string, string>;
  readonly proxy?: TrustedProxy;
  readonly secretText: (secret: Secret) => string;
}
