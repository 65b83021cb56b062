import type { Problem } from "../../../../kit/errors";
import { directoryUrls } from "../../../ldap/directory-urls";
import type { ILdapDirectory } from "../../../ldap/ldap-directory";
import type { Secret } from "../../../workload/secret";
import type { RealmRepresentation } from "../../representation/realm-template";
import type { RealmDraft } from "../object/representation";
import {
  type ClientRepresentation,
  type Component,
  type Covered,
  components,
  componentType,
} from "../object/representation";
import { LdapMapper } from "../user-federation/ldap-mapper";

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

/** Counts the secrets that a client has had: by it Terraform knows of a new one, and a store with an old one is found out. */
export const secretVersionAttribute = "kit.secret.version";

const pkceAttribute = "pkce.code.challenge.method";

/** Counts the bind passwords of federations. An attribute of the realm: Keycloak's Terraform provider knows none of a federation. */
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
    ...bindVersionAttributes(base, Object.values(directories)),
    ...(base.clients && {
      clients: base.clients
        .filter(({ clientId = "" }) => !withoutClients.includes(clientId))
        .map((client) => changedClient(structuredClone(client), clients[client.clientId ?? ""] ?? {})),
    }),
    ...(storage.length > 0 && {
      components: {
        ...structuredClone(base.components),
        [componentType.storage]: storage.map((component) =>
          withDirectory(component, directories[component.name ?? ""]),
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

function bindVersionAttributes(
  { attributes }: RealmRepresentation,
  directories: readonly ILdapDirectory[],
): Pick<RealmDraft, "attributes"> {
  if (directories.length === 0) return {};
  const { [bindVersionAttribute]: _, ...uncounted } = attributes ?? {};
  const version = Math.max(...directories.map(({ bindPassword }) => bindPassword.version));
  const counted = { ...uncounted, ...(version > 1 && { [bindVersionAttribute]: String(version) }) };
  return attributes || version > 1 ? { attributes: counted } : {};
}

function withDirectory(component: Component, directory: ILdapDirectory | undefined): Component {
  if (!directory) return component;
  const { usersDn, bindDn, bindPassword, startTls } = directory;
  const { userObjectClass, loginAttribute, uuidAttribute, filter, subtree, vendor } = directory;
  const { subComponents } = component as { subComponents?: Record<string, unknown> };
  // Anybody may write a template: what is no list stays as it is, and Keycloak refuses it.
  const mappers = subComponents?.[componentType.ldapMapper];
  return {
    ...component,
    config: {
      ...component.config,
      connectionUrl: [directoryUrls(directory).join(" ")],
      ...(startTls !== undefined && { startTls: [String(startTls)] }),
      // Keycloak has no pool of connections with StartTLS, and does not start with both.
      ...(startTls && { connectionPooling: ["false"] }),
      usersDn: [usersDn],
      bindDn: [bindDn],
      bindCredential: [bindPassword],
      ...(userObjectClass !== undefined && { userObjectClasses: [userObjectClass] }),
      ...(loginAttribute !== undefined && { usernameLDAPAttribute: [loginAttribute] }),
      ...(uuidAttribute !== undefined && { uuidLDAPAttribute: [uuidAttribute] }),
      ...(filter !== undefined && { customUserSearchFilter: [filter] }),
      ...(subtree !== undefined && { searchScope: [subtree ? "2" : "1"] }),
      ...(vendor !== undefined && { vendor: [vendor], rdnLDAPAttribute: ["cn"] }),
    },
    ...(Array.isArray(mappers) && {
      subComponents: {
        ...subComponents,
        [componentType.ldapMapper]: [
          ...mappers.map((mapper) => withDirectoryAttribute(mapper, directory)),
          ...(vendor === "ad" ? missingAccountState(mappers) : []),
        ],
      },
    }),
  };
}

/** The mapper of the state of accounts of Active Directory, where there is none. */
function missingAccountState(mappers: readonly Component[]): Component[] {
  const wanted = LdapMapper.msadUserAccountControl().representation();
  return mappers.some((mapper) => mapper?.providerId === wanted.providerId) ? [] : [wanted];
}

/** The mapper of the login name, the first name or the mail address as the directory has it; any other as it is. */
function withDirectoryAttribute(mapper: Component, directory: ILdapDirectory): Component {
  const { loginAttribute, firstNameAttribute, mailAttribute } = directory;
  const attribute = String([mapper?.config?.["user.model.attribute"]].flat()[0]);
  const wanted = new Map([
    ["username", loginAttribute],
    ["firstName", firstNameAttribute],
    ["email", mailAttribute],
  ]).get(attribute);
  return wanted === undefined
    ? mapper
    : { ...mapper, config: { ...mapper.config, "ldap.attribute": [wanted] } };
}
