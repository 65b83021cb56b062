/** Certificates of servers, and who keeps and renews them. */
export type { Acme, DnsChallenge, HttpChallenge } from "../constructs/certificates/acme";
export {
  type Authority,
  type AuthorityDescription,
  authorityProblem,
  createAuthority,
  describeAuthority,
  parseAuthority,
} from "../constructs/certificates/authority";
export {
  type CertificateProblem,
  type CertificateReading,
  type ReadCertificate,
  readServerCertificate,
} from "../constructs/certificates/certificate-files";
export {
  type CertificateFiles,
  CertificateStore,
  type CertificateStoreProps,
  type StoredCertificate,
} from "../constructs/certificates/certificate-store";
export { certificateFor, type ServerCertificate } from "../constructs/workload/server-certificate";
