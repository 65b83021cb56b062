import {
  type Component,
  components,
  componentType,
} from "../constructs/keycloak/model/object/representation";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import { type LocatedEntry, normalizeDn, textsOf } from "../constructs/ldap/ldif";
import type { Problem } from "../kit/errors";
import { isMailAddress, mailAddressForm, normalizeMailAddress } from "../kit/mail-address";
import type { PlatformModel } from "../platform/model/platform-model";

/** People of LDIF files who could not log in, or would be taken for another one. */
export function ldifPeopleProblems(
  realms: PlatformModel["realms"],
  entries: readonly LocatedEntry[],
): Problem[] {
  const bases = realms.map(({ directory }) => directory.usersDn ?? "");
  const loginAttribute = loginAttributeOf(realms[0].template);
  const owners = new Map<string, string>();
  for (const { mail } of realms.flatMap(({ people }) => people)) {
    owners.set(`mail ${normalizeMailAddress(mail)}`, `${mail} of people`);
    owners.set(`login ${mail.toLowerCase()}`, `${mail} of people`);
  }
  return entries
    .filter((entry) => isPersonBelow(entry, bases))
    .flatMap((entry): Problem[] => {
      const { source, line, lines, attributes, dn } = entry;
      const where = `${source}:${line}`;
      const lineOf = (attribute: string, value: string) => {
        const index = attributes.findIndex(
          ([name, text]) => name.toLowerCase() === attribute.toLowerCase() && text === value,
        );
        return `${source}:${lines[index] ?? line}`;
      };
      const taken = (kind: string, value: string, what: string, attribute: string): Problem[] => {
        const key = `${kind} ${value.toLowerCase()}`;
        const owner = owners.get(key);
        owners.set(key, owner ?? where);
        return owner === undefined || owner === where
          ? []
          : [{ where: lineOf(attribute, value), what: `${what} is that of ${owner}`, got: value }];
      };
      const mails = textsOf(entry, "mail");
      const logins = textsOf(entry, loginAttribute);
      return [
        ...(mails.length > 0
          ? []
          : [{ where, what: `${dn} has no \`mail\`, by which James knows its users`, fix: "Give it one" }]),
        ...mails.flatMap((mail): Problem[] =>
          isMailAddress(mail)
            ? taken("mail", mail, "the mail address", "mail")
            : [
                {
                  where: lineOf("mail", mail),
                  what: "not a mail address that works everywhere",
                  got: mail,
                  allowed: mailAddressForm,
                },
              ],
        ),
        ...(logins.length > 0
          ? []
          : [{ where, what: `${dn} has no \`${loginAttribute}\`, by which people log in to Keycloak` }]),
        ...logins.flatMap((login) => taken("login", login, "the login name", loginAttribute)),
      ];
    });
}

function loginAttributeOf(template: RealmRepresentation = {}): string {
  const federations: readonly Component[] = components(template, componentType.storage);
  const ldap = federations.find(({ providerId }) => providerId === "ldap");
  const [attribute] =
    (ldap?.config as Record<string, readonly unknown[]> | undefined)?.usernameLDAPAttribute ?? [];
  return typeof attribute === "string" && attribute !== "" ? attribute : "uid";
}

function isPersonBelow(entry: LocatedEntry, bases: readonly string[]): boolean {
  const dn = normalizeDn(entry.dn);
  return (
    bases.some((base) => dn.endsWith(`,${base}`)) &&
    textsOf(entry, "objectClass").some((name) => name.toLowerCase() === "inetorgperson")
  );
}
