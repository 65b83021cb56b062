import { X509Certificate } from "node:crypto";
import type { Problem } from "../kit/errors";
import type { Settings } from "./settings";

/** What does not go with a directory of one's own, and what does not without one. */
export function directoryProblems(
  { directory, ldif, realms }: Settings,
  place: (path: readonly PropertyKey[]) => string,
): Problem[] {
  if (directory) {
    return ldif.length === 0
      ? []
      : [
          {
            where: place(["ldif"]),
            what: "the directory is not the kit's: nothing is added to it",
            fix: "Leave ldif, or directory, out",
          },
        ];
  }
  return realms.flatMap((realm, index) => [
    ...(realm.people === undefined
      ? [{ where: place(["realms", index, "people"]), what: "is missing", allowed: "a list" }]
      : []),
    ...(["usersDn", "smokeUser"] as const)
      .filter((key) => realm[key] !== undefined)
      .map((key) => ({
        where: place(["realms", index, key]),
        what: "it is about a directory of one's own, and there is none",
        got: realm[key],
        fix: "Leave it out, or say directory",
      })),
  ]);
}

/** What is wrong with a file of certificates in PEM. */
export function certificateProblems(text: string, where: string): Problem[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const broken = blocks.filter((block) => !isCertificate(block));
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return [
      {
        where,
        what: "a private key is in it, which is nobody's business here",
        fix: "Name the certificates alone",
      },
    ];
  }
  if (blocks.length > 0 && broken.length === 0) return [];
  return [{ where, what: "no certificates in PEM", allowed: "-----BEGIN CERTIFICATE----- …" }];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
