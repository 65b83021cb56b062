import type { PlatformModel } from "./platform-model";
import type { ProxySpec } from "./platform-spec";

/** A proxy, with how it tells a client's address on the mail ports. */
export function resolveProxy({ trusted, protocol, mail }: ProxySpec): NonNullable<PlatformModel["proxy"]> {
  return { trusted, protocol, mail: mail ?? (protocol === "proxy-v2" ? protocol : "direct") };
}

/**
 * What a proxy on the engine's own machine is before: it is published for that machine alone, since the address from which the
 * proxy connects is that of every program and container there.
 */
export function behindLocalProxy({ proxy }: Pick<PlatformModel, "proxy">): {
  readonly web: boolean;
  readonly mail: boolean;
} {
  const isLocal = proxy?.trusted.includes("127.0.0.1") ?? false;
  return { web: isLocal, mail: isLocal && proxy?.mail === "proxy-v2" };
}
