import { KitError } from "../../config/errors";
import type { Secret } from "../container/secret";
import type { ILdapDirectory } from "../ldap/ldap-directory";
import type { RealmRepresentation } from "./realm-template";

export interface MailRealmOptions {
  /** Clients whose secret, redirect URIs or origins the environment decides, by client id. */
  readonly clients: Readonly<Record<string, MailClientOptions>>;
  /** Mail clients beside the template's. @default none */
  readonly others?: readonly MailClient[];
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

/** A mail client that a realm is given by its name, kind and redirect URIs; all else is what is safe. */
export interface MailClient extends MailClientOptions {
  /** Client id. */
  readonly name: string;
  /** `public` runs on devices or in browsers; `confidential` can keep a secret. */
  readonly kind: "public" | "confidential";
  readonly redirectUris: readonly string[];
  /** @default the origins of a public client's redirect URIs: a browser fetches its tokens from there */
  readonly webOrigins?: readonly string[];
  readonly description?: string;
}

type Client = NonNullable<RealmRepresentation["clients"]>[number];
type Component = { providerId?: string; config?: Record<string, unknown> };

const storageProvider = "org.keycloak.storage.UserStorageProvider";

/**
 * A realm template with the environment's values in it. The result holds secrets in clear.
 *
 * @throws KitError when the template lacks a client or the LDAP federation that the options speak of
 */
export function mailRealm(template: RealmRepresentation, options: MailRealmOptions): RealmRepresentation {
  const { clients, others = [], without = [], directory } = options;
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
    ...realmAttributes(template, directory),
    clients: [
      ...(template.clients ?? [])
        .filter(({ clientId = "" }) => !without.includes(clientId))
        .map((client) => ({ ...client, ...clientSettings(client, clients[client.clientId ?? ""] ?? {}) })),
      ...others.map((client) => mailClient(template, client)),
    ],
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

/** How often the secret was changed: what only takes a new one when told sees it, and a stale store is found out. */
export const secretVersionAttribute = "kit.secret.version";

/** A federation has no place for the count of its secret that Keycloak's provider knows; its realm has. */
export const bindVersionAttribute = `${secretVersionAttribute}.bindCredential`;

function realmAttributes(
  template: RealmRepresentation,
  { bindPassword: { version } }: ILdapDirectory,
): Pick<RealmRepresentation, "attributes"> {
  const { [bindVersionAttribute]: _, ...attributes } = template.attributes ?? {};
  if (version > 1) attributes[bindVersionAttribute] = String(version);
  return template.attributes || version > 1 ? { attributes } : {};
}

function clientSettings(
  client: Client,
  { secret, redirectUris, webOrigins, backchannelLogoutUrl }: MailClientOptions,
) {
  // The template's count is of another secret.
  const { [secretVersionAttribute]: _, ...templates } = client.attributes ?? {};
  const attributes = {
    ...(secret ? templates : client.attributes),
    // With the session's id: the gateway knows sessions, not users, by it.
    ...(backchannelLogoutUrl !== undefined && {
      "backchannel.logout.url": backchannelLogoutUrl,
      "backchannel.logout.session.required": "true",
    }),
    ...(secret && secret.version > 1 && { [secretVersionAttribute]: String(secret.version) }),
  };
  return {
    ...(secret && { secret: secret.reveal() }),
    ...(redirectUris && { redirectUris: [...redirectUris] }),
    ...(webOrigins && { webOrigins: [...webOrigins] }),
    ...((client.attributes || Object.keys(attributes).length > 0) && { attributes }),
  };
}

/** Scopes of mail clients, where the template has no client `oidc` to take them from. */
const mailScopes = { default: ["basic", "email", "profile", "mail"], optional: ["offline_access"] };

/**
 * Authorization code with PKCE and nothing else, exact URIs, and the scopes of client `oidc`, whose tokens James and
 * the gateway take. https://www.rfc-editor.org/rfc/rfc9700
 */
function mailClient(template: RealmRepresentation, options: MailClient): Client {
  const { name, kind, redirectUris, description } = options;
  const open = kind === "public";
  const scopes = template.clients?.find(({ clientId }) => clientId === "oidc");
  const client: Client = {
    clientId: name,
    ...(description !== undefined && { description }),
    enabled: true,
    protocol: "openid-connect",
    publicClient: open,
    ...(!open && { clientAuthenticatorType: "client-secret" }),
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: false,
    fullScopeAllowed: false,
    attributes: {
      "pkce.code.challenge.method": "S256",
      "backchannel.logout.session.required": "true",
      "backchannel.logout.revoke.offline.tokens": "true",
    },
    defaultClientScopes: [...(scopes?.defaultClientScopes ?? mailScopes.default)],
    optionalClientScopes: [...(scopes?.optionalClientScopes ?? mailScopes.optional)],
  };
  const webOrigins = options.webOrigins ?? (open ? origins(redirectUris) : []);
  return { ...client, ...clientSettings(client, { ...options, webOrigins }) };
}

/** Of what a browser can be on: an application's own scheme has none. */
function origins(uris: readonly string[]): string[] {
  return [...new Set(uris.map((uri) => new URL(uri).origin).filter((origin) => origin !== "null"))];
}

function connection(directory: ILdapDirectory): Record<string, string[]> {
  return {
    connectionUrl: [directory.url],
    usersDn: [directory.usersDn],
    bindDn: [directory.bindDn],
    bindCredential: [directory.bindPassword.reveal()],
  };
}
