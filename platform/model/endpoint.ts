/** Whatever somebody connects to over HTTP. TLS is a matter of its scheme. */
export interface Endpoint {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** What its paths begin with, e.g. `/mail`. @default nothing */
  readonly path?: string;
}

/** Where a URL leads. */
export function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port, pathname } = new URL(url);
  const scheme = protocol === "https:" ? "https" : "http";
  const path = pathname.replace(/\/+$/, "");
  return {
    ...{ scheme, host: hostname, port: Number(port) || (scheme === "https" ? 443 : 80) },
    ...(path !== "" && { path }),
  };
}

/** Its URL without a slash at the end, e.g. `http://apisix.example.com:9080`, `https://mail.example.org`. */
export function urlOf({ scheme, host, port, path = "" }: Endpoint): string {
  // That of HTTP stays, as in every release: URLs are names, of issuers for one.
  return `${scheme}://${host}${scheme === "https" && port === 443 ? "" : `:${port}`}${path}`;
}
