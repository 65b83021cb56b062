import { componentType } from "./component-type";
import type { RealmRepresentation } from "./realm-template";

/** By what a realm is the same one after a change: with another name it is another realm, which begins empty. */
export interface RealmIdentity {
  readonly realm: string;
  readonly federations: readonly FederationIdentity[];
}

/** By what a user federation knows its users again: those that it does not find any longer Keycloak removes. */
export interface FederationIdentity {
  readonly name: string;
  readonly providerId: string;
  /** Of LDAP: where its users are. */
  readonly usersDn?: string;
  /** Of LDAP: the attribute that identifies an entry. */
  readonly uuidLDAPAttribute?: string;
}

type Component = { name?: string; providerId?: string; config?: Record<string, unknown> };

export function realmIdentity({ realm = "", components }: RealmRepresentation): RealmIdentity {
  const federations = (components?.[componentType.storage] ?? []) as Component[];
  return {
    realm,
    federations: federations.map(({ name = "", providerId = "", config = {} }) => ({
      name,
      providerId,
      ...text("usersDn", config),
      ...text("uuidLDAPAttribute", config),
    })),
  };
}

function text<Key extends string>(key: Key, config: Record<string, unknown>): { [key in Key]?: string } {
  const [value] = [config[key]].flat();
  return typeof value === "string" ? ({ [key]: value } as { [key in Key]?: string }) : {};
}
