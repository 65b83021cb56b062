import { generateKeyPairSync } from "node:crypto";
import { bareRealm } from "../../../constructs/keycloak/compare/bare-realm";

type Json = Record<string, unknown>;

/** A private key as Keycloak keeps one: DER in base64, of the given form. */
function privateKey(type: "pkcs1" | "pkcs8" = "pkcs8"): string {
  const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return key.export({ type, format: "der" }).toString("base64");
}

/** A key of a curve and its public half, under the names that Keycloak gives them. */
function pair(kind: "ecdsa" | "eddsa"): Record<string, string> {
  const { privateKey: own, publicKey } =
    kind === "ecdsa" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  return {
    [`${kind}PrivateKey`]: own.export({ type: "pkcs8", format: "der" }).toString("base64"),
    [`${kind}PublicKey`]: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
}

/** Steps that older releases have not. */
const newSteps = [
  "conditional-credential",
  "webauthn-authenticator",
  "auth-recovery-authn-code-form",
  "federated-jwt",
];

/** Of no more than 36 characters, as Keycloak keeps them. */
const flowId = (alias: unknown) => `f-${alias}`.slice(0, 36);

/** A full export of a release: Keycloak's own objects in the form in which that release had them, and its configurations. */
function fullExport(realm: string, keycloakVersion: string, more: Json = {}): Json {
  const bare = bareRealm(realm) as unknown as Record<string, Json[]>;
  const flows = bare.authenticationFlows?.map(({ authenticationExecutions, ...flow }) => ({
    ...flow,
    id: flowId(flow.alias),
    authenticationExecutions: (authenticationExecutions as Json[])
      .filter(({ authenticator }) => !newSteps.includes(String(authenticator)))
      .map((step) => ({ ...step, autheticatorFlow: step.flowAlias !== undefined, userSetupAllowed: false })),
  }));
  return {
    ...bare,
    keycloakVersion,
    authenticationFlows: flows,
    authenticatorConfig: ["create unique user config", "review profile config"].map((alias) =>
      bare.authenticatorConfig?.find((config) => config.alias === alias),
    ),
    ...more,
  };
}

/** A flow of the realm's own that uses configurations of Keycloak's own names, and a flow inside a flow of Keycloak's. */
const ownFlows = (realm: Json): Json => ({
  ...realm,
  browserFlow: "strict",
  authenticationFlows: [
    ...(realm.authenticationFlows as Json[]),
    {
      alias: "strict",
      id: flowId("strict"),
      providerId: "basic-flow",
      topLevel: true,
      builtIn: false,
      authenticationExecutions: [
        { authenticator: "auth-cookie", requirement: "ALTERNATIVE", priority: 10 },
        {
          authenticator: "identity-provider-redirector",
          authenticatorConfig: "review profile config",
          requirement: "ALTERNATIVE",
          priority: 20,
        },
        { flowAlias: "forms", authenticatorFlow: true, requirement: "ALTERNATIVE", priority: 30 },
      ],
    },
  ],
  clients: [
    ...(realm.clients as Json[]),
    {
      clientId: "bound",
      publicClient: true,
      authenticationFlowBindingOverrides: { browser: flowId("strict"), direct_grant: flowId("direct grant") },
    },
  ],
});

/** As `kc.sh export` writes it: with users, hashed passwords and private keys. */
function serverExport(realm: string): Json {
  const keys = "org.keycloak.keys.KeyProvider";
  const key = (providerId: string, config: Record<string, string>) => ({
    name: providerId,
    providerId,
    subComponents: {},
    config: Object.fromEntries(Object.entries(config).map(([name, value]) => [name, [value]])),
  });
  const full = fullExport(realm, "26.7.3");
  return {
    ...full,
    components: {
      ...(full.components as Json),
      [keys]: [
        key("rsa", { priority: "100", privateKey: privateKey("pkcs1") }),
        key("rsa-generated", { priority: "100", privateKey: privateKey("pkcs1"), certificate }),
        key("hmac-generated", {
          priority: "100",
          kid: "1",
          secret: Buffer.alloc(64, "a generated secret").toString("base64"),
          algorithm: "HS512",
        }),
        key("ecdsa-generated", { priority: "100", ecdsaEllipticCurveKey: "P-256", ...pair("ecdsa") }),
        key("eddsa-generated", { priority: "100", eddsaEllipticCurveKey: "Ed25519", ...pair("eddsa") }),
      ],
    },
    smtpServer: {
      host: "mail.example.com",
      from: "kit@example.com",
      auth: "true",
      authType: "token",
      user: "kit",
      authTokenUrl: "https://login.example.com/token",
      authTokenClientId: "kit",
      authTokenClientSecret: "an smtp secret",
    },
    groups: ["a", "b"].map((name) => ({
      name,
      subGroups: [{ name: "team", subGroups: [{ name: "lead" }] }],
    })),
    users: [
      {
        username: "amy",
        enabled: true,
        email: "amy@example.com",
        groups: ["/b/team/lead"],
        attributes: { locker: ["12"] },
        credentials: [
          {
            type: "password",
            secretData: '{"value":"a hash","salt":"c2FsdA=="}',
            credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256"}',
          },
        ],
      },
      { username: "bob", enabled: true, credentials: [{ type: "password", value: "a plain password" }] },
      { username: "cat", enabled: true, credentials: [{ value: "a password of no type" }] },
    ],
  };
}

/** By hand: what deployments have beside people. */
function fragment(realm: string): Json {
  const text = (config: Record<string, string>) =>
    Object.fromEntries(Object.entries(config).map(([name, value]) => [name, [value]]));
  return {
    realm,
    enabled: true,
    attributes: { "acme.webhook.secret": "a webhook secret", "acme.colour": "red" },
    clients: [
      {
        clientId: "https://sp.example.com",
        protocol: "saml",
        redirectUris: ["https://sp.example.com/*"],
        attributes: {
          "saml.client.signature": "true",
          "saml.encrypt": "true",
          "saml.signing.certificate": certificate,
          "saml.signing.private.key": privateKey("pkcs1"),
          "saml.encryption.certificate": certificate,
          "saml.encryption.private.key": privateKey(),
        },
      },
      {
        clientId: "web",
        secret: "a client secret",
        redirectUris: ["https://web.example.com/cb"],
        attributes: { "client.secret.rotated": "a rotated secret" },
      },
      { clientId: "masked", secret: "**********", serviceAccountsEnabled: true },
    ],
    identityProviders: [
      {
        alias: "partner",
        providerId: "saml",
        config: {
          singleSignOnServiceUrl: "https://idp.example.com/saml",
          entityId: "https://sso.example.com",
          idpEntityId: "https://idp.example.com",
        },
      },
      {
        alias: "other",
        providerId: "oidc",
        config: {
          authorizationUrl: "https://other.example.com/auth",
          tokenUrl: "https://other.example.com/token",
          clientId: "kit",
          clientSecret: "an identity provider's secret",
          clientAuthMethod: "client_secret_post",
        },
      },
    ],
    identityProviderMappers: [
      {
        name: "mail",
        identityProviderAlias: "other",
        identityProviderMapper: "oidc-user-attribute-idp-mapper",
        config: { claim: "mail", "user.attribute": "email", syncMode: "INHERIT" },
      },
    ],
    components: {
      "org.keycloak.storage.UserStorageProvider": ["staff", "guests"].map((name) => ({
        name,
        providerId: "ldap",
        config: text({
          enabled: "false",
          vendor: "other",
          editMode: "READ_ONLY",
          connectionUrl: `ldaps://${name}.example`,
          usersDn: "ou=people,dc=example",
          bindDn: "cn=kit",
          bindCredential: `the bind password of ${name}`,
          usernameLDAPAttribute: "uid",
          rdnLDAPAttribute: "uid",
          uuidLDAPAttribute: "entryUUID",
          userObjectClasses: "inetOrgPerson",
        }),
        subComponents: {
          "org.keycloak.storage.ldap.mappers.LDAPStorageMapper": [
            {
              name: "mail",
              providerId: "user-attribute-ldap-mapper",
              subComponents: {},
              config: text({ "ldap.attribute": "mail", "user.model.attribute": "email" }),
            },
          ],
        },
      })),
    },
    authenticationFlows: [
      {
        alias: "sign up",
        providerId: "basic-flow",
        topLevel: true,
        builtIn: false,
        authenticationExecutions: [
          {
            flowAlias: "sign up form",
            authenticator: "registration-page-form",
            authenticatorFlow: true,
            requirement: "REQUIRED",
            priority: 10,
          },
        ],
      },
      {
        alias: "sign up form",
        providerId: "form-flow",
        topLevel: false,
        builtIn: false,
        authenticationExecutions: [
          { authenticator: "registration-user-creation", requirement: "REQUIRED", priority: 10 },
          {
            authenticator: "registration-recaptcha-action",
            authenticatorConfig: "captcha",
            requirement: "REQUIRED",
            priority: 20,
          },
        ],
      },
    ],
    authenticatorConfig: [
      { alias: "captcha", config: { "site.key": "a site key", "secret.key": "a captcha secret" } },
    ],
    registrationFlow: "sign up",
  };
}

/** What `openssl req -x509` makes; of a key that nobody has. */
const certificate = [
  "MIIBiTCCAS+gAwIBAgIUF7HPRpMMm7XthfMTM510FJQsOpAwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOc3AuZXhhbXBsZS5j",
  "b20wIBcNMjYxMTMwMDcxMDEzWhgPMjEyNjExMDYwNzEwMTNaMBkxFzAVBgNVBAMMDnNwLmV4YW1wbGUuY29tMFkwEwYHKoZI",
  "zj0CAQYIKoZIzj0DAQcDQgAEtBMS8uuUuAUIqscRCfHf+jD+EU3SSxlUNbWsgni63lNzGgY1irIMQI/2F5Su0dFDMEp8fCxi",
  "8W6dQ2slo7mBTaNTMFEwHQYDVR0OBBYEFDC99gkqzqKudWCvKJhd2BO+y/uqMB8GA1UdIwQYMBaAFDC99gkqzqKudWCvKJhd",
  "2BO+y/uqMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOGZohhIRe/3Trvwx6aTvis7FQ9mmA6zSxazqeb83",
  "P80CIQDgVnQi91pT/WKFaFLI3NJIcFVhVZElZ+9Qr+uPTL3RCw==",
].join("");

/** Parts of secrets that are in them; private keys of RSA begin so. */
export const secretsOfKinds = [
  ...[
    "MIGHAgEAMBMGByqGSM49AgEG",
    "MC4CAQAwBQYDK2VwBCIEI",
    "YSBnZW5lcmF0ZWQgc2VjcmV0",
    "an smtp secret",
    "a hash",
    "a plain password",
  ],
  ...["a password of no type", "a webhook secret", "a client secret", "a rotated secret", "a captcha secret"],
  ...[
    "an identity provider's secret",
    "the bind password of",
    "MIIEvQIBADANBgkqh",
    "MIIEowIBAAKCAQEA",
    "MIIEpAIBAAKCAQEA",
  ],
];

export interface RealmKind {
  readonly kind: string;
  /** Makes it, under that name. */
  readonly make: (realm: string) => Json;
  /** What is a secret, or needs one to be there, or is known to differ. @default nothing */
  readonly lost?: readonly string[];
}

/** As release 8 to 25 had them: with the default roles, steps and actions of then. */
const older =
  (version: string, more: Json = {}) =>
  (realm: string) => {
    const { defaultRole: _, ...full } = fullExport(realm, version, more);
    return {
      ...full,
      defaultRoles: ["offline_access", "uma_authorization", "staff"],
      roles: withRole(full.roles),
    };
  };

/** As releases before 13 had them: the roles of a client that every user has are a list of that client's. */
function withDefaultsOfClients(realm: Json): Json {
  const clients = (realm.clients as Json[]).map((client) =>
    client.clientId === "account" ? { ...client, defaultRoles: ["manage-account", "view-profile"] } : client,
  );
  return { ...realm, clients: [...clients, { clientId: "shop", defaultRoles: ["buyer"] }] };
}

function withRole(roles: unknown): Json {
  const { realm = [], client } = roles as { realm?: Json[]; client?: Json };
  const own = realm.filter(({ name }) => !String(name).startsWith("default-roles-"));
  return { realm: [...own, { name: "staff" }], client };
}

const userProfile = (config: Record<string, string[]>): Json => ({
  components: {
    "org.keycloak.userprofile.UserProfileProvider": [
      { providerId: "declarative-user-profile", subComponents: {}, config },
    ],
  },
});

export const realmKinds: readonly RealmKind[] = [
  {
    kind: "by hand, without a release",
    make: fragment,
    lost: [
      "realm attributes.acme.webhook.secret",
      "client https://sp.example.com attributes.saml.encryption.private.key",
      "client https://sp.example.com attributes.saml.signing.private.key",
      "flow sign up form authenticationExecutions",
    ],
  },
  { kind: "of the server's command, with users and keys", make: serverExport, lost: ["key provider rsa"] },
  { kind: "of the console, with flows of its own", make: (realm) => ownFlows(fullExport(realm, "26.0.5")) },
  { kind: "of release 9", make: older("9.0.3") },
  {
    kind: "of release 12, with default roles of clients",
    make: (realm) => withDefaultsOfClients(older("12.0.4")(realm)),
  },
  {
    kind: "by hand, with switches and numbers that are texts",
    make: (realm) => ({
      ...{
        realm,
        enabled: "true",
        registrationAllowed: "True",
        accessTokenLifespan: "90",
        rememberMe: "false",
      },
      clients: [{ clientId: "shop", publicClient: "true", standardFlowEnabled: " false " }],
      users: [{ username: "amy", enabled: "true" }],
      requiredActions: [
        { alias: "VERIFY_EMAIL", providerId: "VERIFY_EMAIL", enabled: "TRUE", priority: "7" },
      ],
    }),
  },
  {
    kind: "by hand, with default roles that it has not",
    make: (realm) => ({
      realm,
      defaultRoles: [" staff "],
      clients: [{ clientId: "shop", defaultRoles: ["buyer"] }],
    }),
  },
  {
    kind: "by hand, with default roles beside a default role",
    make: (realm) => ({ realm, defaultRoles: ["staff"], defaultRole: { name: "everybody" } }),
  },
  { kind: "of release 16", make: older("16.1.1") },
  {
    kind: "of release 21 with an empty user profile",
    make: older("21.1.2", { ...userProfile({}), attributes: { userProfileEnabled: "false" } }),
  },
  {
    kind: "of release 22 with a user profile in pieces",
    make: older("22.0.5", {
      ...userProfile({
        "config-pieces-count": ["2"],
        "config-piece-0": ['{"attributes":[{"name":"username"},{"name":"email"},'],
        "config-piece-1": ['{"name":"locker","permissions":{"view":["admin"],"edit":["admin"]}}]}'],
      }),
      attributes: { userProfileEnabled: "true" },
    }),
  },
  { kind: "of release 24", make: (realm) => ownFlows(fullExport(realm, "24.0.2")) },
];
