import { X509Certificate } from "node:crypto";
import type { Problem } from "../kit/errors";
import type { CompleteSettings } from "./derived-defaults";

type ReadCertificates = (path: string, key: readonly PropertyKey[]) => string | undefined;

/** Settings in which `ca` is what the file holds, instead of its path. */
export function withCertificates(settings: CompleteSettings, read: ReadCertificates): CompleteSettings {
  const held = <T extends { ca?: string | undefined }>(service: T | undefined, ...key: PropertyKey[]) =>
    service && { ...service, ca: service.ca === undefined ? undefined : read(service.ca, [...key, "ca"]) };
  return {
    ...settings,
    directory: held(settings.directory, "directory"),
    redis: held(settings.redis, "redis"),
    postgres: held(settings.postgres, "postgres"),
    keycloak: held(settings.keycloak, "keycloak"),
    openid: held(settings.openid, "openid"),
    tls: { ...settings.tls, ...held(settings.tls, "tls"), acme: held(settings.tls.acme, "tls", "acme") },
    realms: settings.realms.map((realm, index) => ({
      ...realm,
      openid: held(realm.openid, "realms", index, "openid"),
    })),
  };
}

/** What is wrong with a file of certificates in PEM. */
export function certificateProblems(text: string, where: string): Problem[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return [
      {
        where,
        what: "a private key is in it, which is nobody's business here",
        fix: "Name the certificates alone",
      },
    ];
  }
  const broken = begun.length > blocks.length || blocks.some((block) => !isCertificate(block));
  if (blocks.length > 0 && !broken) return [];
  const what = blocks.length > 0 ? "a certificate in it cannot be read" : "no certificates in PEM";
  return [{ where, what, allowed: "-----BEGIN CERTIFICATE----- …" }];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
