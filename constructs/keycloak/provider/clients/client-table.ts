import { fieldDefaults } from "../../compare/defaults";
import { originsOf } from "../../compare/normalize-clients";
import { isEmpty } from "../../compare/values";
import { boolean, emptyToNone, text, texts } from "../mapping/conversions";
import { type FieldMapping, type JsonMap, sameNames } from "../mapping/field-mapping";

const attribute = (at: string, to: string, as: (value: unknown) => unknown = emptyToNone): FieldMapping => ({
  at: `attributes/${at}`,
  to,
  as,
});

function withoutEmpty(texts: unknown): unknown {
  return Array.isArray(texts) ? texts.filter((text) => text !== "") : texts;
}

/** Keycloak gives no tokens to such a client, whatever else it says. */
export function isBearerOnly({ bearerOnly, publicClient }: JsonMap): boolean {
  return bearerOnly === true && publicClient !== true;
}

const redirects = (_: unknown, client: JsonMap) =>
  !isBearerOnly(client) && (client.standardFlowEnabled === true || client.implicitFlowEnabled === true);
const fromBrowsers = (value: unknown, client: JsonMap) =>
  redirects(value, client) || (!isBearerOnly(client) && client.directAccessGrantsEnabled === true);

/** A switch of a client, and when the provider refuses to turn it on. */
const flow = (at: string, refused: (client: JsonMap) => boolean, why: string): FieldMapping[] => [
  {
    at,
    is: "default",
    why: "a client that is bearer-only gets no tokens",
    when: (_, client) => isBearerOnly(client),
  },
  { at, is: "inexpressible", why, when: (value, client) => value === true && refused(client) },
  { at, to: at },
];
const redirectingFlow = (at: string) =>
  flow(
    at,
    ({ redirectUris }) => isEmpty(redirectUris),
    "the provider refuses a flow that redirects without redirect URIs: it is off",
  );

/** keycloak_openid_client. */
export const clientTable: readonly FieldMapping[] = [
  ...sameNames("clientId", "name", "description", "enabled"),
  ...sameNames("rootUrl", "baseUrl", "adminUrl", "consentRequired", "alwaysDisplayInConsole"),
  ...redirectingFlow("standardFlowEnabled"),
  ...redirectingFlow("implicitFlowEnabled"),
  ...flow("directAccessGrantsEnabled", () => false, ""),
  ...flow(
    "serviceAccountsEnabled",
    ({ publicClient }) => publicClient === true,
    "the provider refuses a service account of a public client: it is off",
  ),
  ...sameNames("fullScopeAllowed", "clientAuthenticatorType"),
  { at: "frontchannelLogout", to: "frontchannelLogoutEnabled" },
  { at: "publicClient", is: "translated", why: "by access_type" },
  { at: "bearerOnly", is: "translated", why: "by access_type" },
  {
    at: "protocol",
    is: "translated",
    why: "by the kind of the resource",
    when: (value) => value === "openid-connect",
  },
  { at: "secret", is: "translated", why: "by a write-only attribute, from a variable" },
  { at: "redirectUris", to: "validRedirectUris", as: withoutEmpty, when: redirects },
  {
    at: "redirectUris",
    is: "inexpressible",
    why: "the provider refuses redirect URIs of a client without a flow that redirects",
  },
  { at: "webOrigins", to: "webOrigins", as: withoutEmpty, when: fromBrowsers },
  {
    at: "webOrigins",
    is: "inexpressible",
    why: "the provider refuses origins of a client that no browser logs in at",
  },
  attribute("pkce.code.challenge.method", "pkceCodeChallengeMethod"),
  attribute("dpop.bound.access.tokens", "requireDpopBoundTokens", boolean),
  attribute("access.token.lifespan", "accessTokenLifespan", text),
  attribute("login_theme", "loginTheme"),
  attribute("client.offline.session.idle.timeout", "clientOfflineSessionIdleTimeout", text),
  attribute("client.offline.session.max.lifespan", "clientOfflineSessionMaxLifespan", text),
  attribute("client.session.idle.timeout", "clientSessionIdleTimeout", text),
  attribute("client.session.max.lifespan", "clientSessionMaxLifespan", text),
  attribute("use.refresh.tokens", "useRefreshTokens", boolean),
  attribute("client_credentials.use_refresh_token", "useRefreshTokensClientCredentials", boolean),
  attribute("backchannel.logout.url", "backchannelLogoutUrl"),
  attribute("frontchannel.logout.url", "frontchannelLogoutUrl"),
  attribute("backchannel.logout.revoke.offline.tokens", "backchannelLogoutRevokeOfflineSessions", boolean),
  attribute("backchannel.logout.session.required", "backchannelLogoutSessionRequired", boolean),
  attribute("oauth2.device.authorization.grant.enabled", "oauth2DeviceAuthorizationGrantEnabled", boolean),
  attribute("oauth2.device.code.lifespan", "oauth2DeviceCodeLifespan", text),
  attribute("oauth2.device.polling.interval", "oauth2DevicePollingInterval", text),
  attribute("oauth2.jwt.authorization.grant.enabled", "oauth2JwtAuthorizationGrantEnabled", boolean),
  attribute("oauth2.jwt.authorization.grant.idp", "oauth2JwtAuthorizationGrantIdp"),
  attribute("display.on.consent.screen", "displayOnConsentScreen", boolean),
  attribute("consent.screen.text", "consentScreenText"),
  attribute("exclude.session.state.from.auth.response", "excludeSessionStateFromAuthResponse", boolean),
  attribute("exclude.issuer.from.auth.response", "excludeIssuerFromAuthResponse", boolean),
  {
    at: "attributes/standard.token.exchange.enabled",
    is: "inexpressible",
    why: "the provider refuses token exchange of a public client: it is off",
    when: (value, { publicClient }) => boolean(value) && publicClient === true,
  },
  attribute("standard.token.exchange.enabled", "standardTokenExchangeEnabled", boolean),
  attribute(
    "standard.token.exchange.enableRefreshRequestedTokenType",
    "allowRefreshTokenInStandardTokenExchange",
  ),
  attribute("post.logout.redirect.uris", "validPostLogoutRedirectUris", (value) =>
    isEmpty(value) ? undefined : String(value).split("##"),
  ),
  // Keycloak itself writes these two.
  { at: "attributes/client.secret.creation.time", is: "default", why: "it is state, not configuration" },
  { at: "attributes/realm_client", is: "default", why: "Keycloak marks clients of realms with it" },
  { at: "attributes", to: "extraConfig", as: texts },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "nodeReRegistrationTimeout", is: "default", why: "it is of clusters of Keycloak's old adapters" },
  { at: "registeredNodes", is: "default", why: "it is state, not configuration" },
  {
    at: "surrogateAuthRequired",
    is: "default",
    why: "Keycloak no longer reads it",
    when: (value) => value !== true,
  },
  { at: "notBefore", is: "default", why: "it is state, not configuration" },
  { at: "access", is: "default", why: "it tells what the exporting administrator may do" },
  {
    at: "authenticationFlowBindingOverrides",
    is: "translated",
    why: "by references to the realm's flows",
  },
  { at: "defaultClientScopes", is: "translated", why: "by a resource of its own" },
  { at: "optionalClientScopes", is: "translated", why: "by a resource of its own" },
  { at: "protocolMappers", is: "translated", why: "by resources of their own" },
];

/** What an absent attribute means to Keycloak, where the provider takes it for something else. */
const attributeDefaults: JsonMap = {
  "backchannel.logout.session.required": "false",
  "use.refresh.tokens": "true",
};

/** A client with Keycloak's defaults: the provider would send others for the fields that are left out. */
export function completeClient(client: JsonMap): JsonMap {
  return {
    ...fieldDefaults.client,
    webOrigins: originsOf(client.redirectUris),
    ...client,
    attributes: { ...attributeDefaults, ...(client.attributes as JsonMap | undefined) },
  };
}

/**
 * Attributes that are written even where the table leaves them out: else the provider would keep what an existing client
 * has, and refuse the combination.
 */
export const switchedOff: JsonMap = {
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
  serviceAccountsEnabled: false,
  validRedirectUris: [],
  webOrigins: [],
};

/** keycloak_saml_client_scope. */
export const samlScopeTable: readonly FieldMapping[] = [
  ...sameNames("name", "description"),
  { at: "protocol", is: "translated", why: "by the kind of the resource" },
  { at: "attributes/gui.order", to: "guiOrder", as: (value) => (isEmpty(value) ? undefined : Number(value)) },
  {
    at: "attributes/display.on.consent.screen",
    is: "translated",
    why: "a scope is on the consent screen when it has a text for it: its name, where it has none",
  },
  { at: "attributes/consent.screen.text", is: "translated", why: "the text, while it is shown" },
  { at: "attributes", to: "extraConfig", as: texts },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  { at: "protocolMappers", is: "translated", why: "by resources of their own" },
];

/** keycloak_openid_client_scope. */
export const clientScopeTable: readonly FieldMapping[] = [
  { at: "attributes/include.in.token.scope", to: "includeInTokenScope", as: boolean },
  {
    at: "attributes/include.in.openid.provider.metadata",
    to: "includeInOpenidProviderMetadata",
    as: boolean,
  },
  ...samlScopeTable,
];

/** keycloak_generic_protocol_mapper: it carries every mapper, whatever its type, without loss. */
export const protocolMapperTable: readonly FieldMapping[] = [
  ...sameNames("name", "protocol", "protocolMapper"),
  { at: "config", to: "config", as: (value) => texts(value) ?? {} },
  { at: "id", is: "default", why: "Keycloak chooses it" },
  {
    at: "consentRequired",
    is: "default",
    why: "Keycloak no longer reads it",
    when: (value) => value !== true,
  },
];
