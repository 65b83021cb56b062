import { describe, expect, it } from "vitest";
import type {
  AuthenticationFlowProps,
  FlowStep,
} from "../../../constructs/keycloak/model/authentication/authentication-flow";
import { ProtocolMapper } from "../../../constructs/keycloak/model/clients/protocol-mapper";
import { IdentityProviderMapper } from "../../../constructs/keycloak/model/identity-providers/identity-provider-mapper";
import type { KeycloakRealm } from "../../../constructs/keycloak/model/keycloak-realm";
import { KeySource } from "../../../constructs/keycloak/model/realm/realm-keys";
import type { LdapFederationProps } from "../../../constructs/keycloak/model/user-federation/ldap-federation";
import { LdapMapper } from "../../../constructs/keycloak/model/user-federation/ldap-mapper";
import type { UserProfileProps } from "../../../constructs/keycloak/model/users/user-profile";
import { secret } from "../../template";
import { directory, maximalRealm, newRealm, told } from "./realms";

const everything = maximalRealm().representation();

describe("ClientScope", () => {
  it("minimal: is all the scopes that the realm has", () => {
    const realm = newRealm();
    realm.addClientScope("mail", { assignment: "default" });
    expect(realm.representation()).toMatchObject({
      clientScopes: [{ name: "mail", protocol: "openid-connect" }],
      defaultDefaultClientScopes: ["mail"],
    });
    realm.addOidcClient("c", { kind: "bearer-only", defaultScopes: ["roles"] });
    expect(realm.problems()).toMatchObject([
      { what: "unknown client scope", fix: expect.stringContaining("addStandardScopes") },
    ]);
    realm.addStandardScopes("roles");
    expect(realm.problems()).toEqual([]);
  });

  it("maximal: every kind of mapper", () => {
    const mail = everything.clientScopes?.find(({ name }) => name === "mail");
    expect(mail.attributes).toMatchObject({ "consent.screen.text": "Your mail", "gui.order": "3" });
    expect(mail.protocolMappers.map(({ protocolMapper }: Record<string, string>) => protocolMapper)).toEqual([
      "oidc-audience-mapper",
      "oidc-audience-mapper",
      "oidc-usermodel-attribute-mapper",
      "oidc-usermodel-property-mapper",
      "oidc-group-membership-mapper",
      "oidc-usermodel-realm-role-mapper",
      "oidc-usermodel-client-role-mapper",
      "oidc-hardcoded-claim-mapper",
      "oidc-full-name-mapper",
      "oidc-sub-mapper",
      "oidc-usersessionmodel-note-mapper",
      "oidc-sha256-pairwise-sub-mapper",
    ]);
  });

  it("refuses two mappers of one name", () => {
    const realm = newRealm();
    realm.addClientScope("s", { mappers: [ProtocolMapper.sub(), ProtocolMapper.sub()] });
    expect(told(realm)).toEqual([expect.stringMatching(/^oidc\/s\.mappers: two mappers/)]);
  });

  it("says no to userinfo and introspection, which else follow the tokens", () => {
    const { config } = ProtocolMapper.userAttribute("email", { tokens: ["id", "access"] }).representation();
    expect(config).toMatchObject({ "userinfo.token.claim": "false", "introspection.token.claim": "false" });
  });
});

describe("Role and Group", () => {
  it("minimal", () => {
    const realm = newRealm();
    realm.addRole("r");
    realm.addGroup("g");
    expect(realm.representation()).toMatchObject({
      roles: { realm: [{ name: "r", composite: false }] },
      groups: [{ name: "g", path: "/g" }],
    });
  });

  it("refuses a group that is named as a path", () => {
    const realm = newRealm();
    realm.addGroup("g", { groupName: "company/support" });
    expect(told(realm)).toEqual([expect.stringMatching(/groupName: not the name of a group/)]);
  });

  it("maximal: composites, sub-groups, defaults beside Keycloak's own", () => {
    expect(everything.groups).toEqual([
      {
        name: "company",
        path: "/company",
        description: "All of it",
        attributes: { site: ["a", "b"] },
        subGroups: [
          { name: "support", path: "/company/support", realmRoles: ["staff"] },
          { name: "new", path: "/company/new" },
        ],
      },
    ]);
    expect(everything.defaultGroups).toEqual(["/company/new"]);
    expect(everything.roles?.client).toEqual({
      james: [
        {
          name: "read-mail",
          description: "Reads mail",
          composite: false,
          clientRole: true,
          attributes: { level: ["1"] },
        },
      ],
    });
    expect(everything.roles?.realm?.map(({ name, composites }) => [name, composites?.realm])).toEqual([
      ["reader", undefined],
      ["staff", ["reader", "offline_access"]],
      ["offline_access", undefined],
      ["uma_authorization", undefined],
      ["default-roles-everything", ["offline_access", "uma_authorization", "reader"]],
    ]);
  });
});

describe("RealmUser", () => {
  it("minimal: has what every user has, and no password", () => {
    const realm = newRealm();
    realm.addUser("Backup");
    expect(realm.representation().users).toEqual([
      { username: "backup", enabled: true, emailVerified: false, realmRoles: ["default-roles-oidc"] },
    ]);
  });

  it("maximal", () => {
    expect(everything.users).toContainEqual({
      username: "backup",
      email: "backup@example.com",
      firstName: "Back",
      lastName: "Up",
      enabled: true,
      emailVerified: true,
      attributes: { phone: ["1"] },
      credentials: [{ type: "password", value: "backup password", temporary: false }],
      realmRoles: ["default-roles-everything", "staff"],
      groups: ["/company/new", "/company/support"],
    });
  });
});

describe("LdapFederation", () => {
  const storage = ({ components }: ReturnType<KeycloakRealm["representation"]>) =>
    (components as Record<string, Record<string, unknown>[]>)[
      "org.keycloak.storage.UserStorageProvider"
    ]?.[0] as {
      config: Record<string, string[]>;
      subComponents: Record<string, { providerId: string; config: Record<string, string[]> }[]>;
    };
  const mappers = (realm: ReturnType<KeycloakRealm["representation"]>) =>
    storage(realm).subComponents["org.keycloak.storage.ldap.mappers.LDAPStorageMapper"] ?? [];

  it("minimal: read-only, with the mappers without which nobody can log in", () => {
    const realm = newRealm();
    realm.addLdapFederation("ldap", { directory });
    const rendered = realm.representation();
    expect(storage(rendered)).toMatchObject({
      name: "ldap",
      providerId: "ldap",
      config: { editMode: ["READ_ONLY"], bindCredential: ["bind password"], usersDn: [directory.usersDn] },
    });
    // Who is removed from the directory keeps his tokens as long as Keycloak believes what it has read.
    const { cachePolicy, maxLifespan } = storage(rendered).config;
    expect({ cachePolicy, maxLifespan }).toEqual({ cachePolicy: ["MAX_LIFESPAN"], maxLifespan: ["10000"] });
    expect(mappers(rendered).map(({ config }) => config["user.model.attribute"])).toEqual([
      ["username"],
      ["email"],
      ["firstName"],
      ["lastName"],
    ]);
  });

  it("maximal: every kind of mapper", () => {
    expect(
      mappers(everything)
        .slice(4)
        .map(({ providerId }) => providerId),
    ).toEqual([
      "full-name-ldap-mapper",
      "user-attribute-ldap-mapper",
      "hardcoded-attribute-mapper",
      "hardcoded-ldap-attribute-mapper",
      "hardcoded-ldap-role-mapper",
      "hardcoded-ldap-group-mapper",
      "group-ldap-mapper",
      "role-ldap-mapper",
      "msad-user-account-control-mapper",
      "msad-lds-user-account-control-mapper",
      "certificate-ldap-mapper",
      "msad-lds-user-account-control-mapper",
    ]);
    expect(storage(everything).config).toMatchObject({
      fullSyncPeriod: ["3600"],
      changedSyncPeriod: ["600"],
      customUserSearchFilter: ["(objectClass=person)"],
    });
  });

  it.each<[string, Partial<LdapFederationProps>, RegExp]>([
    [
      "an address that is none",
      { directory: { ...directory, url: "people" } },
      /directory\.url: not the address/,
    ],
    [
      "StartTLS on TLS",
      { directory: { ...directory, url: "ldaps://people:636" }, startTls: true },
      /startTls: the connection is TLS/,
    ],
    [
      "a pool with StartTLS",
      { startTls: true, connectionPooling: true },
      /connectionPooling: Keycloak has none/,
    ],
    ["a cache for no time", { cacheSeconds: -1 }, /cacheSeconds: not a whole number/],
    ["a filter without parentheses", { userFilter: "a=b" }, /userFilter: not in parentheses/],
    ["no user name", { mappers: [LdapMapper.fullName()] }, /mappers: nothing gives the user name/],
    [
      "two mappers of one name",
      { furtherMappers: [LdapMapper.fullName(), LdapMapper.fullName()] },
      /two mappers/,
    ],
    ["an unknown role", { furtherMappers: [LdapMapper.hardcodedRole("no")] }, /unknown role/],
    [
      "an unknown group to put groups into",
      { furtherMappers: [LdapMapper.group({ groupsDn: "ou=groups,dc=localhost", path: "no" })] },
      /unknown group/,
    ],
    [
      "an unknown client to give roles to",
      { furtherMappers: [LdapMapper.role({ rolesDn: "ou=roles,dc=localhost", client: "no" })] },
      /unknown client/,
    ],
  ])("refuses %s", (_, props, message) => {
    const realm = newRealm();
    realm.addLdapFederation("ldap", { directory, ...props });
    expect(told(realm)).toEqual([expect.stringMatching(message)]);
  });
});

describe("IdentityProvider", () => {
  const protocol = {
    authorizationUrl: "https://p.example/auth",
    tokenUrl: "https://p.example/token",
    clientId: "sso",
    clientSecret: secret("s"),
  };

  it("minimal: with PKCE, and trusting no address", () => {
    const realm = newRealm();
    realm.addIdentityProvider("partner", { protocol });
    expect(realm.representation().identityProviders).toMatchObject([
      {
        alias: "partner",
        providerId: "oidc",
        trustEmail: false,
        config: { pkceMethod: "S256", validateSignature: "false", clientSecret: "s", syncMode: "IMPORT" },
      },
    ]);
  });

  it("maximal: signatures checked by keys, every kind of mapper", () => {
    expect(everything.identityProviders?.[0]).toMatchObject({
      firstBrokerLoginFlowAlias: "first broker login",
      config: { validateSignature: "true", useJwksUrl: "true", defaultScope: "openid email" },
    });
    const mappers = everything.identityProviderMappers ?? [];
    expect(mappers.map(({ identityProviderMapper }) => identityProviderMapper)).toEqual([
      "oidc-user-attribute-idp-mapper",
      "oidc-role-idp-mapper",
      "oidc-hardcoded-role-idp-mapper",
      "oidc-hardcoded-group-idp-mapper",
      "hardcoded-attribute-idp-mapper",
      "oidc-username-idp-mapper",
      "oidc-advanced-group-idp-mapper",
    ]);
  });

  it("takes a provider that has no type here", () => {
    const realm = newRealm();
    const config = { clientId: "x", clientSecret: secret("s") };
    realm.addIdentityProvider("github", { protocol: { providerId: "github", config } });
    expect(realm.representation().identityProviders).toMatchObject([
      { providerId: "github", config: { clientSecret: "s" } },
    ]);
  });

  it("refuses what is no URL, two mappers of one name, and unknown flows, at once", () => {
    const realm = newRealm();
    const mapper = IdentityProviderMapper.username("x");
    realm.addIdentityProvider("p", {
      protocol: { ...protocol, tokenUrl: "token" },
      firstLoginFlow: "no",
      mappers: [mapper, mapper],
    });
    expect(told(realm)).toEqual([
      expect.stringMatching(/^oidc\/p\.protocol\.tokenUrl: not a URL/),
      expect.stringMatching(/^oidc\/p\.mappers\.username: two mappers/),
      expect.stringMatching(/^oidc\/p\.firstLoginFlow: unknown flow/),
    ]);
  });
});

describe("AuthenticationFlow", () => {
  const flows = (realm: ReturnType<KeycloakRealm["representation"]>) =>
    (realm.authenticationFlows ?? []).filter(({ builtIn }) => !builtIn);

  it("minimal: comes beside Keycloak's own, without which an import has none to log in by", () => {
    const realm = newRealm();
    realm.addFlow("f", { steps: [{ authenticator: "auth-cookie", requirement: "REQUIRED" }] });
    const rendered = realm.representation();
    expect(flows(rendered)).toMatchObject([{ alias: "f", providerId: "basic-flow", topLevel: true }]);
    expect(rendered.authenticationFlows?.map(({ alias }) => alias)).toEqual(
      expect.arrayContaining(["browser", "direct grant", "clients", "first broker login"]),
    );
  });

  it("maximal: its order is that of its steps, whatever they are", () => {
    const [top, forms, otp] = flows(everything);
    const order = (flow: { authenticationExecutions: Record<string, unknown>[] }) =>
      flow.authenticationExecutions
        .toSorted((a, b) => Number(a.priority) - Number(b.priority))
        .map(({ authenticator, flowAlias }) => authenticator ?? flowAlias);
    expect(order(top)).toEqual(["auth-cookie", "identity-provider-redirector", "mail forms"]);
    expect(order(forms)).toEqual(["auth-username-password-form", "mail otp"]);
    expect(order(otp)).toEqual(["conditional-user-configured", "auth-otp-form"]);
    expect([top.topLevel, forms.topLevel, otp.topLevel]).toEqual([true, false, false]);
    expect(everything.authenticatorConfig).toContainEqual({
      alias: "mail browser identity-provider-redirector",
      config: { defaultProvider: "partner" },
    });
  });

  it.each<[string, AuthenticationFlowProps["steps"], RegExp]>([
    ["an empty flow", [], /^oidc\/f\.steps: the flow has no step/],
    [
      "an empty sub-flow",
      [{ subFlow: "s", requirement: "REQUIRED", steps: [] }],
      /^oidc\/f\.steps\.0\.steps: the flow has no step/,
    ],
    [
      "a conditional execution",
      [{ authenticator: "auth-cookie", requirement: "CONDITIONAL" }],
      /^oidc\/f\.steps\.0\.requirement: only a sub-flow/,
    ],
    [
      "a sub-flow with the name of another flow",
      [
        {
          subFlow: "forms",
          requirement: "REQUIRED",
          steps: [{ authenticator: "auth-cookie", requirement: "REQUIRED" }],
        },
      ],
      /two have the name of this flow.*forms/,
    ],
  ])("refuses %s", (_, steps, message) => {
    const realm = newRealm();
    realm.addFlow("f", { steps });
    expect(told(realm)).toEqual([expect.stringMatching(message)]);
  });
});

it("AuthenticationFlow: refuses two configurations of one name, of which one would be lost", () => {
  const realm = newRealm();
  const step = (value: string, more = {}): FlowStep => ({
    authenticator: "identity-provider-redirector",
    requirement: "ALTERNATIVE",
    config: { defaultProvider: value },
    ...more,
  });
  realm.addFlow("mail", { steps: [step("a"), step("b"), step("c", { configAlias: "other" })] });
  expect(told(realm)).toEqual([
    expect.stringMatching(
      /steps: two steps have configurations of one name\. "mail identity-provider-redirector"/,
    ),
  ]);
});

describe("UserProfile", () => {
  const profile = ({ components }: ReturnType<KeycloakRealm["representation"]>) =>
    JSON.parse(
      (components as Record<string, { config: Record<string, string[]> }[]>)[
        "org.keycloak.userprofile.UserProfileProvider"
      ]?.[0]?.config["kc.user.profile.config"]?.[0] ?? "",
    );

  it("minimal: keeps the attributes without which Keycloak takes no profile", () => {
    const realm = newRealm();
    realm.addUserProfile({ attributes: [] });
    expect(profile(realm.representation()).attributes.map(({ name }: { name: string }) => name)).toEqual([
      "username",
      "email",
      "firstName",
      "lastName",
    ]);
  });

  it("maximal", () => {
    const { attributes, groups, unmanagedAttributePolicy } = profile(everything);
    expect(attributes[4]).toEqual({
      name: "phone",
      displayName: "Phone",
      validations: { length: { max: 20 } },
      annotations: { inputType: "html5-tel" },
      group: "contact",
      required: { roles: ["admin"] },
      permissions: { view: ["admin", "user"], edit: ["admin"] },
      multivalued: true,
    });
    expect(groups).toEqual([{ name: "contact", displayHeader: "Contact" }]);
    expect(unmanagedAttributePolicy).toBe("ADMIN_EDIT");
  });

  it.each<[string, UserProfileProps["attributes"], RegExp]>([
    [
      "an attribute that is there twice",
      [{ name: "a" }, { name: "a" }],
      /attributes\.a: the attribute is there twice/,
    ],
    ["an unknown group", [{ name: "a", group: "no" }], /attributes\.a\.group: unknown group/],
    ["a name that is none", [{ name: "a b" }], /attributes: not the name/],
  ])("refuses %s", (_, attributes, message) => {
    const realm = newRealm();
    realm.addUserProfile({ attributes });
    expect(told(realm)).toEqual([expect.stringMatching(message)]);
  });
});

describe("RealmKeys", () => {
  it("are components; a key of one's own is a secret", () => {
    const realm = newRealm();
    realm.addKeys("own", KeySource.rsa({ privateKey: secret("PEM"), priority: 5 }));
    realm.addKeys("made", KeySource.rsaGenerated({ active: false }));
    expect(realm.representation().components).toMatchObject({
      "org.keycloak.keys.KeyProvider": [
        {
          name: "own",
          providerId: "rsa",
          config: { privateKey: ["PEM"], priority: ["5"], algorithm: ["RS256"] },
        },
        { name: "made", providerId: "rsa-generated", config: { active: ["false"], keySize: ["2048"] } },
      ],
    });
    expect(JSON.stringify(realm.representation(String))).not.toContain("PEM");
  });
});
