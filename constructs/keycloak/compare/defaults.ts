import type { JsonObject } from "../../../kit/json";

/** Kinds of objects of a realm that have fields with defaults. */
export type DefaultsKind =
  | "client"
  | "protocolMapper"
  | "identityProvider"
  | "execution"
  | "role"
  | "user"
  | "requiredAction";

/**
 * What Keycloak 26.7.3 takes for a field that an import leaves out: seen by importing objects with nothing but their
 * name, and exporting them. Those of the realm itself are in bare-realm.json.
 */
export const fieldDefaults: Readonly<Record<DefaultsKind, JsonObject>> = {
  client: {
    surrogateAuthRequired: false,
    enabled: true,
    alwaysDisplayInConsole: false,
    clientAuthenticatorType: "client-secret",
    bearerOnly: false,
    consentRequired: false,
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: false,
    publicClient: false,
    frontchannelLogout: false,
    protocol: "openid-connect",
    fullScopeAllowed: true,
    authorizationServicesEnabled: false,
  },
  protocolMapper: { consentRequired: false },
  identityProvider: {
    enabled: true,
    trustEmail: false,
    storeToken: false,
    addReadTokenRoleOnCreate: false,
    authenticateByDefault: false,
    linkOnly: false,
    hideOnLogin: false,
    updateProfileFirstLoginMode: "on",
  },
  execution: { userSetupAllowed: false },
  role: { composite: false },
  // An import leaves users disabled that do not say otherwise.
  user: { enabled: false, emailVerified: false, totp: false },
  requiredAction: { enabled: false, defaultAction: false },
};

/** Keys of configurations and attributes whose absence means something else than false, and what it means. */
export const attributeDefaults: Readonly<
  Record<"client" | "clientScope" | "federation" | "identityProvider", JsonObject>
> = {
  client: {
    "post.logout.redirect.uris": "+",
    "use.refresh.tokens": "true",
    "frontchannel.logout.session.required": "true",
  },
  clientScope: {
    "include.in.token.scope": "true",
    "include.in.openid.provider.metadata": "true",
    "display.on.consent.screen": "true",
  },
  identityProvider: {},
  // LDAPConfig and CacheableStorageProviderModel of Keycloak.
  federation: {
    enabled: ["true"],
    priority: ["0"],
    importEnabled: ["true"],
    cachePolicy: ["DEFAULT"],
    authType: ["simple"],
    editMode: ["READ_ONLY"],
    searchScope: ["2"],
    fullSyncPeriod: ["-1"],
    changedSyncPeriod: ["-1"],
    // Keycloak's Terraform provider writes these for none.
    evictionDay: ["-1"],
    evictionHour: ["-1"],
    evictionMinute: ["-1"],
    batchSizeForSync: ["1000"],
    removeInvalidUsersEnabled: ["true"],
    useTruststoreSpi: ["always"],
    krbPrincipalAttribute: ["krb5PrincipalName"],
  },
};
