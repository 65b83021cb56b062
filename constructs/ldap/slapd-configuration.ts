import type { Secret } from "../workload/secret";
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
): string {
  return `${schema}disallow bind_anon
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

/** As much of it as decides whether an entry is taken, without a secret. */
export function renderSlapdSchema(suffix: string): string {
  return `${schema}database mdb
suffix "${suffix}"
directory ${database}
`;
}
