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
  MailPlatformProps,
  MailPlatformRealmProps,
  MailPlatformResources,
  MailPlatformSecrets,
} from "../platform/mail-platform-props";
export type { PlatformModel, RealmModel } from "../platform/platform-model";
export { type PlatformProblem, platformProblems } from "../platform/platform-rules";
export type { PlatformSpec, RealmSpec } from "../platform/platform-spec";
export { resolvePlatform } from "../platform/resolve-platform";
