/** The whole mail platform as one construct, and the images of its services. */
export type { ImageReferences } from "../platform/image-references";
export {
  type ApisixImage,
  builtImages,
  type ImageSet,
  registryImages,
} from "../platform/image-set";
export {
  MailPlatform,
  type MailPlatformRealm,
  type ResolvedPlatformProps,
} from "../platform/mail-platform";
export type {
  MailPlatformHosts,
  MailPlatformPorts,
  MailPlatformPostgres,
  MailPlatformProps,
  MailPlatformRealmProps,
  MailPlatformResources,
  MailPlatformSecrets,
} from "../platform/mail-platform-props";
export type { PlatformModel, RealmModel } from "../platform/model/platform-model";
export type { CapacitySpec, PlatformSpec, RealmSpec, StorageSpec } from "../platform/model/platform-spec";
export { resolvePlatform } from "../platform/model/resolve-platform";
export { type Shortfall, shortfalls } from "../platform/model/shortfalls";
export { platformProblems } from "../platform/rules/platform-rules";
export type { PlatformProblem } from "../platform/rules/rule";
