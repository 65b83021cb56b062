import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Image } from "../container/image";

/** The image of every service. */
export interface ImageSet {
  readonly redis: Image;
  readonly ldap: Image;
  readonly keycloak: Image;
  readonly james: Image;
  readonly httpd: Image;
  /** Release of James in its image, and where it is there. */
  readonly jamesVersion: string;
  readonly jamesHome: string;
}

/** The images of a set. */
export function imagesIn(set: ImageSet): Image[] {
  return Object.values(set).filter((value) => value instanceof Image);
}

/**
 * Images built from package registries.
 *
 * @param folder the kit's `images/`
 */
export function builtImages(folder: string): ImageSet {
  const built = (name: string) => Image.built(join(folder, name));
  return {
    // What takes longest to build comes first.
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
 * Images of the projects themselves. No registry has an httpd with the OAuth 2.0 modules: that one is built.
 *
 * @param folder the kit's `images/`, whose start programs replace entrypoints that do not fit
 */
export function registryImages(folder: string): ImageSet {
  const start = (name: string) => readFileSync(join(folder, name, "start"), "utf8");
  return {
    ...builtImages(folder),
    redis: Image.registry("redis", { tag: "8.2.1-bookworm", user: "redis" }),
    ldap: Image.registry("osixia/openldap", { tag: "1.5.0", user: "openldap", start: start("ldap") }),
    keycloak: Image.registry("keycloak/keycloak", { tag: "26.7.3", start: start("keycloak") }),
    james: Image.registry("apache/james", { tag: "memory-3.8.1" }),
    jamesHome: "/root",
  };
}
