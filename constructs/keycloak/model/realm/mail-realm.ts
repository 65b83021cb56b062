import { KitError, type Problem } from "../../../../kit/errors";
import type { ILdapDirectory } from "../../../ldap/ldap-directory";
import type { RealmRepresentation } from "../../representation/realm-template";
import {
  type Component,
  type Covered,
  components,
  componentType,
  type RealmDraft,
  uncovered,
} from "../object/representation";
import { keepToDomains } from "./mail-domains";
import { changedClient, type MailClientOptions, overridden } from "./realm-overrides";

export {
  bindVersionAttribute,
  type MailClientOptions,
  secretVersionAttribute,
} from "./realm-overrides";

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
  /** Mail domains outside which no user may have an address. @default any domain */
  readonly userDomains?: readonly string[];
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
/**
 * A realm template with the environment's values in it. The result holds secrets in clear.
 *
 * @throws KitError when the template lacks a client or the LDAP federation that the options speak of
 */
export function mailRealm(template: RealmRepresentation, options: MailRealmOptions): RealmRepresentation {
  const { clients, others = [], without = [], directory, userDomains } = options;
  const federations = components(template, componentType.storage).filter(isLdap);
  const problems = clientProblems(template, options);
  if (federations.length === 0) {
    problems.push({
      where: `components.${componentType.storage}`,
      what: "there is no LDAP federation",
      got: [],
    });
  }
  if (problems.length > 0)
    throw new KitError(`realm template ${template.realm} does not fit a mail platform`, problems);

  const changed = overridden(template, {
    clients,
    withoutClients: without,
    directories: Object.fromEntries(federations.map(({ name = "" }) => [name, directory])),
  });
  const realm: RealmDraft = {
    ...changed,
    realm: options.name ?? template.realm ?? "",
    clients: [...(changed.clients ?? []), ...others.map((client) => mailClient(template, client))],
  };
  return uncovered(userDomains ? keepToDomains(realm, userDomains) : realm, (secret) =>
    secret.reveal(),
  ) as RealmRepresentation;
}

/** Clients that the options speak of and the template has not, or the other way round. */
export function clientProblems(
  template: RealmRepresentation,
  { clients, others = [], without = [] }: Pick<MailRealmOptions, "clients" | "others" | "without">,
): Problem[] {
  const present = template.clients?.map(({ clientId }) => clientId) ?? [];
  const missing = [...Object.keys(clients), ...without].filter((clientId) => !present.includes(clientId));
  const twice = others.filter(({ name }) => present.includes(name));
  return [
    ...missing.map((clientId) => `client ${clientId} is missing`),
    ...twice.map(({ name }) => `client ${name} is in the template, too`),
  ].map((what) => ({ where: "clients", what, got: present }));
}

function isLdap({ providerId }: Component): boolean {
  return providerId === "ldap";
}

/** Scopes of mail clients, where the template has no client `oidc` to take them from. */
const mailScopes = { default: ["basic", "email", "profile", "mail"], optional: ["offline_access"] };

/**
 * Authorization code with PKCE and nothing else, exact URIs, and the scopes of client `oidc`, whose tokens James and
 * the gateway take. https://www.rfc-editor.org/rfc/rfc9700
 */
export function mailClient(template: RealmRepresentation, options: MailClient): Covered<Client> {
  const { name, kind, description } = options;
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
  return changedClient(client, { ...options, webOrigins: webOriginsOf(options) });
}

/** Origins of the pages that a client is on: what it says, `+` for those of its redirect URIs. */
export function webOriginsOf({
  kind,
  redirectUris,
  webOrigins,
}: Pick<MailClient, "kind" | "redirectUris" | "webOrigins">): string[] {
  const named = webOrigins ?? (kind === "public" ? ["+"] : []);
  return named.flatMap((origin) => (origin === "+" ? origins(redirectUris) : [origin]));
}

/** Of what a browser can be on: an application's own scheme has none. */
function origins(uris: readonly string[]): string[] {
  return [...new Set(uris.map((uri) => new URL(uri).origin).filter((origin) => origin !== "null"))];
}
