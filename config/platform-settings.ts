import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import { builtJames, jamesRelease } from "../platform/image-set";
import type { PublishedPort } from "../platform/platform-model";
import type { Path } from "../platform/platform-rules";
import type { PlatformSpec, RealmSpec } from "../platform/platform-spec";
import type { CompleteSettings } from "./derived-defaults";

/**
 * What an environment file wants of a platform. The first realm's settings are those of the file itself.
 *
 * @param limits those that were written
 * @param templates of the realms
 * @param ca content of the file that `directory.ca` names
 */
export function platformSpec(
  settings: CompleteSettings,
  limits: NonNullable<PlatformSpec["limits"]>,
  templates: readonly (RealmRepresentation | undefined)[],
  ca?: string,
): PlatformSpec {
  const { realm, realms, domain, clients, people, images, imageReferences, ...rest } = settings;
  const { imap, smtp, sieve, ...shared } = rest.ports;
  const { gateway, ...hosts } = rest.hosts;
  const { smokeUser } = rest.directory ?? {};
  const own = {
    ...{ name: realm.name, domain, clients, people, smokeUser },
    hosts: { gateway },
    ports: { imap, smtp, sieve },
  };
  const withTemplate = (wanted: Omit<RealmSpec, "template">, index: number): RealmSpec => ({
    ...wanted,
    template: templates[index],
  });
  return {
    ...rest,
    ...{ hosts, limits, ports: shared },
    directory: rest.directory && { ...rest.directory, ca },
    realms: [withTemplate(own, 0), ...realms.map((one, index) => withTemplate(one, index + 1))],
    images: {
      james: images === "built" ? builtJames : jamesRelease(imageReferences.james),
      hasApisix: () => images === "registry",
      keycloak: images,
    },
  };
}

/** Where an environment file says what a place in its `PlatformSpec` is of. */
export function writtenPath([section, index, ...rest]: Path): Path {
  if (section !== "realms" || typeof index !== "number") {
    return [section, index, ...rest].filter((key) => key !== undefined);
  }
  if (index > 0) return ["realms", index - 1, ...rest];
  const [key] = rest;
  if (key === "name" || key === "template") return ["realm", key];
  return key === "usersDn" || key === "smokeUser" ? ["directory", key] : rest;
}

/** The setting of a published port: `ports.imap`, `realms.0.ports.imap`. */
export function portSetting({ path }: PublishedPort): string {
  return writtenPath(path).join(".");
}
