/** What other projects import: `import { MailPlatform } from "james-oidc-kit"`. */
export { type Environment, environmentNames, loadEnvironment } from "./config/environment";
export { SecretStore } from "./config/secrets";
export type { Settings } from "./config/settings";
export { ApisixGateway } from "./constructs/apisix/apisix-gateway";
export type {
  ApisixGatewayProps,
  ApisixLimits,
  ApisixOidc,
} from "./constructs/apisix/apisix-gateway-props";
export { checkApisixYaml, type Finding } from "./constructs/apisix/check/check";
export {
  ApisixConfiguration,
  type ApisixConfigurationProps,
} from "./constructs/apisix/objects/apisix-configuration";
export { ApisixGlobalRule, type ApisixGlobalRuleProps } from "./constructs/apisix/objects/apisix-global-rule";
export {
  ApisixPluginConfig,
  type ApisixPluginConfigProps,
} from "./constructs/apisix/objects/apisix-plugin-config";
export { ApisixRoute, type ApisixRouteProps } from "./constructs/apisix/objects/apisix-route";
export { ApisixService, type ApisixServiceProps } from "./constructs/apisix/objects/apisix-service";
export { ApisixUpstream, type ApisixUpstreamProps } from "./constructs/apisix/objects/apisix-upstream";
export * as apisixPlugins from "./constructs/apisix/plugins";
export { Plugin, type PluginMeta } from "./constructs/apisix/plugins/plugin";
export type { Revocation } from "./constructs/apisix/revocation";
export {
  ComposeEngine,
  type ComposeEngineProps,
  type ComposeProjectFile,
} from "./constructs/engine/compose/compose-engine";
export { DockerEngine, type DockerEngineProps } from "./constructs/engine/docker/docker-engine";
export type {
  ForwardTarget,
  GatewayRoute,
  HttpMethod,
  RedirectTarget,
  RouteAuthentication,
  Upstream,
  WebFinger,
  WebFingerTarget,
} from "./constructs/gateway/gateway-route";
export type { GatewaySite } from "./constructs/gateway/gateway-site";
export { type MailRoutesProps, mailRoutes } from "./constructs/gateway/mail-routes";
export type { HttpdLimits, HttpdOidc } from "./constructs/httpd/httpd-config";
export { HttpdGateway, type HttpdGatewayProps } from "./constructs/httpd/httpd-gateway";
export { type JamesCapabilities, jamesCapabilities } from "./constructs/james/capabilities";
export type { JamesConfig, JamesOidc, JamesRealm } from "./constructs/james/james-config";
export type { JamesLimits } from "./constructs/james/james-limits";
export { type IJames, JamesServer, type JamesServerProps } from "./constructs/james/james-server";
export type { RealmOverrides } from "./constructs/keycloak/adopt/overrides";
export { RealmStack, type RealmStackProps } from "./constructs/keycloak/adopt/realm-stack";
export { RealmTemplate, type RealmTemplateOptions } from "./constructs/keycloak/adopt/realm-template";
export { type Difference, difference } from "./constructs/keycloak/compare/difference";
export { normalizeRealm } from "./constructs/keycloak/compare/normalize";
export * from "./constructs/keycloak/model";
export {
  type MailClient,
  type MailClientOptions,
  type MailRealmOptions,
  mailRealm,
} from "./constructs/keycloak/model/mail-realm";
export {
  kitRealm,
  parseRealm,
  type RealmRepresentation,
} from "./constructs/keycloak/representation/realm-template";
export { KeycloakServer, type KeycloakServerProps } from "./constructs/keycloak/server/keycloak-server";
export { type IRealm, type IResourceServer, realmAt } from "./constructs/keycloak/server/realm";
export {
  type ILdapDirectory,
  LdapDirectory,
  type LdapDirectoryProps,
  LdapDomain,
} from "./constructs/ldap/ldap-directory";
export { type LdifEntry, parseLdif } from "./constructs/ldap/ldif";
export type { Person } from "./constructs/ldap/person";
export { type IRedis, RedisServer, type RedisServerProps } from "./constructs/redis/redis-server";
/** Of the CDK for Terraform that the kit found in the project. */
export { App } from "./constructs/terraform";
export type { ConfigFile } from "./constructs/workload/config-file";
export { HealthCheck } from "./constructs/workload/health-check";
export { Image, type RegistryImageOptions } from "./constructs/workload/image";
export type { ContainerLimits } from "./constructs/workload/limits";
export { Secret } from "./constructs/workload/secret";
export {
  type Engine,
  type PublishedPort,
  Workload,
  type WorkloadProps,
  type WorkloadVolume,
} from "./constructs/workload/workload";
export { ExitCode, KitError, type Problem } from "./kit/errors";
export type { ImageReferences } from "./platform/image-references";
export {
  type ApisixImage,
  builtImages,
  type ImageSet,
  registryImages,
} from "./platform/image-set";
export {
  MailPlatform,
  type MailPlatformRealm,
  type ResolvedPlatformProps,
} from "./platform/mail-platform";
export type {
  MailPlatformHosts,
  MailPlatformPorts,
  MailPlatformProps,
  MailPlatformRealmProps,
  MailPlatformResources,
  MailPlatformSecrets,
} from "./platform/mail-platform-props";
export type { PlatformModel, RealmModel } from "./platform/platform-model";
export { type PlatformProblem, platformProblems } from "./platform/platform-rules";
export type { PlatformSpec, RealmSpec } from "./platform/platform-spec";
export { resolvePlatform } from "./platform/resolve-platform";
export { IdentityStack, type IdentityStackProps } from "./stacks/identity-stack";
export { PlatformStack, type PlatformStackProps } from "./stacks/platform-stack";
