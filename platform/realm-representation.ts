import { existingRealmClients } from "../constructs/keycloak/model/clients/existing-realm-clients";
import { clientsWithAudience } from "../constructs/keycloak/model/clients/token-content";
import { type MailRealmOptions, mailRealm } from "../constructs/keycloak/model/realm/mail-realm";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { Secret } from "../constructs/workload/secret";
import { defined } from "../kit/defined";
import { KitError } from "../kit/errors";
import { kitClients, type RealmModel } from "./model/platform-model";

/** The secrets in a realm. */
export interface RealmSecrets {
  readonly jamesClient: Secret;
  readonly thunderbirdClient: Secret;
  /** By which Keycloak searches the directory. */
  readonly bindPassword: Secret;
  /** Of a confidential client of `clients.others`. */
  readonly client: (name: string) => Secret | undefined;
}

/**
 * What Keycloak is to have of a realm, secrets in clear: of one that the platform does not make, its clients alone.
 *
 * @throws KitError when the template lacks a client or the LDAP federation, or has clients of whose logouts the gateway would not
 * hear
 */
export function realmRepresentation(
  realm: RealmModel,
  template: RealmRepresentation,
  secrets: RealmSecrets,
): RealmRepresentation {
  const { name, directory, loginClients, provision, userDomains, backchannelLogoutUrl } = realm;
  const options = clientOptions(realm, template, secrets);
  if (provision !== "realm") return { realm: name, clients: existingRealmClients(template, options) };
  if (backchannelLogoutUrl !== undefined) refuseUnheard(name, template, loginClients);
  return mailRealm(template, {
    ...options,
    name,
    directory: { ...directory, usersDn: directory.usersDn ?? "", bindPassword: secrets.bindPassword },
    ...(userDomains && { userDomains }),
  });
}

function clientOptions(
  { clients, loginClients, backchannelLogoutUrl }: RealmModel,
  template: RealmRepresentation,
  secrets: Omit<RealmSecrets, "bindPassword">,
): Pick<MailRealmOptions, "clients" | "others" | "without"> {
  const logout = backchannelLogoutUrl === undefined ? {} : { backchannelLogoutUrl };
  const hasSmokeClient = loginClients.includes("kit-smoke");
  const others = clients.others.map((client) => client.name);
  // The template's own: the gateway must hear of their logouts, too.
  const further = loginClients.filter((id) => !kitClients.includes(id) && !others.includes(id));
  const templateHas = (id: string) => template.clients?.some(({ clientId }) => clientId === id);
  return {
    others: clients.others.map((client) => {
      const secret = client.kind === "confidential" ? secrets.client(client.name) : undefined;
      return defined({ ...client, ...logout, ...(secret && { secret }) });
    }),
    without: !hasSmokeClient && templateHas("kit-smoke") ? ["kit-smoke"] : [],
    clients: {
      oidc: defined({ ...clients.oidc, ...logout }),
      "james-thunderbird": defined({
        ...clients.thunderbird,
        secret: secrets.thunderbirdClient,
        ...logout,
      }),
      james: { secret: secrets.jamesClient },
      ...(hasSmokeClient && { "kit-smoke": logout }),
      ...Object.fromEntries(further.map((id) => [id, logout])),
    },
  };
}

/** Clients that were added to a realm of constructs after the gateway was made. */
function refuseUnheard(realm: string, template: RealmRepresentation, loginClients: readonly string[]): void {
  const unheard = clientsWithAudience(template, "james").filter(
    ({ clientId = "" }) => clientId !== "kit-smoke" && !loginClients.includes(clientId),
  );
  if (unheard.length === 0) return;
  throw new KitError(
    `the gateway would not hear of logouts of realm ${realm}`,
    unheard.map(({ clientId }) => ({
      where: `client ${clientId}`,
      what: "James and the gateway take its tokens, and would after a logout, too",
      fix: "Make it one of the platform's otherClients, say revocation: introspection, or take james out of its audience",
    })),
  );
}
