import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import type { Secret } from "../../../workload/secret";
import { type InnerProblem, RealmObject, type Reference, realmOf } from "../object/realm-object";
import {
  clientName,
  flowAlias,
  type IAuthenticationFlow,
  type IClientScope,
  type IOidcClient,
  type IRole,
  mentions,
  type OrName,
  rolesByOwner,
  scopeName,
} from "../object/references";
import {
  type ClientRepresentation,
  type Covered,
  configTexts,
  type MapperRepresentation,
  type RealmDraft,
} from "../object/representation";
import { secretVersionAttribute } from "../realm/mail-realm";
import { Role, type RoleProps } from "../users/role";
import { mapperReferences } from "./mapper-references";
import { ProtocolMapper } from "./protocol-mapper";
import { addScopeMappings } from "./scope-mappings";
import { audienceOf } from "./token-content";

/**
 * - `public`: runs on devices or in browsers and can keep no secret; PKCE
 * - `confidential`: a server that can
 * - `bearer-only`: takes tokens, never asks for one
 * - `service-account`: logs in as itself
 */
export type ClientKind = "public" | "confidential" | "bearer-only" | "service-account";

/** A way to get tokens. `standard` is the authorization code, `direct-access` takes passwords. */
export type ClientFlow = "standard" | "implicit" | "direct-access" | "service-account" | "device";

export interface OidcClientProps {
  /** @default the construct's id */
  readonly clientId?: string;
  readonly kind: ClientKind;
  /** For people. @default none */
  readonly name?: string;
  /** @default none */
  readonly description?: string;
  /** @default true */
  readonly enabled?: boolean;
  /** Not of a public client. @default Keycloak makes one */
  readonly secret?: Secret;
  /** @default what the kind is for: "standard", "service-account" or nothing */
  readonly flows?: readonly ClientFlow[];
  /** Whether the authorization code needs a proof by S256 (RFC 7636). @default true with flow "standard" */
  readonly pkce?: boolean;
  /** Exact URIs to which logins come back. @default none */
  readonly redirectUris?: readonly string[];
  /** Exact URIs to which logouts come back; `+` is the redirect URIs. @default none */
  readonly postLogoutRedirectUris?: readonly string[];
  /** Origins from which browsers may ask for tokens; `+` is those of the redirect URIs. @default none */
  readonly webOrigins?: readonly string[];
  /** Put before relative URLs. @default none */
  readonly rootUrl?: string;
  /** Where people find the application. @default none */
  readonly baseUrl?: string;
  /** Where Keycloak tells of a logout, from server to server. @default nowhere */
  readonly backchannelLogout?: BackchannelLogout;
  /** Page that the browser loads at logout. @default none */
  readonly frontchannelLogout?: { readonly url: string; readonly sessionRequired?: boolean };
  /** Scopes that every token has. @default those that the realm gives */
  readonly defaultScopes?: readonly OrName<IClientScope>[];
  /** Scopes that it has when it asks. @default those that the realm gives */
  readonly optionalScopes?: readonly OrName<IClientScope>[];
  /** Whether its tokens show every role of the user. @default false */
  readonly fullScopeAllowed?: boolean;
  /** Roles that its tokens show. @default those of its scopes */
  readonly roles?: readonly OrName<IRole>[];
  /** Roles of its service account. @default the realm's default roles */
  readonly serviceAccountRoles?: readonly OrName<IRole>[];
  /** Whether people are asked what it may know. @default false */
  readonly consentRequired?: boolean;
  /** @default the realm's */
  readonly lifetimes?: ClientLifetimes;
  /** Beside those of its scopes. @default none */
  readonly mappers?: readonly ProtocolMapper[];
  /** Flows other than the realm's. @default none */
  readonly flowBindings?: {
    readonly browser?: OrName<IAuthenticationFlow>;
    readonly directGrant?: OrName<IAuthenticationFlow>;
  };
  /** @default the realm's */
  readonly loginTheme?: string;
  /** Whether James and the gateway take its tokens. @default whether `allowIntrospectionBy()` was called */
  readonly mail?: boolean;
  /** Further attributes, under Keycloak's names. @default none */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** OpenID Connect Back-Channel Logout 1.0. */
export interface BackchannelLogout {
  /** Where Keycloak tells of a logout. @default nowhere */
  readonly url?: string;
  /** Whether Keycloak says which session. @default Keycloak's, true */
  readonly sessionRequired?: boolean;
  /** Whether a logout ends offline sessions too. @default Keycloak's, false */
  readonly revokeOfflineTokens?: boolean;
}

/** In seconds. @default the realm's, each */
export interface ClientLifetimes {
  readonly accessTokenSeconds?: number;
  readonly sessionIdleSeconds?: number;
  readonly sessionMaxSeconds?: number;
  readonly offlineSessionIdleSeconds?: number;
  readonly offlineSessionMaxSeconds?: number;
}

const kindFlows: Record<ClientKind, readonly ClientFlow[]> = {
  public: ["standard"],
  confidential: ["standard"],
  "bearer-only": [],
  "service-account": ["service-account"],
};

/** An OpenID Connect client. https://www.keycloak.org/docs/latest/server_admin/#_oidc_clients */
export class OidcClient extends RealmObject implements IOidcClient {
  readonly kind = "client";
  readonly clientId: string;
  readonly flows: readonly ClientFlow[];
  readonly #introspectedBy: OrName<IOidcClient>[] = [];

  constructor(
    scope: Construct,
    id: string,
    readonly props: OidcClientProps,
  ) {
    super(scope, id);
    this.clientId = props.clientId ?? id;
    this.flows = props.flows ?? kindFlows[props.kind];
  }

  /** A client that exists, to refer to. */
  static fromClientId(scope: Construct, clientId: string): IOidcClient {
    return { clientId, realm: realmOf(scope) ?? scope };
  }

  get objectName(): string {
    return this.clientId;
  }

  /** Whether James and the gateway take its tokens. */
  get mail(): boolean {
    return this.props.mail ?? this.#introspectedBy.length > 0;
  }

  /** Adds a role of this client. */
  addRole(id: string, props: Omit<RoleProps, "client"> = {}): Role {
    return new Role(this, id, { ...props, client: this });
  }

  /**
   * Lets a resource server, as James, ask whether tokens of this client are active: puts it into their audience, unless
   * a scope of the client does.
   */
  allowIntrospectionBy(resourceServer: OrName<IOidcClient>): void {
    this.#introspectedBy.push(resourceServer);
  }

  addTo(realm: RealmDraft): void {
    const { kind, name, description, enabled = true, secret, rootUrl, baseUrl, flowBindings } = this.props;
    const { redirectUris, webOrigins, defaultScopes, optionalScopes, consentRequired } = this.props;
    const open = kind === "public";
    const has = (flow: ClientFlow) => this.flows.includes(flow);
    const attributes = this.#attributes();
    const mappers = [...(this.props.mappers ?? []).map((mapper) => mapper.representation())];
    const client: Covered<ClientRepresentation> = {
      clientId: this.clientId,
      ...defined({ name, description }),
      enabled,
      protocol: "openid-connect",
      publicClient: open,
      ...(!open && { clientAuthenticatorType: "client-secret" }),
      ...(secret && { secret }),
      ...(kind === "bearer-only" && { bearerOnly: true }),
      standardFlowEnabled: has("standard"),
      implicitFlowEnabled: has("implicit"),
      directAccessGrantsEnabled: has("direct-access"),
      serviceAccountsEnabled: has("service-account"),
      fullScopeAllowed: this.props.fullScopeAllowed ?? false,
      ...defined({ consentRequired, rootUrl, baseUrl }),
      ...(this.props.frontchannelLogout && { frontchannelLogout: true }),
      ...(redirectUris && { redirectUris: [...redirectUris] }),
      ...(webOrigins && { webOrigins: [...webOrigins] }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(flowBindings && { authenticationFlowBindingOverrides: bindings(flowBindings) }),
      ...(defaultScopes && { defaultClientScopes: defaultScopes.map(scopeName) }),
      ...(optionalScopes && { optionalClientScopes: optionalScopes.map(scopeName) }),
    };
    mappers.push(...this.#audienceMappers(realm, { ...client, protocolMappers: mappers }));
    realm.clients = [
      ...(realm.clients ?? []),
      { ...client, ...(mappers.length > 0 && { protocolMappers: mappers }) },
    ];
    addScopeMappings(realm, { client: this.clientId }, this.props.roles);
    this.#addServiceAccount(realm);
  }

  #attributes(): Record<string, string | Secret> {
    const { pkce = this.flows.includes("standard"), loginTheme, postLogoutRedirectUris } = this.props;
    const { backchannelLogout = {}, frontchannelLogout, lifetimes = {}, secret } = this.props;
    return configTexts({
      "pkce.code.challenge.method": pkce ? "S256" : undefined,
      "post.logout.redirect.uris": postLogoutRedirectUris?.join("##"),
      "backchannel.logout.url": backchannelLogout.url,
      "backchannel.logout.session.required": backchannelLogout.sessionRequired,
      "backchannel.logout.revoke.offline.tokens": backchannelLogout.revokeOfflineTokens,
      "frontchannel.logout.url": frontchannelLogout?.url,
      "frontchannel.logout.session.required": frontchannelLogout?.sessionRequired,
      "access.token.lifespan": lifetimes.accessTokenSeconds,
      "client.session.idle.timeout": lifetimes.sessionIdleSeconds,
      "client.session.max.lifespan": lifetimes.sessionMaxSeconds,
      "client.offline.session.idle.timeout": lifetimes.offlineSessionIdleSeconds,
      "client.offline.session.max.lifespan": lifetimes.offlineSessionMaxSeconds,
      "oauth2.device.authorization.grant.enabled": this.flows.includes("device") || undefined,
      login_theme: loginTheme,
      [secretVersionAttribute]: secret && secret.version > 1 ? secret.version : undefined,
      ...this.props.attributes,
    });
  }

  /** For the resource servers that may ask about its tokens and are in no audience of them yet. */
  #audienceMappers(
    realm: RealmDraft,
    client: Covered<ClientRepresentation>,
  ): Covered<MapperRepresentation>[] {
    const present = audienceOf(client as ClientRepresentation, realm);
    const missing = [...new Set(this.#introspectedBy.map(clientName))].filter((id) => !present.has(id));
    return missing.map((id) => ProtocolMapper.audience({ client: id }).representation());
  }

  #addServiceAccount(realm: RealmDraft): void {
    const { serviceAccountRoles } = this.props;
    if (!serviceAccountRoles) return;
    const { realm: realmRoles, client: clientRoles } = rolesByOwner(serviceAccountRoles);
    realm.users = [
      ...(realm.users ?? []),
      {
        username: `service-account-${this.clientId.toLowerCase()}`,
        enabled: true,
        serviceAccountClientId: this.clientId,
        realmRoles,
        clientRoles,
      },
    ];
  }

  override references(): Reference[] {
    const { defaultScopes, optionalScopes, roles, serviceAccountRoles, flowBindings, mappers } = this.props;
    return [
      ...mentions("defaultScopes", "client scope", defaultScopes),
      ...mentions("optionalScopes", "client scope", optionalScopes),
      ...mentions("roles", "role", roles),
      ...mentions("serviceAccountRoles", "role", serviceAccountRoles),
      ...mentions("flowBindings.browser", "flow", flowBindings?.browser),
      ...mentions("flowBindings.directGrant", "flow", flowBindings?.directGrant),
      ...mentions("allowIntrospectionBy", "client", this.#introspectedBy),
      ...mapperReferences(mappers),
    ];
  }

  override problems(): InnerProblem[] {
    const { kind, serviceAccountRoles } = this.props;
    const odd = kind === "bearer-only" ? this.flows[0] : undefined;
    const open = kind === "public" && this.flows.includes("service-account");
    return [
      ...(odd ? [{ at: "flows", what: "a bearer-only client gets no tokens", got: odd }] : []),
      ...(open ? [{ at: "flows", what: "a public client has no service account: it cannot log in" }] : []),
      ...(serviceAccountRoles && !this.flows.includes("service-account")
        ? [{ at: "serviceAccountRoles", what: "the client has no service account", got: this.flows }]
        : []),
    ];
  }
}

function bindings({ browser, directGrant }: NonNullable<OidcClientProps["flowBindings"]>) {
  return defined({
    browser: browser && flowAlias(browser),
    direct_grant: directGrant && flowAlias(directGrant),
  });
}
