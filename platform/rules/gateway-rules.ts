import { at, type PlatformRule } from "./rule";

export const gatewayRules: readonly PlatformRule[] = [
  ({ services: { gateway } }) =>
    at(
      ["gateway"],
      !gateway.hasImage && {
        what: "the image set has no APISIX: none can be built from package registries",
        got: gateway.kind,
        allowed: ["httpd"],
        fix: "Take httpd, or images of a registry",
      },
    ),
  ({ services: { gateway } }) =>
    at(
      ["revocation"],
      gateway.kind === "httpd" &&
        gateway.revocation !== "introspection" && {
          what: "httpd asks Keycloak about tokens and knows no other way",
          got: gateway.revocation,
          allowed: ["introspection"],
        },
    ),
  ({ services: { gateway } }) =>
    at(
      ["introspection", "intervalSeconds"],
      gateway.revocation !== "introspection" &&
        gateway.introspectionIntervalSeconds > 0 && {
          what: `nothing is introspected with revocation ${gateway.revocation}`,
          got: gateway.introspectionIntervalSeconds,
          fix: "Leave it out, or say revocation: introspection",
        },
    ),
];
