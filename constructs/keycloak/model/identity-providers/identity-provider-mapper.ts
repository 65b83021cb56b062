import { groupPath, type IGroup, type IRole, type OrName, roleName } from "../object/references";
import { type Config, configTexts } from "../object/representation";

/** When a mapper works: at every login, at the first one, or as the identity provider says. */
export type SyncMode = "FORCE" | "IMPORT" | "LEGACY" | "INHERIT";

interface Options {
  /** Name for people, unique in the identity provider. @default what the factory says */
  readonly name?: string;
  /** @default "INHERIT" */
  readonly syncMode?: SyncMode;
}

/** What becomes of a login at an identity provider. A value: it is given to an identity provider. */
export class IdentityProviderMapper {
  private constructor(
    readonly name: string,
    readonly providerId: string,
    readonly config: Config,
    readonly grants: { readonly role?: OrName<IRole>; readonly group?: OrName<IGroup> } = {},
  ) {}

  /** A mapper that has no factory here, by the id of its provider. */
  static custom(name: string, providerId: string, config: Config, options: Options = {}) {
    return IdentityProviderMapper.#of(name, providerId, config, options);
  }

  /** A claim as an attribute of the user. */
  static claimToAttribute(claim: string, attribute: string, options: Options = {}) {
    const config = { claim, "user.attribute": attribute };
    return IdentityProviderMapper.#of(attribute, "oidc-user-attribute-idp-mapper", config, options);
  }

  /** A role for those who have a value of a claim. */
  static claimToRole(claim: string, value: string, role: OrName<IRole>, options: Options = {}) {
    const config = { claim, "claim.value": value, role: qualified(role) };
    return IdentityProviderMapper.#of(qualified(role), "oidc-role-idp-mapper", config, options, { role });
  }

  /** A role for everyone. */
  static hardcodedRole(role: OrName<IRole>, options: Options = {}) {
    const config = { role: qualified(role) };
    return IdentityProviderMapper.#of(qualified(role), "oidc-hardcoded-role-idp-mapper", config, options, {
      role,
    });
  }

  /** A group for everyone. */
  static hardcodedGroup(group: OrName<IGroup>, options: Options = {}) {
    const path = groupPath(group);
    return IdentityProviderMapper.#of(path, "oidc-hardcoded-group-idp-mapper", { group: path }, options, {
      group,
    });
  }

  /** The same attribute for everyone. */
  static hardcodedAttribute(attribute: string, value: string, options: Options = {}) {
    const config = { attribute, "attribute.value": value };
    return IdentityProviderMapper.#of(attribute, "hardcoded-attribute-idp-mapper", config, options);
  }

  /** The user name from claims: `${CLAIM.preferred_username}`, `${ALIAS}.${CLAIM.sub | lowercase}`. */
  static username(template: string, options: Options = {}) {
    return IdentityProviderMapper.#of("username", "oidc-username-idp-mapper", { template }, options);
  }

  static #of(
    usualName: string,
    providerId: string,
    config: Config,
    { name = usualName, syncMode = "INHERIT" }: Options,
    grants: { role?: OrName<IRole>; group?: OrName<IGroup> } = {},
  ) {
    return new IdentityProviderMapper(name, providerId, { syncMode, ...config }, grants);
  }

  /** As Keycloak reads it. */
  representation(alias: string) {
    return {
      name: this.name,
      identityProviderAlias: alias,
      identityProviderMapper: this.providerId,
      config: configTexts(this.config),
    };
  }
}

function qualified(role: OrName<IRole>): string {
  const owner = typeof role === "string" ? undefined : role.client?.clientId;
  return owner === undefined ? roleName(role) : `${owner}.${roleName(role)}`;
}
