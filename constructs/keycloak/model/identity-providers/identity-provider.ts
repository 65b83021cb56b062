import type { Construct } from "constructs";
import { defined } from "../../../../kit/defined";
import { isWebUrl } from "../../../../kit/web-url";
import type { Secret } from "../../../workload/secret";
import { type InnerProblem, RealmObject, type Reference } from "../object/realm-object";
import { flowAlias, type IAuthenticationFlow, mentions, type OrName } from "../object/references";
import { type Config, configTexts, type RealmDraft, type SecretConfig } from "../object/representation";
import type { IdentityProviderMapper, SyncMode } from "./identity-provider-mapper";

/** What holds for identity providers of every protocol. */
export interface IdentityProviderProps {
  /** In the redirect URI `…/broker/<alias>/endpoint`. @default the construct's id */
  readonly alias?: string;
  /** On the login page. @default the alias */
  readonly displayName?: string;
  /** @default true */
  readonly enabled?: boolean;
  /** Whether addresses that it tells need no proof. @default false */
  readonly trustEmail?: boolean;
  /** Whether its tokens are kept. @default false */
  readonly storeToken?: boolean;
  /** Whether it only adds to accounts that exist. @default false */
  readonly linkOnly?: boolean;
  /** @default false */
  readonly hideOnLogin?: boolean;
  /** When users are written. @default "IMPORT": at the first login */
  readonly syncMode?: Exclude<SyncMode, "INHERIT">;
  /** @default Keycloak's own, `first broker login` */
  readonly firstLoginFlow?: OrName<IAuthenticationFlow>;
  /** @default none */
  readonly postLoginFlow?: OrName<IAuthenticationFlow>;
  /** @default none */
  readonly mappers?: readonly IdentityProviderMapper[];
  /** OpenID Connect, or `custom` for what the kit has no type for. */
  readonly protocol: OidcProvider | CustomProvider;
}

export interface OidcProvider {
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** `iss` of its tokens. @default not checked */
  readonly issuer?: string;
  /** Where its keys are. @default signatures are not checked */
  readonly jwksUrl?: string;
  /** @default none */
  readonly userInfoUrl?: string;
  /** @default none */
  readonly logoutUrl?: string;
  /** This Keycloak as its client. */
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** @default "client_secret_post" */
  readonly clientAuthentication?: "client_secret_post" | "client_secret_basic" | "client_secret_jwt";
  /** @default ["openid"] */
  readonly scopes?: readonly string[];
  /** @default true */
  readonly pkce?: boolean;
  /** Further settings, under Keycloak's names. @default none */
  readonly config?: Config;
}

export interface CustomProvider {
  /** As `github` or `saml`. */
  readonly providerId: string;
  readonly config: SecretConfig;
}

/** Another login server that people can log in by. https://www.keycloak.org/docs/latest/server_admin/#_identity_broker */
export class IdentityProvider extends RealmObject {
  readonly kind = "identity provider";
  readonly alias: string;

  constructor(
    scope: Construct,
    id: string,
    readonly props: IdentityProviderProps,
  ) {
    super(scope, id);
    this.alias = props.alias ?? id;
  }

  get objectName(): string {
    return this.alias;
  }

  addTo(realm: RealmDraft): void {
    const {
      displayName,
      enabled = true,
      trustEmail = false,
      storeToken = false,
      linkOnly = false,
    } = this.props;
    const { protocol, firstLoginFlow, postLoginFlow, mappers = [], hideOnLogin = false } = this.props;
    realm.identityProviders = [
      ...(realm.identityProviders ?? []),
      {
        alias: this.alias,
        ...defined({ displayName }),
        providerId: "providerId" in protocol ? protocol.providerId : "oidc",
        enabled,
        trustEmail,
        storeToken,
        addReadTokenRoleOnCreate: false,
        linkOnly,
        hideOnLogin,
        ...defined({
          firstBrokerLoginFlowAlias: firstLoginFlow && flowAlias(firstLoginFlow),
          postBrokerLoginFlowAlias: postLoginFlow && flowAlias(postLoginFlow),
        }),
        config: configTexts({
          syncMode: this.props.syncMode ?? "IMPORT",
          ...("providerId" in protocol ? protocol.config : oidcConfig(protocol)),
        }),
      },
    ];
    if (mappers.length === 0) return;
    realm.identityProviderMappers = [
      ...(realm.identityProviderMappers ?? []),
      ...mappers.map((mapper) => mapper.representation(this.alias)),
    ];
  }

  override references(): Reference[] {
    return [
      ...mentions("firstLoginFlow", "flow", this.props.firstLoginFlow),
      ...mentions("postLoginFlow", "flow", this.props.postLoginFlow),
      ...(this.props.mappers ?? []).flatMap(({ name, grants: { role, group } }) => [
        ...mentions(`mappers.${name}`, "role", role),
        ...mentions(`mappers.${name}`, "group", group),
      ]),
    ];
  }

  override problems(): InnerProblem[] {
    const { protocol, mappers = [] } = this.props;
    const names = mappers.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    const urls = "providerId" in protocol ? [] : Object.entries(protocol);
    return [
      ...urls
        .filter(([name, value]) => name.endsWith("Url") && !isWebUrl(String(value)))
        .map(([name, value]) => ({
          at: `protocol.${name}`,
          what: "not a URL",
          got: value,
          allowed: "an http:// or https:// URL",
        })),
      ...(twice === undefined ? [] : [{ at: `mappers.${twice}`, what: "two mappers have one name" }]),
    ];
  }
}

function oidcConfig(provider: OidcProvider): SecretConfig {
  const { pkce = true, scopes = ["openid"], jwksUrl } = provider;
  return {
    authorizationUrl: provider.authorizationUrl,
    tokenUrl: provider.tokenUrl,
    issuer: provider.issuer,
    jwksUrl,
    useJwksUrl: jwksUrl !== undefined,
    validateSignature: jwksUrl !== undefined,
    userInfoUrl: provider.userInfoUrl,
    logoutUrl: provider.logoutUrl,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    clientAuthMethod: provider.clientAuthentication ?? "client_secret_post",
    defaultScope: scopes.join(" "),
    pkceEnabled: pkce,
    pkceMethod: pkce ? "S256" : undefined,
    ...provider.config,
  };
}
