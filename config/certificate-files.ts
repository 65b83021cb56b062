import { readServerCertificate } from "../constructs/certificates/certificate-files";
import type { CertificateFiles } from "../constructs/certificates/certificate-store";
import { Secret } from "../constructs/workload/secret";
import type { Problem } from "../kit/errors";
import type { CompleteSettings } from "./derived-defaults";

/** What is read of a file that is named at a place; undefined, and told, where it cannot be. */
type Read = (path: string, key: readonly PropertyKey[]) => string | undefined;

/**
 * The certificates of `tls.files`, by their paths or written there themselves, as servers take them.
 *
 * @param tell is told what is wrong with one, at its place
 */
export function readCertificateFiles(
  { tls }: CompleteSettings,
  read: Read,
  tell: (problem: Omit<Problem, "where">, key: readonly PropertyKey[]) => void,
): CertificateFiles[] {
  const text = (given: string, ...key: PropertyKey[]) =>
    given.includes("-----BEGIN ") ? given : read(given, ["tls", "files", ...key]);
  return tls.files.flatMap(({ chain: chainGiven, key: keyGiven }, index) => {
    const chain = text(chainGiven, index, "chain");
    const key = text(keyGiven, index, "key");
    if (chain === undefined || key === undefined) return [];
    const { certificate = { chain, key }, problems } = readServerCertificate(chain, key, new Date());
    for (const { part, ...problem } of problems) tell(problem, ["tls", "files", index, part]);
    return [{ chain: certificate.chain, key: new Secret(`tls.files.${index}.key`, certificate.key) }];
  });
}
