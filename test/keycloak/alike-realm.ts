const step = (authenticator: string, priority: number, more: object = {}) => ({
  authenticator,
  requirement: "ALTERNATIVE",
  priority,
  authenticatorFlow: false,
  ...more,
});

const subflow = (flowAlias: string, priority: number) => ({
  flowAlias,
  requirement: "CONDITIONAL",
  priority,
  authenticatorFlow: true,
});

const mapper = (claim: string) => ({
  name: "same",
  protocol: "openid-connect",
  protocolMapper: "oidc-usermodel-attribute-mapper",
  config: { "user.attribute": claim, "claim.name": claim, "access.token.claim": "true" },
});

const team = (side: string) => ({
  name: side,
  subGroups: [
    {
      name: "team",
      attributes: { side: [side] },
      subGroups: [{ name: "lead", realmRoles: [`lead ${side}`] }],
    },
  ],
});

const federation = (host: string, bindDn: string) => ({
  name: "people",
  providerId: "ldap",
  config: {
    enabled: ["false"],
    priority: ["0"],
    vendor: ["other"],
    connectionUrl: [`ldap://${host}`],
    usersDn: ["ou=people"],
    bindDn: [bindDn],
    bindCredential: [`secret of ${host}`],
    authType: ["simple"],
    editMode: ["READ_ONLY"],
    usernameLDAPAttribute: ["uid"],
    rdnLDAPAttribute: ["uid"],
    uuidLDAPAttribute: ["entryUUID"],
    userObjectClasses: ["inetOrgPerson"],
  },
  subComponents: {
    "org.keycloak.storage.ldap.mappers.LDAPStorageMapper": [
      {
        name: "same",
        providerId: "user-attribute-ldap-mapper",
        config: { "user.model.attribute": ["email"], "ldap.attribute": [`mail-${host}`] },
      },
    ],
  },
});

/** A realm in which objects of one kind have one name in several places, as Keycloak takes it. */
export const alikeRealm = {
  realm: "alike",
  enabled: true,
  groups: [team("a"), team("b")],
  users: ["a", "b"].map((side) => ({
    username: `lead-${side}`,
    enabled: true,
    groups: [`/${side}/team/lead`],
    realmRoles: [`role of ${side}`],
  })),
  clients: ["a", "b", "a-role-x", "a.b", "a-b"].map((clientId) => ({
    clientId,
    secret: `secret of ${clientId}`,
    redirectUris: [`https://${clientId}.example/*`],
    defaultClientScopes: [],
    protocolMappers: [mapper(clientId)],
  })),
  roles: {
    realm: [{ name: "x" }, { name: "a x" }],
    client: { a: [{ name: "x", description: "of a" }], b: [{ name: "x", description: "of b" }] },
  },
  authenticationFlows: [
    {
      alias: "twice",
      providerId: "basic-flow",
      topLevel: true,
      builtIn: false,
      authenticationExecutions: [
        step("identity-provider-redirector", 10, { authenticatorConfig: "first" }),
        step("identity-provider-redirector", 20, { authenticatorConfig: "second" }),
        subflow("inner", 30),
      ],
    },
    {
      alias: "inner",
      providerId: "basic-flow",
      topLevel: false,
      builtIn: false,
      authenticationExecutions: [
        step("conditional-user-configured", 10, { requirement: "REQUIRED" }),
        step("identity-provider-redirector", 20),
      ],
    },
  ],
  authenticatorConfig: ["first", "second"].map((alias) => ({ alias, config: { defaultProvider: alias } })),
  components: {
    "org.keycloak.storage.UserStorageProvider": [
      federation("one.example", "cn=one"),
      federation("two.example", "cn=two"),
    ],
    "org.keycloak.keys.KeyProvider": [7, 8].map((priority) => ({
      name: "people",
      providerId: "rsa-generated",
      config: { priority: [String(priority)] },
    })),
  },
};

/** A realm that nothing was put into but a client scope. */
export const scopedRealm = {
  realm: "scoped",
  enabled: true,
  clientScopes: [{ name: "mine", protocol: "openid-connect", protocolMappers: [mapper("mine")] }],
  defaultDefaultClientScopes: ["mine"],
};
