import { mailRealm } from "../constructs/keycloak/model/mail-realm";
import type { RealmRepresentation } from "../constructs/keycloak/representation/realm-template";
import type { Secret } from "../constructs/workload/secret";
import { defined } from "../kit/defined";
import type { RealmModel } from "./platform-model";

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
 * What Keycloak is to have of a realm, secrets in clear.
 *
 * @throws KitError when the template lacks a client or the LDAP federation
 */
export function realmRepresentation(
  { name, clients, directory, loginClients, userDomains, ...realm }: RealmModel,
  template: RealmRepresentation,
  secrets: RealmSecrets,
): RealmRepresentation {
  const { backchannelLogoutUrl } = realm;
  const logout = backchannelLogoutUrl === undefined ? {} : { backchannelLogoutUrl };
  const hasSmokeClient = loginClients.includes("kit-smoke");
  const templateHas = (id: string) => template.clients?.some(({ clientId }) => clientId === id);
  return mailRealm(template, {
    ...{
      name,
      directory: { ...directory, usersDn: directory.usersDn ?? "", bindPassword: secrets.bindPassword },
    },
    ...(userDomains && { userDomains }),
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
    },
  });
}
