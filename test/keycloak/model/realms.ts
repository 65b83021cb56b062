import { RootConstruct } from "constructs";
import { AuthenticationFlow } from "../../../constructs/keycloak/model/authentication/authentication-flow";
import { OidcClient } from "../../../constructs/keycloak/model/clients/oidc-client";
import { ProtocolMapper } from "../../../constructs/keycloak/model/clients/protocol-mapper";
import { IdentityProviderMapper } from "../../../constructs/keycloak/model/identity-providers/identity-provider-mapper";
import { KeycloakRealm, type KeycloakRealmProps } from "../../../constructs/keycloak/model/keycloak-realm";
import { KeySource } from "../../../constructs/keycloak/model/realm/realm-keys";
import { LdapMapper } from "../../../constructs/keycloak/model/user-federation/ldap-mapper";
import { Role } from "../../../constructs/keycloak/model/users/role";
import { secret } from "../../template";

export const directory = {
  url: "ldap://ldap.example.com:389",
  usersDn: "ou=people,dc=localhost",
  bindDn: "cn=admin,dc=localhost",
  bindPassword: secret("bind password"),
};

export function newRealm(props: KeycloakRealmProps = {}, id = "oidc"): KeycloakRealm {
  return new KeycloakRealm(new RootConstruct(), id, props);
}

/** A realm with one of everything. */
export function maximalRealm(name = "everything"): KeycloakRealm {
  const realm = newRealm(
    {
      displayName: "Everything",
      sslRequired: "none",
      tokens: {
        accessTokenSeconds: 240,
        implicitAccessTokenSeconds: 600,
        rotateRefreshTokens: true,
        refreshTokenReuses: 2,
        codeSeconds: 50,
        loginSeconds: 1500,
        loginActionSeconds: 250,
        userActionSeconds: 350,
        adminActionSeconds: 40000,
        signatureAlgorithm: "ES256",
      },
      sessions: {
        idleSeconds: 1700,
        maxSeconds: 30000,
        rememberMeIdleSeconds: 1800,
        rememberMeMaxSeconds: 31000,
        offlineIdleSeconds: 100000,
        offlineMaxSeconds: 200000,
        clientIdleSeconds: 1600,
        clientMaxSeconds: 29000,
      },
      login: {
        registration: true,
        rememberMe: true,
        resetPassword: true,
        verifyEmail: true,
        editUsername: true,
      },
      bruteForce: {
        failures: 7,
        permanent: false,
        waitSeconds: 30,
        maxWaitSeconds: 800,
        resetSeconds: 4000,
        quickLoginMilliseconds: 900,
        quickLoginWaitSeconds: 40,
      },
      passwordPolicy: "length(12)",
      smtp: {
        host: "smtp.example.com",
        from: "sso@example.com",
        fromDisplayName: "Login",
        replyTo: "help@example.com",
        login: { user: "sso", password: secret("smtp password") },
      },
      locales: { supported: ["de", "en"], default: "de" },
      themes: { login: "keycloak.v2", account: "keycloak.v3", admin: "keycloak.v2", email: "keycloak" },
      securityHeaders: {
        contentSecurityPolicy: "frame-src 'self'; frame-ancestors 'none'; object-src 'none';",
        contentSecurityPolicyReportOnly: "",
        referrerPolicy: "no-referrer",
        strictTransportSecurity: "max-age=31536000",
        xContentTypeOptions: "nosniff",
        xFrameOptions: "DENY",
        xRobotsTag: "none",
      },
      events: {
        save: true,
        types: ["LOGIN", "LOGIN_ERROR", "LOGOUT"],
        expirationSeconds: 86400,
        listeners: ["jboss-logging"],
        saveAdmin: true,
        adminDetails: true,
      },
    },
    name,
  );
  addClients(realm);
  addPeople(realm);
  addLogins(realm);
  return realm;
}

function addClients(realm: KeycloakRealm): void {
  realm.addStandardScopes();
  const james = realm.addOidcClient("james", {
    kind: "confidential",
    flows: [],
    secret: secret("james secret"),
  });
  const readMail = james.addRole("read-mail", { description: "Reads mail", attributes: { level: ["1"] } });
  const scope = realm.addClientScope("mail", {
    description: "For mail",
    consentText: "Your mail",
    guiOrder: 3,
    roles: [readMail],
    mappers: [
      ProtocolMapper.audience({ client: james }),
      ProtocolMapper.audience({ custom: "archive" }, { tokens: ["id", "access", "introspection"] }),
      ProtocolMapper.userAttribute("aliases", { multivalued: true, aggregate: true, tokens: ["access"] }),
      ProtocolMapper.userProperty("id", { claim: "uid" }),
      ProtocolMapper.groupMembership({ fullPath: false }),
      ProtocolMapper.realmRoles({ claim: "roles", prefix: "r_", tokens: ["id", "access", "userinfo"] }),
      ProtocolMapper.clientRoles(james, { claim: "mail_roles" }),
      ProtocolMapper.hardcodedClaim("tier", "7", { type: "int" }),
      ProtocolMapper.fullName({ name: "names" }),
      ProtocolMapper.sub({ name: "subject" }),
      ProtocolMapper.sessionNote("AUTH_TIME", { claim: "since", type: "long" }),
      ProtocolMapper.custom("pairwise", "oidc-sha256-pairwise-sub-mapper", {
        pairwiseSubAlgorithmSalt: "salt",
      }),
    ],
  });
  realm
    .addOidcClient("web", {
      kind: "public",
      name: "Web mail",
      description: "In browsers",
      redirectUris: ["https://mail.example.com/back", "com.example.mail:/back"],
      postLogoutRedirectUris: ["https://mail.example.com/bye"],
      webOrigins: ["https://mail.example.com", "+"],
      rootUrl: "https://mail.example.com",
      baseUrl: "/start",
      backchannelLogout: {
        url: "https://gateway.example.com/logout",
        sessionRequired: true,
        revokeOfflineTokens: true,
      },
      frontchannelLogout: { url: "https://mail.example.com/logout", sessionRequired: true },
      defaultScopes: ["basic", "email", "web-origins"],
      optionalScopes: [scope, "offline_access"],
      consentRequired: true,
      loginTheme: "keycloak.v2",
      roles: [readMail],
      lifetimes: {
        accessTokenSeconds: 120,
        sessionIdleSeconds: 1000,
        sessionMaxSeconds: 20000,
        offlineSessionIdleSeconds: 50000,
        offlineSessionMaxSeconds: 60000,
      },
      mappers: [ProtocolMapper.hardcodedClaim("client", "web")],
      attributes: { "acr.loa.map": "{}" },
    })
    .allowIntrospectionBy(james);
  realm.addOidcClient("api", { kind: "bearer-only", defaultScopes: [], optionalScopes: [] });
  realm.addOidcClient("robot", {
    kind: "service-account",
    secret: secret("robot secret"),
    fullScopeAllowed: true,
    defaultScopes: ["basic", "roles", "service_account"],
    optionalScopes: [],
    serviceAccountRoles: [
      readMail,
      Role.fromRoleName(realm, "view-users", OidcClient.fromClientId(realm, "realm-management")),
    ],
  });
}

function addPeople(realm: KeycloakRealm): void {
  const reader = realm.addRole("reader", { description: "Reads" });
  const staff = realm.addRole("staff", { composites: [reader, "offline_access"] });
  realm.addDefaultRoles(reader);
  const company = realm.addGroup("company", { attributes: { site: ["a", "b"] }, description: "All of it" });
  const support = company.addGroup("support", { roles: [staff] });
  company.addGroup("new", { default: true });
  realm.addUser("backup", {
    email: "backup@example.com",
    firstName: "Back",
    lastName: "Up",
    password: secret("backup password"),
    roles: [staff],
    groups: [support],
    attributes: { phone: ["1"] },
  });
  realm.addUserProfile({
    attributes: [
      {
        name: "phone",
        displayName: "Phone",
        group: "contact",
        multivalued: true,
        required: { roles: ["admin"] },
        view: ["admin", "user"],
        edit: ["admin"],
        validations: { length: { max: 20 } },
        annotations: { inputType: "html5-tel" },
      },
    ],
    groups: [{ name: "contact", displayHeader: "Contact" }],
    unmanagedAttributes: "admin-edit",
  });
  realm.addLdapFederation("ldap", {
    directory,
    furtherMappers: [
      LdapMapper.fullName(),
      LdapMapper.userAttribute({
        userAttribute: "phone",
        ldapAttribute: "telephoneNumber",
        mandatory: false,
      }),
      LdapMapper.hardcodedAttribute("origin", "ldap"),
      LdapMapper.hardcodedLdapAttribute("description", "by Keycloak"),
      LdapMapper.hardcodedRole(reader),
      LdapMapper.hardcodedGroup(support),
      LdapMapper.group({ groupsDn: "ou=groups,dc=localhost", path: company }),
      LdapMapper.role({ rolesDn: "ou=roles,dc=localhost", client: "james" }),
      LdapMapper.msadUserAccountControl(),
      LdapMapper.msadLdsUserAccountControl(),
      LdapMapper.certificate({ userAttribute: "certificate", ldapAttribute: "userCertificate", der: true }),
      LdapMapper.custom("own", "msad-lds-user-account-control-mapper", {}),
    ],
    fullSyncSeconds: 3600,
    changedSyncSeconds: 600,
    userFilter: "(objectClass=person)",
  });
  realm.addKeys("signing", KeySource.rsaGenerated({ priority: 200 }));
  realm.addKeys("curve", KeySource.ecdsaGenerated({ curve: "P-256" }));
  realm.addKeys("encryption", KeySource.rsaEncryptionGenerated());
  realm.addKeys("hmac", KeySource.hmacGenerated({ secretSize: 64 }));
  realm.addKeys("aes", KeySource.aesGenerated({ secretSize: 32 }));
}

function addLogins(realm: KeycloakRealm): void {
  const browser = realm.addFlow("mail browser", {
    description: "Cookie, else password",
    steps: [
      { authenticator: "auth-cookie", requirement: "ALTERNATIVE" },
      {
        authenticator: "identity-provider-redirector",
        requirement: "ALTERNATIVE",
        config: { defaultProvider: "partner" },
      },
      {
        subFlow: "mail forms",
        requirement: "ALTERNATIVE",
        steps: [
          { authenticator: "auth-username-password-form", requirement: "REQUIRED" },
          {
            subFlow: "mail otp",
            requirement: "CONDITIONAL",
            steps: [
              { authenticator: "conditional-user-configured", requirement: "REQUIRED" },
              { authenticator: "auth-otp-form", requirement: "REQUIRED" },
            ],
          },
        ],
      },
    ],
  });
  realm.bindFlows({ browser });
  realm.addIdentityProvider("partner", {
    displayName: "Partner",
    trustEmail: true,
    firstLoginFlow: AuthenticationFlow.fromAlias(realm, "first broker login"),
    protocol: {
      authorizationUrl: "https://partner.example.com/auth",
      tokenUrl: "https://partner.example.com/token",
      issuer: "https://partner.example.com",
      jwksUrl: "https://partner.example.com/keys",
      userInfoUrl: "https://partner.example.com/userinfo",
      logoutUrl: "https://partner.example.com/logout",
      clientId: "sso",
      clientSecret: secret("partner secret"),
      scopes: ["openid", "email"],
    },
    mappers: [
      IdentityProviderMapper.claimToAttribute("phone_number", "phone"),
      IdentityProviderMapper.claimToRole("group", "staff", "staff", { syncMode: "FORCE" }),
      IdentityProviderMapper.hardcodedRole("reader"),
      IdentityProviderMapper.hardcodedGroup("/company"),
      IdentityProviderMapper.hardcodedAttribute("origin", "partner"),
      IdentityProviderMapper.username("${CLAIM.preferred_username}"),
      IdentityProviderMapper.custom("names", "oidc-advanced-group-idp-mapper", {
        claims: "[]",
        group: "/company",
      }),
    ],
  });
}

/** Problems as texts: `where: what. got. allowed`. */
export function told(realm: KeycloakRealm): string[] {
  return realm
    .problems()
    .map(({ where, what, got, allowed }) => `${where}: ${what}. ${JSON.stringify(got)}. ${allowed}`);
}
