import type { HttpdConfig } from "./httpd-config";

/**
 * Directives of the whole server by which X-Forwarded-For is read from the right, as far as the addresses are trusted ones.
 * The start program knows these.
 */
export function forwardedAddresses({ proxy }: HttpdConfig): string {
  return proxy?.protocol === "forwarded"
    ? "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy ${KIT_TRUSTED}\n# The proxy module tells upstreams the address, and nothing beside it.\nRequestHeader unset X-Forwarded-For\n"
    : "";
}

/** Directives of a virtual host that people reach: the PROXY protocol, which all must speak but those who are not trusted. */
export function proxyProtocol({ proxy }: Pick<HttpdConfig, "proxy">): string {
  return proxy?.protocol === "proxy-v2"
    ? "RemoteIPProxyProtocol On\nRemoteIPProxyProtocolExceptions ${KIT_UNTRUSTED}\n"
    : "";
}
