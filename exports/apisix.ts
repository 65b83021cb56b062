/** Apache APISIX: the gateway, routes and plugins in its own terms, and the check of any `apisix.yaml`. */
export { ApisixGateway } from "../constructs/apisix/apisix-gateway";
export type {
  ApisixGatewayProps,
  ApisixLimits,
  ApisixOidc,
} from "../constructs/apisix/apisix-gateway-props";
export { type ApisixFinding, checkApisixYaml } from "../constructs/apisix/check/check";
export {
  ApisixConfiguration,
  type ApisixConfigurationProps,
} from "../constructs/apisix/objects/apisix-configuration";
export {
  ApisixGlobalRule,
  type ApisixGlobalRuleProps,
} from "../constructs/apisix/objects/apisix-global-rule";
export {
  ApisixPluginConfig,
  type ApisixPluginConfigProps,
} from "../constructs/apisix/objects/apisix-plugin-config";
export { ApisixRoute, type ApisixRouteProps } from "../constructs/apisix/objects/apisix-route";
export { ApisixService, type ApisixServiceProps } from "../constructs/apisix/objects/apisix-service";
export { ApisixUpstream, type ApisixUpstreamProps } from "../constructs/apisix/objects/apisix-upstream";
export * as apisixPlugins from "../constructs/apisix/plugins";
export { Plugin, type PluginMeta } from "../constructs/apisix/plugins/plugin/plugin";
export type { Revocation } from "../constructs/apisix/revocation";
