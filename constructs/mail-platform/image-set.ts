import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../config/package-root";
import { Image } from "../container/image";

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
  /** Release of James in its image, and where it is there. */
  readonly jamesVersion: string;
  readonly jamesHome: string;
}

export interface ApisixImage {
  readonly image: Image;
  /** Release of APISIX in it. */
  readonly version: string;
}

/** The images of a set that a platform with this gateway runs, without APISIX: its image is never built. */
export function imagesIn(set: ImageSet, gateway: "apisix" | "httpd"): Image[] {
  const { httpd, ...others } = set;
  return Object.values(gateway === "httpd" ? set : others).filter((value) => value instanceof Image);
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
    // What takes longest comes first.
    keycloak: built("keycloak"),
    james: built("james"),
    httpd: built("httpd"),
    ldap: built("ldap"),
    redis: built("redis"),
    jamesVersion: "3.8.1",
    jamesHome: "/opt/james",
  };
}

/**
 * Images of the projects themselves. No registry has an httpd with the OAuth 2.0 modules: that one is built, as by
 * `builtImages`.
 *
 * @param folder of the start programs that replace entrypoints which do not fit. Default: the kit's own
 */
export function registryImages(folder = ownFolder): ImageSet {
  const start = (name: string) => readFileSync(join(folder, name, "start"), "utf8");
  return {
    ...builtImages(folder),
    redis: Image.registry("redis", { tag: "8.2.1-bookworm", user: "redis" }),
    ldap: Image.registry("osixia/openldap", { tag: "1.5.0", user: "openldap", start: start("ldap") }),
    keycloak: Image.registry("keycloak/keycloak", { tag: "26.7.3", start: start("keycloak") }),
    james: Image.registry("apache/james", { tag: "memory-3.8.1" }),
    jamesHome: "/root",
    apisix: {
      image: Image.registry("apache/apisix", { tag: "3.18.0-debian" }),
      version: "3.18.0",
    },
    apisixJavaPlugin: {
      image: Image.registry("linagora/apisix", { tag: "3.2.0-debian-javaplugin" }),
      version: "3.2.0",
    },
  };
}
