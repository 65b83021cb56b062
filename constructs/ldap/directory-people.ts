/** Who the people of a directory are, and what is read of them; in Keycloak, by default, as the realm's federation says. */
export interface DirectoryPeople {
  /** @default in James `inetOrgPerson`, as the kit's realm says */
  readonly userObjectClass?: string;
  /** By which people log in to Keycloak; their mail address does, too. @default as the realm says, the kit's: `uid` */
  readonly loginAttribute?: string;
  /** Their first name. @default as the realm says, the kit's: `cn` */
  readonly firstNameAttribute?: string;
  /** Their mail address, which is their name in James. @default "mail" */
  readonly mailAttribute?: string;
  /** What never changes of an entry, by which Keycloak knows people again. @default as the realm says, the kit's: `entryUUID` */
  readonly uuidAttribute?: string;
  /** Further condition on people, in parentheses. @default none */
  readonly filter?: string;
  /** Whether Keycloak finds people below sub-entries of `usersDn`, as James does. @default as the realm says, the kit's: false */
  readonly subtree?: boolean;
  /** Of Active Directory Keycloak reads disabled accounts and expired passwords. @default any LDAP v3 server */
  readonly vendor?: "ad";
}

/** The fields of an object that are about people, without those that are undefined. */
export function directoryPeople({
  userObjectClass,
  loginAttribute,
  firstNameAttribute,
  mailAttribute,
  uuidAttribute,
  filter,
  subtree,
  vendor,
}: { readonly [Key in keyof DirectoryPeople]: DirectoryPeople[Key] | undefined }): DirectoryPeople {
  return {
    ...(userObjectClass !== undefined && { userObjectClass }),
    ...(loginAttribute !== undefined && { loginAttribute }),
    ...(firstNameAttribute !== undefined && { firstNameAttribute }),
    ...(mailAttribute !== undefined && { mailAttribute }),
    ...(uuidAttribute !== undefined && { uuidAttribute }),
    ...(filter !== undefined && { filter }),
    ...(subtree !== undefined && { subtree }),
    ...(vendor !== undefined && { vendor }),
  };
}
