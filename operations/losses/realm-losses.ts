import type { FederationIdentity } from "../../constructs/keycloak/representation/realm-identity";
import { ownDatabase } from "../../constructs/keycloak/server/keycloak-database";
import { normalizeDn } from "../../constructs/ldap/ldif";
import type { ManagedRealm } from "./deployed-realms";

/** A realm, or one of its user federations, that people use and would not find again. */
export interface Loss {
  readonly realm: string;
  /** Undefined: the realm with all that is in it. */
  readonly federation?: string;
  /** Who made it; `clients`: somebody else, and only clients in it are the kit's. Undefined where nobody knows. */
  readonly by?: ManagedRealm["by"] | "clients";
  /** What happens to it, as a sentence without subject. */
  readonly what: string;
  /** Whether it begins anew in another database, which knows nothing of it. @default false */
  readonly left?: boolean;
  /** How to keep it. */
  readonly fix: string;
}

/** What would be lost between what is deployed and what is wanted. */
export function realmLosses(deployed: readonly ManagedRealm[], wanted: readonly ManagedRealm[]): Loss[] {
  return deployed.flatMap((old) => {
    const next = wanted.find(({ realm }) => realm === old.realm);
    if (!next) return [goneRealm(old, deployed, wanted)];
    if (next.database !== old.database) return [leftRealm(old, next)];
    if (next.by !== old.by) return [movedRealm(old, next)];
    return old.federations.flatMap((federation) => federationLoss(old, federation, next.federations));
  });
}

/** A realm that its provider cannot make, since Keycloak has one of this name. */
export function realmInTheWay(realm: string): Loss {
  return {
    realm,
    what: "is in Keycloak already, and Terraform's state does not know it: it would be removed and made anew",
    fix: "Take .kit/<name>/identity.tfstate from where it was made",
  };
}

function goneRealm(
  { realm, by }: ManagedRealm,
  deployed: readonly ManagedRealm[],
  wanted: readonly ManagedRealm[],
): Loss {
  const added = wanted.filter((one) => !deployed.some((old) => old.realm === one.realm));
  const names = added.map((one) => `realm ${one.realm}`).join(", ");
  const instead = names && `: ${names} takes its place, and begins without all this`;
  // Without any, the kit's Keycloak goes with its database.
  const stays = wanted.length > 0 && wanted.every((one) => one.by === "import");
  return {
    realm,
    by,
    what: stays
      ? `would be left behind in Keycloak's database, unused${instead}`
      : `would be removed${instead}`,
    fix: `Keep realm ${realm} in the environment file`,
  };
}

function movedRealm({ realm, by }: ManagedRealm, next: ManagedRealm): Loss {
  const how = { import: "an import", provider: "Keycloak's Terraform provider" };
  return {
    realm,
    by,
    what: `was made by ${how[by]}, and would be made anew by ${how[next.by]}`,
    fix: `Keep it by identity: ${by}`,
  };
}

/** No realm goes by itself from one database to another. */
function leftRealm({ realm, by, database: old }: ManagedRealm, { database }: ManagedRealm): Loss {
  const place = (name: string | undefined) =>
    name === undefined
      ? "Keycloak's embedded database"
      : name === ownDatabase
        ? "the environment's own PostgreSQL"
        : `PostgreSQL ${name}`;
  return {
    ...{ realm, by, left: true },
    what: `is in ${place(old)}, and would begin anew in ${place(database)}: it does not go there by itself`,
    fix: `Keep it by storage.identity: ${old === undefined ? "memory" : "durable, in the same PostgreSQL"}`,
  };
}

/** What decides which users of a federation are still found. */
const links = ["usersDn", "uuidLDAPAttribute"] as const;

function federationLoss(
  { realm, by }: ManagedRealm,
  old: FederationIdentity,
  federations: readonly FederationIdentity[],
): Loss[] {
  const next = federations.find(({ name }) => name === old.name);
  const place = { realm, federation: old.name, by };
  if (!next || next.providerId !== old.providerId) {
    const others = federations.map(({ name, providerId }) => `${name} (${providerId})`).join(", ") || "none";
    const what = `would be removed, and its users with it; there would be ${others}`;
    return [{ ...place, what, fix: "Keep its name and kind in the realm template" }];
  }
  const changes = links
    .filter((link) => old[link] !== undefined && normalizeDn(old[link]) !== normalizeDn(next[link] ?? ""))
    .map((link) => `by ${link} ${next[link]} instead of ${old[link]}`);
  if (changes.length === 0) return [];
  const what = `would look for its users ${changes.join(" and ")}: Keycloak removes those that it does not find there`;
  return [{ ...place, what, fix: "Keep domain, which decides the LDAP suffix, and realm.template" }];
}
