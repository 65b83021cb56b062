/**
 * The mail addresses that are one and the same name to Keycloak, LDAP, `X-User`, JMAP, IMAP, SMTP and ManageSieve: those
 * of RFC 5321 that need neither quotes nor SMTPUTF8, but for what James 3.8 does not take. It stores no mail of a user
 * with `&`, refuses Basic authentication whose base64 holds `+` or `/`, as that of `~` and `?` does, and its access rights
 * take a name with `-`, `$` or the like in front for something else. Upper and lower case are the same everywhere.
 */
const first = "[A-Za-z0-9_]";
/** As escapes, so that it can be put into other languages' strings: `!#$%'*+-/=^_{|}` and the backquote. */
const character = "[A-Za-z0-9\\x21\\x23-\\x25\\x27\\x2a\\x2b\\x2d\\x2f\\x3d\\x5e-\\x60\\x7b-\\x7d]";

/** The part before the @, for JavaScript and PCRE, to be anchored in front and followed by an @. */
const localPartPattern = `(?![^@]{65})${first}${character}*(?:\\.${character}+)*`;

const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/** A whole address, likewise; at most 254 characters (RFC 5321, 4.5.3.1.3). PCRE's `$` would let a line end follow. */
export const mailAddressPattern = `^(?!.{255})${localPartPattern}@${label}(?:\\.${label})*(?![\\s\\S])`;

const mailAddress = new RegExp(mailAddressPattern);

export function isMailAddress(text: string): boolean {
  return mailAddress.test(text);
}

/** What `isMailAddress` takes, for errors. */
export const mailAddressForm =
  "an address whose part before the @ is of ASCII letters, digits and !#$%'*+-/=^_`{|} joined by single dots, begins with a letter, digit or _, and has at most 64 characters; 254 in all";

/** The form in which addresses are compared. */
export function normalizeMailAddress(address: string): string {
  return address.toLowerCase();
}
