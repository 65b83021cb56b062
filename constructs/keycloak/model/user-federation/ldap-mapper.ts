import {
  clientName,
  groupPath,
  type IGroup,
  type IOidcClient,
  type IRole,
  type OrName,
  roleName,
} from "../object/references";
import { type Component, type Config, configLists } from "../object/representation";

interface Options {
  /** Name for people, unique in the federation. @default what the factory says */
  readonly name?: string;
}

/** Whether Keycloak writes into the directory. */
export type LdapMode = "READ_ONLY" | "LDAP_ONLY" | "IMPORT";

interface UserAttributeOptions extends Options {
  /** Attribute of the entry. */
  readonly ldapAttribute: string;
  /** `username`, `email`, `firstName`, `lastName`, or an attribute of the user. */
  readonly userAttribute: string;
  /** Whether an entry without it is no user. @default true */
  readonly mandatory?: boolean;
  /**
   * Reads the directory each time, instead of Keycloak's copy. Where that is not done for the email, tokens name an address
   * that is perhaps somebody else's by now. @default true, but not for the username
   */
  readonly alwaysRead?: boolean;
  /** @default true */
  readonly readOnly?: boolean;
  /** For pictures and the like. @default false */
  readonly binary?: boolean;
  /** Where the entry has none. @default none */
  readonly defaultValue?: string;
}

interface GroupOptions extends Options {
  /** Where groups are, e.g. `ou=groups,dc=example,dc=com`. */
  readonly groupsDn: string;
  /** @default "cn" */
  readonly nameAttribute?: string;
  /** @default ["groupOfNames"] */
  readonly objectClasses?: readonly string[];
  /** @default "member" */
  readonly membershipAttribute?: string;
  /** What a membership holds. @default "DN" */
  readonly membershipType?: "DN" | "UID";
  /** What it is compared with, for type UID. @default "uid" */
  readonly membershipUserAttribute?: string;
  /** @default "READ_ONLY" */
  readonly mode?: LdapMode;
  /** Further condition on groups, in parentheses. @default none */
  readonly filter?: string;
  /** Whether groups in groups are sub-groups. @default true for type DN */
  readonly preserveInheritance?: boolean;
  /** Whether groups that left the directory are deleted by a synchronization. @default false */
  readonly dropMissing?: boolean;
  /** Group of Keycloak below which they are. @default "/" */
  readonly path?: OrName<IGroup>;
}

interface RoleOptions
  extends Omit<
    GroupOptions,
    "groupsDn" | "preserveInheritance" | "dropMissing" | "path" | "membershipAttribute"
  > {
  /** Where roles are. */
  readonly rolesDn: string;
  /** @default "member" */
  readonly membershipAttribute?: string;
  /** Client whose roles they become. @default roles of the realm */
  readonly client?: OrName<IOidcClient>;
}

/** What becomes of entries of a directory. A value: it is given to a federation. */
export class LdapMapper {
  private constructor(
    readonly name: string,
    readonly providerId: string,
    readonly config: Config,
    /** The objects of the realm that it names. */
    readonly mentioned: {
      readonly role?: OrName<IRole>;
      readonly group?: OrName<IGroup>;
      readonly client?: OrName<IOidcClient>;
    } = {},
  ) {}

  /** A mapper that has no factory here, by the id of its provider. */
  static custom(name: string, providerId: string, config: Config): LdapMapper {
    return new LdapMapper(name, providerId, config);
  }

  /** An attribute of the entry as one of the user. */
  static userAttribute(options: UserAttributeOptions): LdapMapper {
    const { userAttribute, ldapAttribute, mandatory = true, readOnly = true } = options;
    return LdapMapper.custom(options.name ?? userAttribute, "user-attribute-ldap-mapper", {
      "ldap.attribute": ldapAttribute,
      "user.model.attribute": userAttribute,
      "is.mandatory.in.ldap": mandatory,
      "always.read.value.from.ldap": options.alwaysRead ?? userAttribute !== "username",
      "read.only": readOnly,
      "is.binary.attribute": options.binary,
      "attribute.default.value": options.defaultValue,
    });
  }

  /** First and last name from one attribute. */
  static fullName(options: Options & { ldapAttribute?: string; readOnly?: boolean } = {}): LdapMapper {
    const { ldapAttribute = "cn", readOnly = true } = options;
    return LdapMapper.custom(options.name ?? "full name", "full-name-ldap-mapper", {
      "ldap.full.name.attribute": ldapAttribute,
      "read.only": readOnly,
      "write.only": false,
    });
  }

  /** The same attribute for every user of the directory. */
  static hardcodedAttribute(attribute: string, value: string, options: Options = {}): LdapMapper {
    return LdapMapper.custom(options.name ?? attribute, "hardcoded-attribute-mapper", {
      "user.model.attribute": attribute,
      "attribute.value": value,
    });
  }

  /** The same attribute in every entry that Keycloak writes. */
  static hardcodedLdapAttribute(attribute: string, value: string, options: Options = {}): LdapMapper {
    return LdapMapper.custom(options.name ?? attribute, "hardcoded-ldap-attribute-mapper", {
      "ldap.attribute.name": attribute,
      "ldap.attribute.value": value,
    });
  }

  /** A role for every user of the directory. */
  static hardcodedRole(role: OrName<IRole>, options: Options = {}): LdapMapper {
    const owner = typeof role === "string" ? undefined : role.client?.clientId;
    const name = owner === undefined ? roleName(role) : `${owner}.${roleName(role)}`;
    return new LdapMapper(options.name ?? name, "hardcoded-ldap-role-mapper", { role: name }, { role });
  }

  /** A group for every user of the directory. */
  static hardcodedGroup(group: OrName<IGroup>, options: Options = {}): LdapMapper {
    const path = groupPath(group);
    return new LdapMapper(options.name ?? path, "hardcoded-ldap-group-mapper", { group: path }, { group });
  }

  /** Groups of the directory as groups of Keycloak. */
  static group(options: GroupOptions): LdapMapper {
    const { membershipType = "DN", path = "/", dropMissing = false, nameAttribute = "cn" } = options;
    const config = {
      "groups.dn": options.groupsDn,
      "group.name.ldap.attribute": nameAttribute,
      "group.object.classes": (options.objectClasses ?? ["groupOfNames"]).join(","),
      "preserve.group.inheritance": options.preserveInheritance ?? membershipType === "DN",
      "ignore.missing.groups": false,
      ...membership(options),
      "groups.ldap.filter": options.filter,
      "user.roles.retrieve.strategy": "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE",
      "drop.non.existing.groups.during.sync": dropMissing,
      "groups.path": path === "/" ? "/" : groupPath(path),
    };
    const mentioned = path === "/" ? {} : { group: path };
    return new LdapMapper(options.name ?? "groups", "group-ldap-mapper", config, mentioned);
  }

  /** Groups of the directory as roles of Keycloak. */
  static role(options: RoleOptions): LdapMapper {
    const { client, nameAttribute = "cn" } = options;
    const config = {
      "roles.dn": options.rolesDn,
      "role.name.ldap.attribute": nameAttribute,
      "role.object.classes": (options.objectClasses ?? ["groupOfNames"]).join(","),
      ...membership(options),
      "roles.ldap.filter": options.filter,
      "user.roles.retrieve.strategy": "LOAD_ROLES_BY_MEMBER_ATTRIBUTE",
      "use.realm.roles.mapping": client === undefined,
      "client.id": client === undefined ? undefined : clientName(client),
    };
    const mentioned = client === undefined ? {} : { client };
    return new LdapMapper(options.name ?? "roles", "role-ldap-mapper", config, mentioned);
  }

  /** The state of accounts of Active Directory: disabled, password expired. */
  static msadUserAccountControl(options: Options & { passwordHints?: boolean } = {}): LdapMapper {
    return LdapMapper.custom(options.name ?? "MSAD account controls", "msad-user-account-control-mapper", {
      "ldap.password.policy.hints.enabled": options.passwordHints ?? false,
    });
  }

  /** The state of accounts of Active Directory Lightweight Directory Services: disabled, password expired. */
  static msadLdsUserAccountControl(options: Options = {}): LdapMapper {
    return LdapMapper.custom(
      options.name ?? "MSAD LDS account controls",
      "msad-lds-user-account-control-mapper",
      {},
    );
  }

  /** A certificate of the entry as an attribute of the user, for logins by X.509. */
  static certificate(options: UserAttributeOptions & { readonly der?: boolean }): LdapMapper {
    const { config, name } = LdapMapper.userAttribute(options);
    return LdapMapper.custom(name, "certificate-ldap-mapper", {
      ...config,
      "is.der.formatted": options.der ?? false,
    });
  }

  /** As Keycloak reads it. */
  representation(): Component {
    return {
      name: this.name,
      providerId: this.providerId,
      config: configLists(this.config),
    };
  }
}

function membership(options: GroupOptions | RoleOptions): Config {
  const { membershipAttribute = "member", membershipType = "DN", membershipUserAttribute = "uid" } = options;
  return {
    "membership.ldap.attribute": membershipAttribute,
    "membership.attribute.type": membershipType,
    "membership.user.ldap.attribute": membershipUserAttribute,
    mode: options.mode ?? "READ_ONLY",
  };
}
