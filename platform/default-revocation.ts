/** How a gateway learns of logouts where nothing is said. */
export function defaultRevocation(gateway: "apisix" | "httpd"): "redis" | "introspection" {
  return gateway === "apisix" ? "redis" : "introspection";
}
