import { JamesRelease } from "../constructs/james/james-release";

/**
 * Images of the projects themselves; docs/decisions/0012-images-of-a-registry.md says where each was seen, and why it is
 * this one; newest-releases.ts says which are behind, and why.
 */
export const defaultReferences = {
  redis: "redis:8.2.10-bookworm",
  postgres: "postgres:15.18-bookworm",
  ldap: "vegardit/openldap:2.6.10",
  keycloak: "quay.io/keycloak/keycloak:26.7.5",
  james: "apache/james:memory-3.8.2",
  jamesPostgres: "apache/james:postgres-3.9.0",
  jdk: "eclipse-temurin:21.0.8_9-jdk-jammy",
  apisix: "apache/apisix:3.18.0-debian",
  apisixJavaPlugin: "linagora/apisix:3.2.0-debian-javaplugin",
} as const;

export type ImageReferences = Readonly<Record<keyof typeof defaultReferences, string>>;

/** The tag of a reference, without its digest. */
const tagOf = (reference: string) => /:([^:/]+)$/.exec(reference.replace(/@.*/, ""))?.[1] ?? "";

/** The release that a reference's tag names, `3.18.0` of `apache/apisix:3.18.0-debian`. */
export function releaseIn(reference: string): string | undefined {
  return /\d+\.\d+\.\d+/.exec(tagOf(reference))?.[0];
}

/** Flavour and release that a reference's tag names, `apache/james:memory-3.8.2`. */
export function jamesIn(reference: string): JamesRelease | undefined {
  return JamesRelease.parse(tagOf(reference));
}
