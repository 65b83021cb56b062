import type { IOidcClient } from "../object/references";
import { type Config, type Covered, configTexts, type MapperRepresentation } from "../object/representation";

/** Where a claim goes. */
export type TokenKind = "id" | "access" | "userinfo" | "introspection" | "lightweight";

/** JSON type of a claim. */
export type ClaimType = "String" | "long" | "int" | "boolean" | "JSON";

const tokenSetting: Record<TokenKind, string> = {
  id: "id.token.claim",
  access: "access.token.claim",
  userinfo: "userinfo.token.claim",
  introspection: "introspection.token.claim",
  lightweight: "lightweight.claim",
};

const everywhere: readonly TokenKind[] = ["id", "access", "userinfo", "introspection"];

interface MapperOptions {
  /** Name for people, unique in its client or client scope. @default what the factory says */
  readonly name?: string;
  /** Where the claim goes. */
  readonly tokens?: readonly TokenKind[];
}

interface ClaimOptions extends MapperOptions {
  /** Name of the claim; a dot nests. @default what it is taken from */
  readonly claim?: string;
  /** @default "String" */
  readonly type?: ClaimType;
}

/** A list of values, or one. */
interface ListOptions extends ClaimOptions {
  /** @default false */
  readonly multivalued?: boolean;
}

interface RoleOptions extends MapperOptions {
  readonly claim?: string;
  /** Put before each role. @default none */
  readonly prefix?: string;
}

/**
 * What puts something into tokens. A value: it is given to a client or a client scope.
 * https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers
 */
export class ProtocolMapper {
  private constructor(
    readonly name: string,
    readonly providerId: string,
    readonly config: Config,
    /** A client of the realm that it is about. */
    readonly client?: IOidcClient | string,
  ) {}

  /** A mapper that has no factory here, by the id of its provider. */
  static custom(name: string, providerId: string, config: Config): ProtocolMapper {
    return new ProtocolMapper(name, providerId, config);
  }

  /**
   * Puts a client, or any text, into `aud`. A client may ask whether a token is active only when it is in there.
   * Into the access token and introspection, unless told otherwise.
   */
  static audience(to: { client: IOidcClient | string } | { custom: string }, options: MapperOptions = {}) {
    const client = "client" in to ? to.client : undefined;
    const audience = client === undefined ? undefined : typeof client === "string" ? client : client.clientId;
    const custom = "custom" in to ? to.custom : undefined;
    return new ProtocolMapper(
      options.name ?? `${audience ?? custom} audience`,
      "oidc-audience-mapper",
      {
        "included.client.audience": audience,
        "included.custom.audience": custom,
        "id.token.claim": false,
        ...tokens(options.tokens ?? ["access", "introspection"]),
      },
      client,
    );
  }

  /** An attribute of the user, which `username`, `email`, `firstName` and `lastName` are too. Everywhere. */
  static userAttribute(attribute: string, options: ListOptions & { aggregate?: boolean } = {}) {
    return claimMapper("oidc-usermodel-attribute-mapper", attribute, options, {
      "user.attribute": attribute,
      multivalued: options.multivalued,
      "aggregate.attrs": options.aggregate,
    });
  }

  /** A property of the user: `id`, `username`, `email`, `emailVerified` … Everywhere. */
  static userProperty(property: string, options: ClaimOptions = {}) {
    return claimMapper("oidc-usermodel-property-mapper", property, options, { "user.attribute": property });
  }

  /** The groups of the user as a list, with their paths unless told otherwise. Everywhere. */
  static groupMembership(options: MapperOptions & { claim?: string; fullPath?: boolean } = {}) {
    const { claim = "groups", fullPath = true } = options;
    return new ProtocolMapper(options.name ?? claim, "oidc-group-membership-mapper", {
      "claim.name": claim,
      "full.path": fullPath,
      ...tokens(options.tokens ?? everywhere),
    });
  }

  /** The realm roles of the user as a list, in `realm_access.roles`. Into the access token and introspection. */
  static realmRoles(options: RoleOptions = {}) {
    const { claim = "realm_access.roles", prefix } = options;
    return new ProtocolMapper(options.name ?? "realm roles", "oidc-usermodel-realm-role-mapper", {
      "claim.name": claim,
      "jsonType.label": "String",
      multivalued: true,
      "usermodel.realmRoleMapping.rolePrefix": prefix,
      ...tokens(options.tokens ?? ["access", "introspection"]),
    });
  }

  /**
   * The roles of the user in a client, or in every client, as a list in `resource_access.${client_id}.roles`. Into the
   * access token and introspection.
   */
  static clientRoles(client?: IOidcClient | string, options: RoleOptions = {}) {
    const { claim = `resource_access.\${client_id}.roles`, prefix } = options;
    return new ProtocolMapper(
      options.name ?? "client roles",
      "oidc-usermodel-client-role-mapper",
      {
        "claim.name": claim,
        "jsonType.label": "String",
        multivalued: true,
        "usermodel.clientRoleMapping.clientId": typeof client === "string" ? client : client?.clientId,
        "usermodel.clientRoleMapping.rolePrefix": prefix,
        ...tokens(options.tokens ?? ["access", "introspection"]),
      },
      client,
    );
  }

  /** The same value for everyone. Everywhere. */
  static hardcodedClaim(claim: string, value: string, options: Omit<ClaimOptions, "claim"> = {}) {
    return claimMapper("oidc-hardcoded-claim-mapper", claim, options, { "claim.value": value });
  }

  /** First and last name in `name`. Everywhere. */
  static fullName(options: MapperOptions = {}) {
    return new ProtocolMapper(options.name ?? "full name", "oidc-full-name-mapper", {
      ...tokens(options.tokens ?? everywhere),
    });
  }

  /** `sub`, which no access token has without it. */
  static sub(options: MapperOptions = {}) {
    return new ProtocolMapper(options.name ?? "sub", "oidc-sub-mapper", {
      ...tokens(options.tokens ?? ["access", "introspection"]),
    });
  }

  /** A note of the login session. Into ID and access token and introspection. */
  static sessionNote(note: string, options: ClaimOptions = {}) {
    const places: readonly TokenKind[] = ["id", "access", "introspection"];
    return claimMapper(
      "oidc-usersessionmodel-note-mapper",
      note,
      options,
      { "user.session.note": note },
      places,
    );
  }

  /** As Keycloak reads it. */
  representation(): Covered<MapperRepresentation> {
    return {
      name: this.name,
      protocol: "openid-connect",
      protocolMapper: this.providerId,
      config: configTexts(this.config),
    };
  }
}

function claimMapper(
  providerId: string,
  source: string,
  { name, claim = source, type = "String", tokens: wanted }: ClaimOptions,
  config: Config,
  usual: readonly TokenKind[] = everywhere,
): ProtocolMapper {
  return ProtocolMapper.custom(name ?? claim, providerId, {
    ...config,
    "claim.name": claim,
    "jsonType.label": type,
    ...tokens(wanted ?? usual, usual),
  });
}

/** Where a mapper says nothing of these, Keycloak does as for the other token: to leave one out, `false` must be written. */
const follows: Partial<Record<TokenKind, TokenKind>> = { userinfo: "id", introspection: "access" };

function tokens(wanted: readonly TokenKind[], possible: readonly TokenKind[] = everywhere): Config {
  const denied = possible.filter((kind) => {
    const leader = follows[kind];
    return leader !== undefined && wanted.includes(leader) && !wanted.includes(kind);
  });
  return Object.fromEntries([
    ...wanted.map((kind) => [tokenSetting[kind], true]),
    ...denied.map((kind) => [tokenSetting[kind], false]),
  ]);
}
