import { createHash, createHmac } from "node:crypto";
import type { Secret } from "../workload/secret";
import type { LdifEntry } from "./ldif";

/** Someone with a mailbox. */
export interface Person {
  /** Mail address; also the login name. */
  readonly mail: string;
  readonly password: Secret;
  /** @default the part of `mail` before the @ */
  readonly firstName?: string;
  /** @default the part of `mail` before the @ */
  readonly lastName?: string;
}

/** The person's entry, of class inetOrgPerson (RFC 2798). */
export function personEntry(person: Person, base: string): LdifEntry {
  const localPart = person.mail.replace(/@.*/, "");
  const dn = `uid=${escapeRdn(person.mail)},${base}`;
  return {
    dn,
    attributes: [
      ["objectClass", "inetOrgPerson"],
      ["uid", person.mail],
      ["cn", person.firstName ?? localPart],
      ["sn", person.lastName ?? localPart],
      ["mail", person.mail],
      ["userPassword", hashPassword(person.password, dn)],
    ],
  };
}

/** Salted SHA-1 as OpenLDAP's core has it. The salt is derived, so that an unchanged directory renders unchanged. */
export function hashPassword(password: Secret, dn: string): string {
  const salt = createHmac("sha256", password.reveal()).update(dn).digest().subarray(0, 16);
  const digest = createHash("sha1").update(password.reveal()).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString("base64")}`;
}

/** RFC 4514, section 2.4. */
function escapeRdn(value: string): string {
  return value.replace(/["+,;<>\\=]/g, "\\$&").replace(/^[ #]|(?<=.) $/g, "\\$&");
}
