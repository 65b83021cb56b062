type Json = Record<string, unknown>;

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index + 1));
const texts = (config: Record<string, string>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, [value]]));

const claim = (name: string, attribute: string, config: Json = {}) => ({
  name,
  protocol: "openid-connect",
  protocolMapper: "oidc-usermodel-attribute-mapper",
  config: {
    "user.attribute": attribute,
    "claim.name": name,
    "jsonType.label": "String",
    "id.token.claim": "true",
    "access.token.claim": "true",
    ...config,
  },
});
const plainMapper = (name: string, protocolMapper: string) => ({
  name,
  protocol: "openid-connect",
  protocolMapper,
});

/** A client of each kind, and what clients of real realms have that the provider refuses. */
function clients(): Json[] {
  const web = (index: number): Json => ({
    clientId: `web-${index}`,
    name: `Application ${index}`,
    rootUrl: `https://app-${index}.example.com`,
    redirectUris: ["", "/*", `https://app-${index}.example.com/callback`],
    webOrigins: ["+"],
    publicClient: index % 2 === 0,
    ...(index % 2 === 1 && { secret: `secret ${index}` }),
    frontchannelLogout: index % 3 === 0,
    attributes: {
      "post.logout.redirect.uris": "https://a.example.com/*##https://b.example.com/*",
      "access.token.lifespan": "120",
      "saml.encrypt": "false",
    },
    protocolMappers: [
      claim(`tenant-${index}`, "tenant"),
      claim("kind", "kind", { "id.token.claim": "false" }),
    ],
    defaultClientScopes: ["basics", "groups"],
    optionalClientScopes: ["offline_access"],
  });
  const machine = (index: number): Json => ({
    clientId: `machine-${index}`,
    secret: `machine secret ${index}`,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    fullScopeAllowed: false,
    defaultClientScopes: ["basics"],
    optionalClientScopes: [],
  });
  return [
    ...times(8, web),
    ...times(6, machine),
    {
      ...machine(7),
      clientId: "machine-with-uris",
      redirectUris: ["*"],
      webOrigins: ["https://x.example.com"],
    },
    { clientId: "nowhere", secret: "nowhere secret", defaultClientScopes: [], optionalClientScopes: [] },
    {
      clientId: "api",
      secret: "api secret",
      bearerOnly: true,
      directAccessGrantsEnabled: true,
      defaultClientScopes: ["basics"],
    },
    {
      ...web(2),
      clientId: "step-up",
      authenticationFlowBindingOverrides: { browser: "0f2f0c9e-8d0b-4c39-9d6e-2f1b7a4f5c01" },
    },
    // One of Keycloak's own, changed.
    {
      clientId: "admin-cli",
      publicClient: true,
      standardFlowEnabled: false,
      directAccessGrantsEnabled: false,
    },
  ];
}

const scopes = [
  {
    name: "basics",
    protocol: "openid-connect",
    attributes: { "include.in.token.scope": "false", "display.on.consent.screen": "false" },
    protocolMappers: [
      plainMapper("sub", "oidc-sub-mapper"),
      plainMapper("audience resolve", "oidc-audience-resolve-mapper"),
      plainMapper("allowed web origins", "oidc-allowed-origins-mapper"),
      claim("email", "email"),
    ],
  },
  {
    name: "groups",
    description: "Groups of the user",
    protocol: "openid-connect",
    attributes: { "consent.screen.text": "${rolesScopeConsentText}", "gui.order": "7" },
    protocolMappers: [
      {
        ...plainMapper("groups", "oidc-group-membership-mapper"),
        config: { "claim.name": "groups", "full.path": "true", "access.token.claim": "false" },
      },
    ],
  },
  {
    name: "assertions",
    protocol: "saml",
    protocolMappers: [
      {
        name: "name",
        protocol: "saml",
        protocolMapper: "saml-user-property-mapper",
        config: { "user.attribute": "username", "attribute.nameformat": "Basic", "attribute.name": "name" },
      },
    ],
  },
];

function federation(index: number): Json {
  return {
    name: `directory-${index}`,
    providerId: "ldap",
    config: texts({
      enabled: "true",
      priority: String(index),
      vendor: "other",
      connectionUrl: `ldaps://ldap-${index}.example.com`,
      usersDn: `ou=people-${index},dc=example,dc=com`,
      bindDn: "cn=admin,dc=example,dc=com",
      bindCredential: `bind secret ${index}`,
      usernameLDAPAttribute: "uid",
      rdnLDAPAttribute: "uid",
      uuidLDAPAttribute: "entryUUID",
      userObjectClasses: "inetOrgPerson, organizationalPerson",
      editMode: "READ_ONLY",
      connectionTimeout: "1500",
      pagination: "true",
    }),
    subComponents: {
      "org.keycloak.storage.ldap.mappers.LDAPStorageMapper": ["mail", "cn", "sn", "uid"].map((attribute) => ({
        name: `attribute ${attribute}`,
        providerId: "user-attribute-ldap-mapper",
        config: texts({
          "ldap.attribute": attribute,
          "user.model.attribute": { mail: "email", cn: "firstName", sn: "lastName" }[attribute] ?? "username",
          "read.only": "true",
          "always.read.value.from.ldap": "false",
          "is.mandatory.in.ldap": "false",
        }),
      })),
    },
  };
}

const step = (authenticator: string, priority: number, requirement: string, more: Json = {}) => ({
  authenticator,
  priority,
  requirement,
  ...more,
});
const inner = (flowAlias: string, priority: number, requirement: string) => ({
  flowAlias,
  priority,
  requirement,
  authenticatorFlow: true,
});
const flow = (alias: string, authenticationExecutions: Json[], more: Json = {}) => ({
  alias,
  providerId: "basic-flow",
  topLevel: false,
  builtIn: false,
  authenticationExecutions,
  ...more,
});

const flows = [
  flow(
    "two factors",
    [
      step("auth-cookie", 10, "ALTERNATIVE"),
      step("identity-provider-redirector", 20, "ALTERNATIVE", { authenticatorConfig: "partner first" }),
      inner("two factors forms", 30, "ALTERNATIVE"),
    ],
    { id: "0f2f0c9e-8d0b-4c39-9d6e-2f1b7a4f5c01", topLevel: true, description: "Password, then OTP" },
  ),
  flow("two factors forms", [
    step("auth-username-password-form", 10, "REQUIRED"),
    inner("two factors OTP", 20, "CONDITIONAL"),
  ]),
  flow("two factors OTP", [
    step("conditional-user-configured", 10, "REQUIRED"),
    step("auth-otp-form", 20, "REQUIRED"),
  ]),
  flow(
    "partner login",
    [
      // Keycloak's own flow has a configuration of this name too.
      step("idp-review-profile", 10, "REQUIRED", { authenticatorConfig: "review profile config" }),
      step("idp-create-user-if-unique", 20, "ALTERNATIVE"),
    ],
    { topLevel: true },
  ),
];

const profile = {
  attributes: [
    {
      name: "username",
      displayName: "${username}",
      validations: { length: { min: 3, max: 255 }, "username-prohibited-characters": {} },
      permissions: { view: ["admin", "user"], edit: ["admin"] },
      multivalued: false,
    },
    {
      name: "email",
      validations: { email: {}, length: { max: 255 } },
      annotations: {},
      required: { roles: ["user"] },
      permissions: { view: ["admin", "user"], edit: ["admin", "user"] },
    },
    {
      name: "tenant",
      group: "work",
      validations: { options: { options: ["R&D", "<none>", "Sales"] } },
      annotations: { inputType: "select" },
      permissions: { view: ["admin", "user"], edit: ["admin"] },
      multivalued: true,
    },
  ],
  groups: [{ name: "work", displayHeader: "Work" }],
};

const provider = (alias: string, config: Json) => ({
  alias,
  providerId: "oidc",
  enabled: true,
  config: {
    authorizationUrl: `https://${alias}.example.com/auth`,
    tokenUrl: `https://${alias}.example.com/token`,
    clientId: "mail",
    syncMode: "FORCE",
    ...config,
  },
});

/**
 * A realm as grown ones are exported: dozens of clients, flows in flows, two directories, partners, groups, roles of
 * roles, a user profile; and everything in them that the provider treats in a way of its own.
 */
export function largeRealm(): Json {
  return {
    realm: "grown",
    enabled: true,
    displayName: "Grown ${SUFFIX:realm}",
    registrationAllowed: "${SELF_SERVICE:true}",
    sslRequired: "none",
    accessTokenLifespan: "${LIFESPAN:90}",
    bruteForceProtected: true,
    failureFactor: 7,
    internationalizationEnabled: true,
    supportedLocales: ["de", "en"],
    defaultLocale: "de",
    localizationTexts: { de: { tenant: "Mandant" } },
    eventsEnabled: true,
    eventsExpiration: 3600,
    enabledEventTypes: ["LOGIN", "LOGOUT"],
    smtpServer: {
      ...{ host: "smtp.example.com", from: "sso@example.com", auth: "true" },
      ...{ user: "sso", password: "smtp secret" },
    },
    browserFlow: "two factors",
    clients: clients(),
    clientScopes: scopes,
    defaultDefaultClientScopes: ["basics"],
    defaultOptionalClientScopes: ["groups", "assertions", "offline_access"],
    scopeMappings: [{ client: "machine-1", roles: ["auditor"] }],
    clientScopeMappings: { api: [{ clientScope: "basics", roles: ["read-1"] }] },
    roles: {
      realm: [
        { name: "auditor", description: "May read" },
        {
          name: "admin",
          attributes: { level: ["1", "2"] },
          composites: { realm: ["auditor"], client: { api: ["read-1"], "realm-management": ["view-users"] } },
        },
      ],
      client: {
        api: times(12, (index) => ({ name: `read-${index}` })),
        "web-1": [{ name: "buyer", composites: { client: { api: ["read-2", "read-3"] } } }],
      },
    },
    groups: times(4, (index) => ({
      name: `team-${index}`,
      attributes: { cost: [`${index}`] },
      realmRoles: ["auditor"],
      clientRoles: { api: [`read-${index}`] },
      subGroups: [{ name: "leads", realmRoles: ["admin"] }],
    })),
    defaultGroups: ["/team-1"],
    defaultRoles: ["auditor"],
    users: times(3, (index) => ({
      username: `service-account-machine-${index}`,
      enabled: true,
      serviceAccountClientId: `machine-${index}`,
      attributes: { tenant: ["R&D"] },
      realmRoles: ["auditor"],
      clientRoles: { api: ["read-1"], "realm-management": ["view-users"] },
    })),
    identityProviders: [
      provider("by-secret", { clientSecret: "partner secret", defaultScope: "openid email" }),
      {
        ...provider("by-key", {
          clientAuthMethod: "private_key_jwt",
          clientAssertionSigningAlg: "RS256",
          useJwksUrl: "true",
          jwksUrl: "https://by-key.example.com/certs",
        }),
        firstBrokerLoginFlowAlias: "partner login",
      },
    ],
    identityProviderMappers: [
      {
        name: "tenant",
        identityProviderAlias: "by-key",
        identityProviderMapper: "hardcoded-attribute-idp-mapper",
        config: { attribute: "tenant", "attribute.value": "Sales", syncMode: "INHERIT" },
      },
    ],
    authenticationFlows: flows,
    authenticatorConfig: [
      { alias: "partner first", config: { defaultProvider: "by-key" } },
      { alias: "review profile config", config: { "update.profile.on.first.login": "missing" } },
    ],
    requiredActions: [
      {
        alias: "VERIFY_EMAIL",
        name: "Verify Email",
        providerId: "VERIFY_EMAIL",
        enabled: true,
        priority: 50,
      },
      {
        alias: "UPDATE_PASSWORD",
        name: "Update Password",
        providerId: "UPDATE_PASSWORD",
        defaultAction: true,
      },
    ],
    components: {
      "org.keycloak.storage.UserStorageProvider": times(2, federation),
      "org.keycloak.userprofile.UserProfileProvider": [
        {
          providerId: "declarative-user-profile",
          config: { "kc.user.profile.config": [JSON.stringify(profile)] },
        },
      ],
      "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy": [
        {
          name: "Max Clients Limit",
          providerId: "max-clients",
          subType: "anonymous",
          config: { "max-clients": ["3"] },
        },
      ],
    },
    clientProfiles: {
      profiles: [
        {
          name: "strict",
          executors: [{ executor: "secure-request-object", configuration: { "verify-nbf": true } }],
        },
      ],
    },
    clientPolicies: {
      policies: [
        {
          name: "strict",
          enabled: true,
          conditions: [{ condition: "any-client", configuration: { "is-negative-logic": false } }],
          profiles: ["strict"],
        },
      ],
    },
  };
}
