import { defined } from "../../kit/defined";
import type { DirectoryPeople } from "./directory-people";

const people = {
  vendor: "ad",
  userObjectClass: "user",
  loginAttribute: "sAMAccountName",
  firstNameAttribute: "givenName",
  uuidAttribute: "objectGUID",
  subtree: true,
} as const;

/** No computers, which are of class `user` too; no account that is disabled: bit 2 (MS-ADTS, section 2.2.16). */
const accounts = "(&(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))";

/** The directory with Active Directory's names where it says none; its own filter is a further condition on people. */
export function activeDirectory<
  T extends { readonly [Key in keyof DirectoryPeople]: DirectoryPeople[Key] | undefined },
>(directory: T): T & DirectoryPeople {
  const { filter } = directory;
  return {
    ...people,
    ...directory,
    ...defined(directory),
    filter: filter ? `(&${accounts}${filter})` : accounts,
  };
}
