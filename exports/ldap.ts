/** OpenLDAP: a directory of people. */
export { activeDirectory } from "../constructs/ldap/active-directory";
export type { DirectoryPeople } from "../constructs/ldap/directory-people";
export {
  type ILdapDirectory,
  LdapDirectory,
  type LdapDirectoryProps,
  LdapDomain,
} from "../constructs/ldap/ldap-directory";
export { type LdifEntry, parseLdif } from "../constructs/ldap/ldif";
export type { Person } from "../constructs/ldap/person";
