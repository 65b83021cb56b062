/** Whatever somebody connects to over HTTP. TLS is a matter of its scheme. */
export interface Endpoint {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

/** Its URL without a path, e.g. `http://apisix.example.com:9080`. */
export function urlOf({ scheme, host, port }: Endpoint): string {
  return `${scheme}://${host}:${port}`;
}
