import { certificateHosts } from "../constructs/certificates/certificate-files";
import type { CertificateFiles } from "../constructs/certificates/certificate-store";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { IRealm } from "../constructs/keycloak/server/realm";
import { activeDirectory } from "../constructs/ldap/active-directory";
import { redisPort } from "../constructs/redis/redis-port";
import { defined } from "../kit/defined";
import { builtJames, jamesOf } from "../platform/image-set";
import type { PublishedPort } from "../platform/model/platform-model";
import type { PlatformSpec, RealmSpec } from "../platform/model/platform-spec";
import { jamesReference, resolveStorage } from "../platform/model/resolve-storage";
import type { Path } from "../platform/rules/rule";
import type { CompleteSettings } from "./derived-defaults";
import type { Settings } from "./settings";

/**
 * What an environment file wants of a platform. The first realm's settings are those of the file itself.
 *
 * @param limits those that were written
 * @param templates of the realms
 * @param files certificates that were given
 */
export function platformSpec(
  settings: CompleteSettings,
  limits: NonNullable<PlatformSpec["limits"]>,
  templates: readonly (RealmRepresentation | undefined)[],
  files: readonly CertificateFiles[],
): PlatformSpec {
  const { realm, realms, domain, clients, people, smokeUser, openid, images, imageReferences, ...rest } =
    settings;
  const { imap, smtp, sieve, imaps, submissions, ...shared } = rest.ports;
  const { gateway, ...hosts } = rest.hosts;
  const { gateway: publicGateway, mail, ...names } = rest.public;
  const own = {
    ...{ name: realm.name, domain, clients, people, smokeUser, openid },
    hosts: { gateway },
    public: { gateway: publicGateway, mail },
    ports: { imap, smtp, sieve, imaps, submissions },
  };
  const realmSpec = (
    { openid, ...wanted }: Omit<RealmSpec, "template" | "existing"> & { openid?: Settings["openid"] },
    index: number,
  ): RealmSpec => ({ ...wanted, existing: openid && provided(openid), template: templates[index] });
  return {
    ...rest,
    ...{ hosts, limits, ports: shared, public: names },
    directory: rest.directory && directoryOf(rest.directory),
    tls: { ...rest.tls, files: files.map(({ chain }) => ({ hosts: certificateHosts(chain) })) },
    redis: rest.redis && redisOf(rest.redis),
    realms: [realmSpec(own, 0), ...realms.map((one, index) => realmSpec(one, index + 1))],
    images: {
      james:
        images === "built"
          ? builtJames
          : jamesOf(imageReferences[jamesReference(resolveStorage(rest.storage).mail)]),
      hasApisix: () => images === "registry",
      keycloak: images,
    },
  };
}

function directoryOf({ preset, ...directory }: NonNullable<Settings["directory"]>) {
  return preset === "activeDirectory" ? activeDirectory(directory) : directory;
}

function redisOf({ url, ca }: NonNullable<Settings["redis"]>): PlatformSpec["redis"] {
  const { protocol, username, hostname, port } = new URL(url);
  return {
    ...{ host: hostname, port: Number(port) || redisPort, tls: protocol === "rediss:" },
    ...(username !== "" && { user: username }),
    ...(ca !== undefined && { ca }),
  };
}

/** A realm of another OpenID provider. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
function provided(openid: NonNullable<Settings["openid"]>): IRealm {
  const discoveryUrl = `${openid.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  return { ...defined(openid), provider: "other", discoveryUrl };
}

/** Where an environment file says what a place in its `PlatformSpec` is of. */
export function writtenPath([section, index, ...rest]: Path): Path {
  if (section === "redis") return ["redis", index === "ca" ? "ca" : "url"];
  if (section === "images") return ["imageReferences", index].filter((key) => key !== undefined);
  if (section !== "realms" || typeof index !== "number") {
    return [section, index, ...rest].filter((key) => key !== undefined);
  }
  const place = rest.map((key, depth) => (depth === 0 && key === "existing" ? "openid" : key));
  if (index > 0) return ["realms", index - 1, ...place];
  const [key] = place;
  if (key === "name" || key === "template") return ["realm", key];
  return key === "usersDn" ? ["directory", key] : place;
}

/** The setting of a published port: `ports.imap`, `realms.0.ports.imap`. */
export function portSetting({ path }: PublishedPort): string {
  return writtenPath(path).join(".");
}
