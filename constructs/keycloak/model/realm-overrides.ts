import type { Problem } from "../../../kit/errors";
import type { ILdapDirectory } from "../../ldap/ldap-directory";
import type { Secret } from "../../workload/secret";
import type { RealmRepresentation } from "../representation/realm-template";
import type { RealmDraft } from "./representation";
import {
  type ClientRepresentation,
  type Component,
  type Covered,
  components,
  componentType,
} from "./representation";

/** What is changed of a client. */
export interface MailClientOptions {
  /** Of a confidential client. @default the template's */
  readonly secret?: Secret;
  /** Exact URIs. @default the template's */
  readonly redirectUris?: readonly string[];
  /** Origins for CORS. @default the template's */
  readonly webOrigins?: readonly string[];
  /** Whether logins without PKCE (S256) are refused. @default as the template says */
  readonly requirePkce?: boolean;
  /** Whether it takes people's passwords itself, by the password grant. @default as the template says */
  readonly directAccessGrants?: boolean;
  /** Where Keycloak tells of a logout (OpenID Connect Back-Channel Logout 1.0). @default the template's */
  readonly backchannelLogoutUrl?: string;
}

/** How often the secret was changed: what only takes a new one when told sees it, and a stale store is found out. */
export const secretVersionAttribute = "kit.secret.version";

const pkceAttribute = "pkce.code.challenge.method";

/** A federation has no place for the count of its secret that Keycloak's provider knows; its realm has. */
export const bindVersionAttribute = `${secretVersionAttribute}.bindCredential`;

/** What is changed of a representation, beside the settings of the realm. */
export interface RepresentationOverrides {
  /** By client id. @default none */
  readonly clients?: Readonly<Record<string, MailClientOptions>>;
  /** Client ids to leave out. @default none */
  readonly withoutClients?: readonly string[];
  /** Where the people of LDAP federations are, by the federation's name. @default as it is */
  readonly directories?: Readonly<Record<string, ILdapDirectory>>;
}

export function overridden(base: RealmRepresentation, overrides: RepresentationOverrides): RealmDraft {
  const { clients = {}, withoutClients = [], directories = {} } = overrides;
  const storage = components(base, componentType.storage);
  return {
    ...(structuredClone(base) as RealmDraft),
    ...bindVersion(base, Object.values(directories)),
    ...(base.clients && {
      clients: base.clients
        .filter(({ clientId = "" }) => !withoutClients.includes(clientId))
        .map((client) => changedClient(structuredClone(client), clients[client.clientId ?? ""] ?? {})),
    }),
    ...(storage.length > 0 && {
      components: {
        ...structuredClone(base.components),
        [componentType.storage]: storage.map((component) =>
          connected(component, directories[component.name ?? ""]),
        ),
      } as NonNullable<RealmDraft["components"]>,
    }),
  };
}

/** Overrides of what is not there. */
export function overrideProblems(
  base: RealmRepresentation,
  { clients = {}, withoutClients = [], directories = {} }: RepresentationOverrides,
): Omit<Problem, "where">[] {
  const ids = base.clients?.map(({ clientId }) => clientId) ?? [];
  const names = components(base, componentType.storage).map(({ name }) => name);
  const missing = (what: string, wanted: readonly string[], found: readonly unknown[]) =>
    wanted
      .filter((name) => !found.includes(name))
      .map((name) => ({ what: `${what} ${name} is missing`, got: found }));
  return [
    ...missing("client", [...Object.keys(clients), ...withoutClients], ids),
    ...missing("user federation", Object.keys(directories), names),
  ];
}

export function changedClient(
  client: ClientRepresentation,
  options: MailClientOptions,
): Covered<ClientRepresentation> {
  const {
    secret,
    redirectUris,
    webOrigins,
    requirePkce,
    directAccessGrants,
    backchannelLogoutUrl: url,
  } = options;
  const { [pkceAttribute]: pkce, ...unproven } = client.attributes ?? {};
  // The template's count is of another secret.
  const { [secretVersionAttribute]: count, ...others } = unproven;
  const attributes = {
    ...others,
    ...(count !== undefined && !secret && { [secretVersionAttribute]: count }),
    ...(pkce !== undefined && requirePkce === undefined && { [pkceAttribute]: pkce }),
    ...(requirePkce && { [pkceAttribute]: "S256" }),
    // With the session's id: the gateway knows sessions, not users, by it.
    ...(url !== undefined && {
      "backchannel.logout.url": url,
      "backchannel.logout.session.required": "true",
    }),
    ...(secret && secret.version > 1 && { [secretVersionAttribute]: String(secret.version) }),
  };
  return {
    ...client,
    ...(secret && { secret }),
    ...(redirectUris && { redirectUris: [...redirectUris] }),
    ...(webOrigins && { webOrigins: [...webOrigins] }),
    ...(directAccessGrants !== undefined && { directAccessGrantsEnabled: directAccessGrants }),
    ...((client.attributes || Object.keys(attributes).length > 0) && { attributes }),
  };
}

function bindVersion(
  { attributes }: RealmRepresentation,
  directories: readonly ILdapDirectory[],
): Pick<RealmDraft, "attributes"> {
  if (directories.length === 0) return {};
  const { [bindVersionAttribute]: _, ...uncounted } = attributes ?? {};
  const version = Math.max(...directories.map(({ bindPassword }) => bindPassword.version));
  const counted = { ...uncounted, ...(version > 1 && { [bindVersionAttribute]: String(version) }) };
  return attributes || version > 1 ? { attributes: counted } : {};
}

function connected(component: Component, directory: ILdapDirectory | undefined): Component {
  if (!directory) return component;
  const { url, usersDn, bindDn, bindPassword } = directory;
  const { userObjectClass, loginAttribute, uuidAttribute, filter, subtree } = directory;
  const { subComponents } = component as { subComponents?: Record<string, unknown> };
  // A template is anybody's: what is no list Keycloak refuses.
  const mappers = subComponents?.[componentType.ldapMapper];
  return {
    ...component,
    config: {
      ...component.config,
      connectionUrl: [url],
      usersDn: [usersDn],
      bindDn: [bindDn],
      bindCredential: [bindPassword],
      ...(userObjectClass !== undefined && { userObjectClasses: [userObjectClass] }),
      ...(loginAttribute !== undefined && { usernameLDAPAttribute: [loginAttribute] }),
      ...(uuidAttribute !== undefined && { uuidLDAPAttribute: [uuidAttribute] }),
      ...(filter !== undefined && { customUserSearchFilter: [filter] }),
      ...(subtree !== undefined && { searchScope: [subtree ? "2" : "1"] }),
    },
    ...(Array.isArray(mappers) && {
      subComponents: {
        ...subComponents,
        [componentType.ldapMapper]: mappers.map((mapper) => readFrom(mapper, directory)),
      },
    }),
  };
}

/** The mapper of the login name or the mail address as the directory has it; any other as it is. */
function readFrom(mapper: Component, { loginAttribute, mailAttribute }: ILdapDirectory): Component {
  const attribute = [mapper?.config?.["user.model.attribute"]].flat()[0];
  const others = { username: loginAttribute, email: mailAttribute };
  const wanted = attribute === "username" || attribute === "email" ? others[attribute] : undefined;
  return wanted === undefined
    ? mapper
    : { ...mapper, config: { ...mapper.config, "ldap.attribute": [wanted] } };
}
