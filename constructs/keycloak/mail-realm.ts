import { KitError } from "../../config/errors";
import type { Secret } from "../container/secret";
import type { ILdapDirectory } from "../ldap/ldap-directory";
import type { RealmRepresentation } from "./realm-template";

export interface MailRealmOptions {
  /** Clients whose secret, redirect URIs or origins the environment decides, by client id. */
  readonly clients: Readonly<Record<string, MailClientOptions>>;
  /** Client ids of the template to leave out. @default none */
  readonly without?: readonly string[];
  /** Where users come from. */
  readonly directory: ILdapDirectory;
  /** @default the template's */
  readonly name?: string;
}

export interface MailClientOptions {
  /** Of a confidential client. */
  readonly secret?: Secret;
  /** Exact URIs. @default the template's */
  readonly redirectUris?: readonly string[];
  /** Origins for CORS. @default the template's */
  readonly webOrigins?: readonly string[];
  /** Where Keycloak tells of a logout (OpenID Connect Back-Channel Logout 1.0). @default the template's */
  readonly backchannelLogoutUrl?: string;
}

type Component = { providerId?: string; config?: Record<string, unknown> };

const storageProvider = "org.keycloak.storage.UserStorageProvider";

/**
 * A realm template with the environment's values in it. The result holds secrets in clear.
 *
 * @throws KitError when the template lacks a client or the LDAP federation that the options speak of
 */
export function mailRealm(template: RealmRepresentation, options: MailRealmOptions): RealmRepresentation {
  const { clients, without = [], directory } = options;
  const present = template.clients?.map(({ clientId }) => clientId) ?? [];
  const federations = template.components?.[storageProvider] as Component[] | undefined;
  const problems = [...Object.keys(clients), ...without]
    .filter((clientId) => !present.includes(clientId))
    .map((clientId) => ({ where: "clients", what: `client ${clientId} is missing`, got: present }));
  if (!federations?.some(isLdap)) {
    problems.push({ where: `components.${storageProvider}`, what: "there is no LDAP federation", got: [] });
  }
  if (problems.length > 0)
    throw new KitError(`realm template ${template.realm} does not fit a mail platform`, problems);

  return {
    ...template,
    realm: options.name ?? template.realm,
    clients: template.clients
      ?.filter(({ clientId = "" }) => !without.includes(clientId))
      .map((client) => ({ ...client, ...clientSettings(client, clients[client.clientId ?? ""] ?? {}) })),
    components: {
      ...template.components,
      [storageProvider]: federations?.map((component) =>
        isLdap(component)
          ? { ...component, config: { ...component.config, ...connection(directory) } }
          : component,
      ),
    } as RealmRepresentation["components"],
  } as RealmRepresentation;
}

function isLdap(component: Component): boolean {
  return component.providerId === "ldap";
}

function clientSettings(
  client: NonNullable<RealmRepresentation["clients"]>[number],
  { secret, redirectUris, webOrigins, backchannelLogoutUrl }: MailClientOptions,
) {
  return {
    ...(secret && { secret: secret.reveal() }),
    ...(redirectUris && { redirectUris: [...redirectUris] }),
    ...(webOrigins && { webOrigins: [...webOrigins] }),
    ...(backchannelLogoutUrl !== undefined && {
      attributes: { ...client.attributes, "backchannel.logout.url": backchannelLogoutUrl },
    }),
  };
}

function connection(directory: ILdapDirectory): Record<string, string[]> {
  return {
    connectionUrl: [directory.url],
    usersDn: [directory.usersDn],
    bindDn: [directory.bindDn],
    bindCredential: [directory.bindPassword.reveal()],
  };
}
