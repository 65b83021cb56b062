/**
 * How a gateway learns of logouts where nothing is said.
 *
 * @param tellsLogouts whether the kit has every provider tell the gateway; of another it is not known
 */
export function defaultRevocation(
  gateway: "apisix" | "httpd",
  tellsLogouts = true,
): "redis" | "introspection" {
  return gateway === "apisix" && tellsLogouts ? "redis" : "introspection";
}
