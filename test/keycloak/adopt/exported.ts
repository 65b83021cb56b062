/** An export as Keycloak 16 writes it, with ids, masked secrets, and fields that Keycloak 26 has no more. */
export function exported(more: object = {}) {
  return {
    id: "5f0c",
    realm: "demo",
    keycloakVersion: "16.1.0",
    enabled: true,
    notBefore: 0,
    sslRequired: "external",
    accessTokenLifespan: 60,
    requiredCredentials: ["password"],
    defaultRoles: ["staff"],
    adminTheme: "keycloak",
    loginTheme: "acme",
    webAuthnPolicyRequireResidentKey: "Yes",
    attributes: { userProfileEnabled: "false", frontendUrl: "https://sso.acme.example" },
    roles: {
      realm: [
        { id: "r1", name: "staff", composite: false, clientRole: false, containerId: "5f0c", attributes: {} },
      ],
      client: { shop: [{ id: "r2", name: "buyer", clientRole: true, containerId: "c1" }], account: [] },
    },
    clients: [
      {
        id: "c1",
        clientId: "shop",
        name: "Shop",
        enabled: true,
        secret: "**********",
        redirectUris: ["https://shop.example/cb"],
        webOrigins: ["https://shop.example"],
        surrogateAuthRequired: false,
        publicClient: false,
        defaultClientScopes: ["email"],
        attributes: { "pkce.code.challenge.method": "S256" },
        protocolMappers: [
          {
            id: "m1",
            name: "number",
            protocol: "openid-connect",
            protocolMapper: "oidc-usermodel-attribute-mapper",
            consentRequired: false,
            config: { "user.attribute": "number", "claim.name": "number", "access.token.claim": "true" },
          },
          {
            id: "m2",
            name: "scripted",
            protocol: "openid-connect",
            protocolMapper: "script-claims.js",
            config: {},
          },
        ],
        colour: "red",
      },
      {
        id: "c2",
        clientId: "james",
        secret: "in clear",
        standardFlowEnabled: false,
        authenticationFlowBindingOverrides: { browser: "f1" },
      },
    ],
    clientScopes: [
      {
        id: "s1",
        name: "email",
        protocol: "openid-connect",
        attributes: { "include.in.token.scope": "true" },
      },
    ],
    defaultDefaultClientScopes: ["email"],
    authenticationFlows: [
      {
        id: "f1",
        alias: "strict",
        providerId: "basic-flow",
        topLevel: true,
        builtIn: false,
        authenticationExecutions: [
          { authenticator: "auth-otp-form", requirement: "REQUIRED", priority: 20, autheticatorFlow: false },
          { authenticator: "basic-auth", requirement: "ALTERNATIVE", priority: 10, autheticatorFlow: false },
        ],
      },
    ],
    components: {
      "org.keycloak.storage.UserStorageProvider": ["staff", "guests"].map((name) => ({
        id: `l-${name}`,
        name,
        providerId: "ldap",
        config: {
          bindDn: ["cn=kit"],
          connectionUrl: [`ldaps://${name}.example`],
          bindCredential: [name === "staff" ? "bind" : "**********"],
          useTruststoreSpi: ["ldapsOnly"],
        },
        subComponents: {
          "org.keycloak.storage.ldap.mappers.LDAPStorageMapper": [
            { id: `lm-${name}`, name: "mail", providerId: "user-attribute-ldap-mapper", config: {} },
          ],
        },
      })),
    },
    zeal: { level: 11 },
    ...more,
  };
}
