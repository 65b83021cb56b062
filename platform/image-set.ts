import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Revocation } from "../constructs/apisix/revocation";
import { legoTags } from "../constructs/certificates/dns-providers";
import { hasExtension } from "../constructs/james/capabilities";
import { JamesRelease } from "../constructs/james/james-release";
import { Image } from "../constructs/workload/image";
import { KitError } from "../kit/errors";
import { packageRoot } from "../kit/package-root";
import { defaultReferences, type ImageReferences, jamesIn, releaseIn } from "./image-references";
import type { StorageKind } from "./model/platform-spec";
import { jamesReference } from "./model/resolve-storage";

/** The image of every service. */
export interface ImageSet {
  readonly redis: Image;
  readonly postgres: Image;
  readonly ldap: Image;
  readonly keycloak: Image;
  /** Keycloak for a database in PostgreSQL: the kind is fixed when an image is built. */
  readonly keycloakPostgres: Image;
  readonly james: Image;
  /** A James that keeps mail in PostgreSQL. Undefined where images are built: no package registry has it. */
  readonly jamesPostgres?: JamesImage;
  readonly httpd: Image;
  /** Keeps certificates for the others. */
  readonly certificates: Image;
  /** The same, with a client of ACME, which proves names by HTTP, and by records of this provider of DNS. */
  readonly acme: (dnsProvider?: string) => Image;
  /** Undefined where images are built: no package registry has APISIX. */
  readonly apisix?: ApisixImage;
  /** The reference example's, with its Java plugin. */
  readonly apisixJavaPlugin?: ApisixImage;
  /** Which James is in its image, and where it is there. */
  readonly jamesRelease: JamesRelease;
  readonly jamesHome: string;
}

export interface JamesImage {
  readonly image: Image;
  readonly release: JamesRelease;
}

/** The James of a platform whose mail lasts, or does not. Where there is none that keeps it, that in memory. */
export function jamesImage(set: ImageSet, mail: StorageKind): JamesImage {
  const inMemory = { image: set.james, release: set.jamesRelease };
  return mail === "durable" ? (set.jamesPostgres ?? inMemory) : inMemory;
}

export interface ApisixImage {
  readonly image: Image;
  /** Release of APISIX in it. */
  readonly version: string;
}

/** The image of APISIX that a gateway with this kind of revocation runs. */
export function apisixImage(set: ImageSet, revocation: Revocation): ApisixImage | undefined {
  return revocation === "linagora-java-plugin" ? set.apisixJavaPlugin : set.apisix;
}

/** The image of Keycloak for the kind of its database. */
export function keycloakImage(
  set: ImageSet,
  { database }: { readonly database?: "embedded" | "postgres" } = {},
): Image {
  return database === "postgres" ? set.keycloakPostgres : set.keycloak;
}

/** What decides which images a platform runs. */
interface ImageUsers {
  readonly gateway: { readonly kind: "apisix" | "httpd"; readonly revocation: Revocation };
  /** @default one in memory */
  readonly james?: { readonly release: JamesRelease };
  /** @default the platform's */
  readonly keycloak?: { readonly managed: boolean; readonly database?: "embedded" | "postgres" };
  /** @default the platform's */
  readonly ldap?: { readonly managed: boolean };
  /** @default the platform's */
  readonly redis?: { readonly managed: boolean };
  /** @default there is none of the platform's */
  readonly postgres?: { readonly managed: boolean };
  /** @default nobody keeps certificates */
  readonly certificates?: {
    readonly managed: boolean;
    /** @default none is issued by ACME */
    readonly acme?: { readonly dnsProvider?: string };
  };
}

/** The images of a set that a platform runs, by service. */
export function imagesIn(
  set: ImageSet,
  {
    gateway: { kind, revocation },
    james,
    keycloak: identity,
    ldap: directory,
    redis: store,
    postgres: database,
    certificates: keeper,
  }: ImageUsers,
): Readonly<Record<string, Image>> {
  const { httpd, ldap, redis, postgres, certificates } = set;
  const apisix = apisixImage(set, revocation)?.image;
  const mail = james?.release.flavour === "postgres" ? "durable" : "memory";
  // What takes longest comes first.
  return {
    ...(identity?.managed !== false && { keycloak: keycloakImage(set, identity) }),
    [jamesReference(mail)]: jamesImage(set, mail).image,
    ...(kind === "httpd" && { httpd }),
    ...(kind === "apisix" &&
      apisix && { [revocation === "linagora-java-plugin" ? "apisixJavaPlugin" : "apisix"]: apisix }),
    ...(directory?.managed !== false && { ldap }),
    ...(store?.managed !== false && { redis }),
    ...(database?.managed && { postgres }),
    ...(keeper?.managed && {
      certificates: keeper.acme ? set.acme(keeper.acme.dnsProvider) : certificates,
    }),
  };
}

/** Recipes and start programs of the kit's images. */
const ownFolder = join(packageRoot, "images");

/**
 * Images built from package registries. Terraform finds them on the engine and does not build them: `james-oidc-kit plan`
 * of an environment with `images: built` does.
 *
 * @param folder of recipes. Default: the kit's own
 */
export function builtImages(folder = ownFolder): ImageSet {
  const built = (name: string) => Image.built(join(folder, name));
  return {
    keycloak: built("keycloak"),
    keycloakPostgres: Image.built(join(folder, "keycloak"), {
      name: "keycloak-postgres",
      args: { DATABASE: "postgres" },
    }),
    james: built("james"),
    httpd: built("httpd"),
    ldap: built("ldap"),
    redis: built("redis"),
    postgres: built("postgres"),
    certificates: built("certificates"),
    acme: (provider) => Image.built(join(folder, "acme"), { goTags: legoTags(provider) }),
    jamesRelease: builtJames,
    jamesHome: "/opt/james",
  };
}

/**
 * Images of a registry. James of a release for which the kit has an extension is built on the registry's; and httpd and the
 * store of certificates are, as by `builtImages`: no registry has the first with the OAuth 2.0 modules, and the second at all.
 *
 * @param references other images than the projects' own, of the same layout. The tag of James names flavour and release, that
 * of APISIX the release; a James whose tag ends in `-kit` has the extension already
 * @param folder of recipes, and of the start programs that replace entrypoints which do not fit. Default: the kit's own
 * @throws KitError when a tag names no release
 */
export function registryImages(references: Partial<ImageReferences> = {}, folder = ownFolder): ImageSet {
  const named = { ...defaultReferences, ...references };
  const start = (name: string) => readFileSync(join(folder, name, "start"), "utf8");
  const keycloak = Image.reference(named.keycloak, { start: start("keycloak") });
  const james = (service: "james" | "jamesPostgres") =>
    jamesOfRegistry(named, service, join(folder, "james/extension"));
  const apisix = (service: "apisix" | "apisixJavaPlugin", user?: string): ApisixImage => ({
    image: Image.reference(named[service], user === undefined ? {} : { user }),
    version: release(service, named[service]),
  });
  return {
    ...builtImages(folder),
    redis: Image.reference(named.redis, { user: "redis" }),
    postgres: Image.reference(named.postgres, { user: "postgres", start: start("postgres") }),
    ldap: Image.reference(named.ldap, { user: "openldap", start: start("ldap") }),
    ...{ keycloak, keycloakPostgres: keycloak },
    james: james("james").image,
    jamesRelease: james("james").release,
    jamesPostgres: james("jamesPostgres"),
    jamesHome: "/root",
    apisix: apisix("apisix"),
    // It starts as root, and the folder of APISIX, into which it writes as it starts, is of this user.
    apisixJavaPlugin: apisix("apisixJavaPlugin", "apisix"),
  };
}

/** The James that is built here. */
export const builtJames = new JamesRelease("memory", "3.8.1", true);

/**
 * Which James runs by its reference in a registry: with the kit's extension where it has it or gets it.
 *
 * @throws KitError when the tag names no flavour and release
 */
export function jamesOf(reference: string): JamesRelease {
  const release = jamesIn(reference);
  if (release === undefined) throw unknownRelease("james", reference, "as memory-3.8.2");
  return hasExtension(release) ? release.withExtension() : release;
}

/** James as its project has it, with the kit's extension (docs/decisions/0011-classes-in-james.md) where there is one. */
function jamesOfRegistry(
  named: ImageReferences,
  service: "james" | "jamesPostgres",
  extension: string,
): JamesImage {
  const image = Image.reference(named[service]);
  const release = jamesOf(named[service]);
  if (release.extended === jamesIn(named[service])?.extended) return { image, release };
  const bases = { [service]: image, jdk: Image.reference(named.jdk) };
  return { image: Image.built(extension, { name: "james-extended", bases }), release };
}

function release(service: keyof ImageReferences, reference: string): string {
  const found = releaseIn(reference);
  if (found !== undefined) return found;
  throw unknownRelease(service, reference, "as 3.18.0-debian");
}

function unknownRelease(service: keyof ImageReferences, got: string, allowed: string): KitError {
  const what = "the tag names no release";
  return new KitError("an image's release is unknown", [{ where: service, what, got, allowed }]);
}
