import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Revocation } from "../constructs/apisix/revocation";
import { jamesCapabilities } from "../constructs/james/capabilities";
import { Image } from "../constructs/workload/image";
import { KitError } from "../kit/errors";
import { packageRoot } from "../kit/package-root";
import { defaultReferences, type ImageReferences, releaseIn } from "./image-references";

/** The image of every service. */
export interface ImageSet {
  readonly redis: Image;
  readonly ldap: Image;
  readonly keycloak: Image;
  readonly james: Image;
  readonly httpd: Image;
  /** Undefined where images are built: no package registry has APISIX. */
  readonly apisix?: ApisixImage;
  /** The reference example's, with its Java plugin. */
  readonly apisixJavaPlugin?: ApisixImage;
  /** Release of James in its image, `+kit` with the kit's extension, and where it is there. */
  readonly jamesVersion: string;
  readonly jamesHome: string;
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

/** What decides which images a platform runs. */
interface ImageUsers {
  readonly gateway: { readonly kind: "apisix" | "httpd"; readonly revocation: Revocation };
  /** @default the platform's */
  readonly ldap?: { readonly managed: boolean };
  /** @default the platform's */
  readonly redis?: { readonly managed: boolean };
}

/** The images of a set that a platform runs, by service. */
export function imagesIn(
  set: ImageSet,
  { gateway: { kind, revocation }, ldap: directory, redis: store }: ImageUsers,
): Readonly<Record<string, Image>> {
  const { keycloak, james, httpd, ldap, redis } = set;
  const apisix = apisixImage(set, revocation)?.image;
  // What takes longest comes first.
  return {
    ...{ keycloak, james },
    ...(kind === "httpd" && { httpd }),
    ...(kind === "apisix" &&
      apisix && { [revocation === "linagora-java-plugin" ? "apisixJavaPlugin" : "apisix"]: apisix }),
    ...(directory?.managed !== false && { ldap }),
    ...(store?.managed !== false && { redis }),
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
    james: built("james"),
    httpd: built("httpd"),
    ldap: built("ldap"),
    redis: built("redis"),
    jamesVersion: builtJames,
    jamesHome: "/opt/james",
  };
}

/**
 * Images of a registry. James of a release for which the kit has an extension is built on the registry's; and httpd is, as
 * by `builtImages`: no registry has one with the OAuth 2.0 modules.
 *
 * @param references other images than the projects' own, of the same layout. The tags of James and APISIX name releases; a
 * James whose tag ends in `-kit` has the extension already
 * @param folder of recipes, and of the start programs that replace entrypoints which do not fit. Default: the kit's own
 * @throws KitError when a tag names no release
 */
export function registryImages(references: Partial<ImageReferences> = {}, folder = ownFolder): ImageSet {
  const named = { ...defaultReferences, ...references };
  const start = (name: string) => readFileSync(join(folder, name, "start"), "utf8");
  const james = jamesOfRegistry(named, join(folder, "james/extension"));
  const apisix = (service: "apisix" | "apisixJavaPlugin", user?: string): ApisixImage => ({
    image: Image.reference(named[service], user === undefined ? {} : { user }),
    version: release(service, named[service]),
  });
  return {
    ...builtImages(folder),
    redis: Image.reference(named.redis, { user: "redis" }),
    ldap: Image.reference(named.ldap, { user: "openldap", start: start("ldap") }),
    keycloak: Image.reference(named.keycloak, { start: start("keycloak") }),
    james: james.image,
    jamesVersion: james.version,
    jamesHome: "/root",
    apisix: apisix("apisix"),
    // It starts as root, and the folder of APISIX, into which it writes as it starts, is of this user.
    apisixJavaPlugin: apisix("apisixJavaPlugin", "apisix"),
  };
}

/** Release of the James that is built here. */
export const builtJames = "3.8.1+kit";

/**
 * Release of a James by its reference in a registry, `+kit` where it has the kit's extension or gets it.
 *
 * @throws KitError when the tag names no release
 */
export function jamesRelease(reference: string): string {
  const released = release("james", reference);
  return jamesCapabilities(`${released}+kit`).kitExtension ? `${released}+kit` : released;
}

/** James as its project has it, with the kit's extension (docs/decisions/0011-classes-in-james.md) where there is one. */
function jamesOfRegistry(named: ImageReferences, extension: string): { image: Image; version: string } {
  const image = Image.reference(named.james);
  const version = jamesRelease(named.james);
  if (!version.endsWith("+kit") || /-kit(@|$)/.test(named.james)) return { image, version };
  const bases = { james: image, jdk: Image.reference(named.jdk) };
  return { image: Image.built(extension, { name: "james-extended", bases }), version };
}

function release(service: keyof ImageReferences, reference: string): string {
  const found = releaseIn(reference);
  if (found !== undefined) return found;
  throw new KitError("an image's release is unknown", [
    { where: service, what: "the tag names no release", got: reference, allowed: "as memory-3.8.2" },
  ]);
}
