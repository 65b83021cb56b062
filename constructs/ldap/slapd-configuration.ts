import type { Secret } from "../workload/secret";
import type { InternalTls, ServerCertificate } from "../workload/server-certificate";
import { hashPassword } from "./person";

/**
 * What entries may consist of: the standard schemas, and the operational attributes that other servers' `memberof` and
 * `ppolicy` leave in an export. Debian's slapd has them all, from 2.4 on.
 */
const schema = `${["core", "cosine", "inetorgperson", "nis", "misc", "dyngroup", "openldap"]
  .map((name) => `include /etc/ldap/schema/${name}.schema\n`)
  .join("")}modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
`;

/** Where slapd keeps the directory, which the image's start script makes. */
const database = "/tmp/slapd";

/** slapd.conf(5). */
export function renderSlapd(
  suffix: string,
  { bindDn, bindPassword }: { readonly bindDn: string; readonly bindPassword: Secret },
  tls?: InternalTls,
): string {
  return `${schema}${tls ? renderTls(tls.certificate) : ""}disallow bind_anon
database mdb
maxsize 1073741824
suffix "${suffix}"
rootdn "${bindDn}"
rootpw ${hashPassword(bindPassword, bindDn)}
directory ${database}
readonly on
index objectClass,uid,mail eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous auth
`;
}

/** Debian's slapd speaks TLS by GnuTLS, by whose words versions and suites are named. */
function renderTls({ chainFile, keyFile }: ServerCertificate): string {
  return `TLSCertificateFile ${chainFile}
TLSCertificateKeyFile ${keyFile}
TLSCipherSuite SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3
`;
}

/** The part of slapd.conf that decides which entries slapd accepts: no secret is in it. */
export function renderSlapdSchema(suffix: string): string {
  return `${schema}database mdb
suffix "${suffix}"
directory ${database}
`;
}
