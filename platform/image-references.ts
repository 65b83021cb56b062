/**
 * Images of the projects themselves; docs/decisions/0012-images-of-a-registry.md says where each was seen, and why it is
 * this one.
 */
export const defaultReferences = {
  redis: "redis:8.2.3-bookworm",
  ldap: "vegardit/openldap:2.6.10",
  keycloak: "quay.io/keycloak/keycloak:26.7.3",
  james: "apache/james:memory-3.8.2",
  jdk: "eclipse-temurin:17.0.16_8-jdk-jammy",
  apisix: "apache/apisix:3.18.0-debian",
  apisixJavaPlugin: "linagora/apisix:3.2.0-debian-javaplugin",
} as const;

export type ImageReferences = Readonly<Record<keyof typeof defaultReferences, string>>;

/** The release that a reference's tag names, `3.8.2` of `apache/james:memory-3.8.2`. */
export function releaseIn(reference: string): string | undefined {
  return /:[^:/@]*?(\d+\.\d+\.\d+)[^:/]*$/.exec(reference.replace(/@.*/, ""))?.[1];
}
