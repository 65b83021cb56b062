import type { Construct } from "constructs";
import { directoryUrls } from "../../../ldap/directory-urls";
import type { ILdapDirectory } from "../../../ldap/ldap-directory";
import { type InnerProblem, RealmObject, type Reference } from "../object/realm-object";
import { mentions } from "../object/references";
import {
  addComponent,
  type Config,
  componentType,
  configLists,
  type RealmDraft,
  type SecretConfig,
} from "../object/representation";
import { LdapMapper } from "./ldap-mapper";

export interface LdapFederationProps {
  /** For people, unique in the realm. @default the construct's id */
  readonly name?: string;
  readonly directory: ILdapDirectory;
  /**
   * @default user name from `usernameAttribute`, email from the directory's or `mail`, first name from the directory's or `cn`,
   * last name from `sn`; of Active Directory the state of accounts, too
   */
  readonly mappers?: readonly LdapMapper[];
  /** Beside `mappers`. @default none */
  readonly furtherMappers?: readonly LdapMapper[];
  /** @default as the directory says, else "other" */
  readonly vendor?: "other" | "ad" | "rhds" | "tivoli" | "edirectory";
  /** @default true */
  readonly enabled?: boolean;
  /** The lowest is asked first. @default 0 */
  readonly priority?: number;
  /** Whether and where changes of users are written. @default "READ_ONLY" */
  readonly editMode?: "READ_ONLY" | "WRITABLE" | "UNSYNCED";
  /** Whether Keycloak keeps a copy of users. @default true */
  readonly importUsers?: boolean;
  /** Whether users that register are written. @default false */
  readonly syncRegistrations?: boolean;
  /** Whether addresses of the directory need no proof. @default true */
  readonly trustEmail?: boolean;
  /** Whether people are found below sub-entries. @default as the directory says, else false */
  readonly subtree?: boolean;
  /** @default as the directory says, else "uid" */
  readonly usernameAttribute?: string;
  /** @default "uid"; of Active Directory "cn" */
  readonly rdnAttribute?: string;
  /** @default as the directory says, else "entryUUID" */
  readonly uuidAttribute?: string;
  /** @default as the directory says, else ["inetOrgPerson"] */
  readonly userObjectClasses?: readonly string[];
  /** Further condition on people, in parentheses. @default as the directory says, else none */
  readonly userFilter?: string;
  /** StartTLS on an `ldap://` connection. @default as the directory says, else false */
  readonly startTls?: boolean;
  /** @default true */
  readonly pagination?: boolean;
  /** Not with StartTLS. @default true without StartTLS */
  readonly connectionPooling?: boolean;
  /** In milliseconds. @default 5000 */
  readonly connectionTimeoutMs?: number;
  /** In milliseconds. @default 5000 */
  readonly readTimeoutMs?: number;
  /**
   * How long Keycloak believes what it has read about a user, in seconds; 0 asks the directory each time. So long
   * somebody who was removed keeps his tokens; by Keycloak's own default it may be hours. @default 10
   */
  readonly cacheSeconds?: number;
  /** How often all users are copied, in seconds. @default never: each when needed */
  readonly fullSyncSeconds?: number;
  /**
   * How often changed users are copied, in seconds; -1 is never. So long whoever has an address that was somebody else's
   * cannot log in: Keycloak finds people by its copies. @default 300
   */
  readonly changedSyncSeconds?: number;
  /** Further settings, under Keycloak's names. @default none */
  readonly config?: Config;
}

/** Users of an LDAP directory, read-only unless told otherwise. https://www.keycloak.org/docs/latest/server_admin/#_ldap */
export class LdapFederation extends RealmObject {
  readonly kind = "user federation";
  readonly mappers: readonly LdapMapper[];

  constructor(
    scope: Construct,
    id: string,
    readonly props: LdapFederationProps,
  ) {
    super(scope, id);
    this.mappers = [...(props.mappers ?? personMappers(props)), ...(props.furtherMappers ?? [])];
  }

  get objectName(): string {
    return this.props.name ?? this.node.id;
  }

  addTo(realm: RealmDraft): void {
    addComponent(realm, componentType.storage, {
      name: this.objectName,
      providerId: "ldap",
      config: configLists(this.#config()),
      subComponents: { [componentType.ldapMapper]: this.mappers.map((mapper) => mapper.representation()) },
    });
  }

  #config(): SecretConfig {
    const { directory, startTls = directory.startTls, cacheSeconds = 10 } = this.props;
    return {
      enabled: this.props.enabled ?? true,
      priority: this.props.priority ?? 0,
      vendor: this.props.vendor ?? directory.vendor ?? "other",
      editMode: this.props.editMode ?? "READ_ONLY",
      importEnabled: this.props.importUsers ?? true,
      syncRegistrations: this.props.syncRegistrations ?? false,
      trustEmail: this.props.trustEmail ?? true,
      connectionUrl: directoryUrls(directory).join(" "),
      usersDn: directory.usersDn,
      authType: "simple",
      bindDn: directory.bindDn,
      bindCredential: directory.bindPassword,
      searchScope: (this.props.subtree ?? directory.subtree) ? 2 : 1,
      usernameLDAPAttribute: usernameAttribute(this.props),
      rdnLDAPAttribute: this.props.rdnAttribute ?? (directory.vendor === "ad" ? "cn" : "uid"),
      uuidLDAPAttribute: this.props.uuidAttribute ?? directory.uuidAttribute ?? "entryUUID",
      userObjectClasses: (
        this.props.userObjectClasses ?? [directory.userObjectClass ?? "inetOrgPerson"]
      ).join(", "),
      customUserSearchFilter: userFilter(this.props),
      startTls,
      pagination: this.props.pagination ?? true,
      connectionPooling: this.props.connectionPooling ?? !startTls,
      connectionTimeout: this.props.connectionTimeoutMs ?? 5000,
      readTimeout: this.props.readTimeoutMs ?? 5000,
      ...(cacheSeconds === 0
        ? { cachePolicy: "NO_CACHE" }
        : { cachePolicy: "MAX_LIFESPAN", maxLifespan: cacheSeconds * 1000 }),
      fullSyncPeriod: this.props.fullSyncSeconds ?? -1,
      changedSyncPeriod: this.props.changedSyncSeconds ?? 300,
      ...this.props.config,
    };
  }

  override references(): Reference[] {
    return this.mappers.flatMap(({ name, mentioned: { role, group, client } }) => [
      ...mentions(`mappers.${name}`, "role", role),
      ...mentions(`mappers.${name}`, "group", group),
      ...mentions(`mappers.${name}`, "client", client),
    ]);
  }

  override problems(): InnerProblem[] {
    const { directory, startTls = directory.startTls, cacheSeconds = 0 } = this.props;
    const filter = userFilter(this.props);
    const urls = directoryUrls(directory);
    const wrong = urls.find((url) => !/^ldaps?:\/\/[^\s/]+\/?$/.test(url));
    const names = this.mappers.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    const username = this.mappers.some(({ config }) => config["user.model.attribute"] === "username");
    return [
      ...(wrong === undefined
        ? []
        : [
            {
              at: "directory.url",
              what: "not the address of a directory",
              got: wrong,
              allowed: "ldap://host:port or ldaps://host:port",
            },
          ]),
      ...(startTls && urls.some((url) => url.startsWith("ldaps:"))
        ? [{ at: "startTls", what: "the connection is TLS from the start" }]
        : []),
      ...(startTls && this.props.connectionPooling
        ? [{ at: "connectionPooling", what: "Keycloak has none with StartTLS, and would not start" }]
        : []),
      ...(filter !== undefined && !/^\(.*\)$/s.test(filter)
        ? [{ at: "userFilter", what: "not in parentheses", got: filter }]
        : []),
      ...(Number.isInteger(cacheSeconds) && cacheSeconds >= 0
        ? []
        : [
            {
              at: "cacheSeconds",
              what: "not a whole number of seconds",
              got: cacheSeconds,
              allowed: "0 or more",
            },
          ]),
      ...(twice === undefined ? [] : [{ at: `mappers.${twice}`, what: "two mappers have one name" }]),
      ...(username
        ? []
        : [
            {
              at: "mappers",
              what: "nothing gives the user name: every login would fail with a null user name",
            },
          ]),
    ];
  }
}

const usernameAttribute = (props: LdapFederationProps) =>
  props.usernameAttribute ?? props.directory.loginAttribute ?? "uid";

const userFilter = (props: LdapFederationProps) => props.userFilter ?? props.directory.filter;

/** What Keycloak asks of every person; an import creates no mappers by itself. */
function personMappers(props: LdapFederationProps): LdapMapper[] {
  const attributes: [name: string, ldapAttribute: string, userAttribute: string][] = [
    ["username", usernameAttribute(props), "username"],
    ["email", props.directory.mailAttribute ?? "mail", "email"],
    ["first name", props.directory.firstNameAttribute ?? "cn", "firstName"],
    ["last name", "sn", "lastName"],
  ];
  return [
    ...attributes.map(([name, ldapAttribute, userAttribute]) =>
      LdapMapper.userAttribute({ name, ldapAttribute, userAttribute }),
    ),
    ...(props.directory.vendor === "ad" ? [LdapMapper.msadUserAccountControl()] : []),
  ];
}
