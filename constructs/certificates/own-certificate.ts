import { isIP } from "node:net";

/** Characters of a common name at most. https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1 */
const commonNameLength = 64;

/**
 * What OpenSSL is told of a certificate that the environment's own authority is to issue, for `openssl req` and `openssl ca`.
 * https://docs.openssl.org/3.0/man1/openssl-ca/#configuration-file-options
 *
 * @param hosts DNS names and IP addresses
 * @param service is the subject where the first host is too long for one
 */
export function renderOwnCertificate(hosts: readonly [string, ...string[]], service: string): string {
  const subject = hosts[0].length <= commonNameLength ? hosts[0] : service;
  const names = hosts.map((host) => `${isIP(host) === 0 ? "DNS" : "IP"}:${host}`);
  return `[req]
prompt = no
distinguished_name = subject

[subject]
commonName = ${subject}

[ca]
default_ca = authority

[authority]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server

[any]
commonName = supplied

[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${names.join(", ")}
`;
}
