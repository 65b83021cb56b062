import { RootConstruct } from "constructs";
import { describe, expect, it } from "vitest";
import { OidcClient } from "../../../constructs/keycloak/model/clients/oidc-client";
import { KeycloakRealm, type KeycloakRealmProps } from "../../../constructs/keycloak/model/keycloak-realm";
import { Role } from "../../../constructs/keycloak/model/users/role";
import { KitError } from "../../../kit/errors";
import { secret } from "../../template";
import { directory, maximalRealm, newRealm, told } from "./realms";

describe("KeycloakRealm", () => {
  it("minimal: leaves everything to Keycloak, and may not be deleted", () => {
    const realm = newRealm();
    expect(realm.representation()).toEqual({ realm: "oidc", enabled: true });
    expect(realm.deletionProtection).toBe(true);
    expect(realm.problems()).toEqual([]);
  });

  it("maximal: settings under Keycloak's names", () => {
    expect(maximalRealm().representation()).toMatchObject({
      realm: "everything",
      accessTokenLifespan: 240,
      revokeRefreshToken: true,
      refreshTokenMaxReuse: 2,
      ssoSessionIdleTimeout: 1700,
      offlineSessionMaxLifespan: 200000,
      offlineSessionMaxLifespanEnabled: true,
      registrationAllowed: true,
      bruteForceProtected: true,
      failureFactor: 7,
      smtpServer: {
        host: "smtp.example.com",
        port: "587",
        starttls: "true",
        auth: "true",
        user: "sso",
        password: "smtp password",
      },
      internationalizationEnabled: true,
      supportedLocales: ["de", "en"],
      loginTheme: "keycloak.v2",
      browserSecurityHeaders: { xFrameOptions: "DENY" },
      eventsEnabled: true,
      eventsExpiration: 86400,
      adminEventsDetailsEnabled: true,
      browserFlow: "mail browser",
    });
  });

  it("shows secrets only to whom it is told, and says where they are", () => {
    const realm = maximalRealm();
    const covered = JSON.stringify(realm.representation(({ name }) => `<${name}>`));
    expect(covered).not.toMatch(/(james|robot|partner) secret|(smtp|backup|bind) password/);
    expect(realm.secrets().map(({ path, secret }) => [path, secret.reveal()])).toEqual([
      ["smtpServer.password", "smtp password"],
      ["clients.james.secret", "james secret"],
      ["clients.robot.secret", "robot secret"],
      ["users.backup.credentials.0.value", "backup password"],
      ["components.org.keycloak.storage.UserStorageProvider.ldap.config.bindCredential.0", "bind password"],
      ["identityProviders.partner.config.clientSecret", "partner secret"],
    ]);
  });

  it("keeps several realms of one scope apart", () => {
    const root = new RootConstruct();
    const [first, second] = ["a.example", "b.example"].map((name) => new KeycloakRealm(root, name));
    first?.addOidcClient("web", { kind: "public", redirectUris: ["https://a.example/back"] });
    second?.addOidcClient("web", { kind: "public", redirectUris: ["https://b.example/back"] });
    expect(first?.representation().clients?.map(({ redirectUris }) => redirectUris)).toEqual([
      ["https://a.example/back"],
    ]);
    expect(second?.representation().clients).toHaveLength(1);
  });

  it.each<[string, KeycloakRealmProps, string, RegExp]>([
    ["a lifetime of 0", { tokens: { accessTokenSeconds: 0 } }, "oidc.accessTokenLifespan", /1 or more/],
    [
      "a negative lifetime",
      { sessions: { clientIdleSeconds: -1 } },
      "oidc.clientSessionIdleTimeout",
      /0 or more/,
    ],
    ["half a second", { sessions: { maxSeconds: 40000.5 } }, "oidc.ssoSessionMaxLifespan", /whole seconds/],
    [
      "access tokens that outlive the idle session",
      { tokens: { accessTokenSeconds: 3600 } },
      "oidc.accessTokenLifespan",
      /outlive the session.*1800/,
    ],
    ["a flow that is not there", { bindings: { browser: "no" } }, "oidc.bindings.browser", /unknown flow/],
    ["a name that is no part of a URL", { realmName: "a/b" }, "oidc.realmName", /not the name of a realm/],
  ])("refuses %s", (_, props, where, message) => {
    expect(told(newRealm(props))).toEqual([
      expect.stringMatching(new RegExp(`^${where}: .*${message.source}`)),
    ]);
  });

  it("tells all problems at once, and renders nothing then", () => {
    const realm = newRealm({ tokens: { accessTokenSeconds: 0 } });
    realm.addOidcClient("web", { kind: "public", redirectUris: ["*"], defaultScopes: ["no"] });
    expect(() => realm.representation()).toThrow(KitError);
    expect(told(realm)).toHaveLength(3);
  });

  it.each<[string, (realm: KeycloakRealm) => unknown, string]>([
    [
      "client",
      (realm) => ["a", "b"].map((id) => realm.addOidcClient(id, { clientId: "x", kind: "bearer-only" })),
      "oidc/b: two have the name of this client: also oidc/a",
    ],
    [
      "client scope",
      (realm) => ["a", "b"].map((id) => realm.addClientScope(id, { scopeName: "x" })),
      "oidc/b",
    ],
    ["role", (realm) => ["a", "b"].map((id) => realm.addRole(id, { roleName: "x" })), "oidc/b"],
    ["group", (realm) => ["a", "b"].map((id) => realm.addGroup(id, { groupName: "x" })), "oidc/b"],
    ["user", (realm) => ["a", "b"].map((id) => realm.addUser(id, { username: "X" })), "oidc/b"],
    [
      "flow",
      (realm) =>
        realm.addFlow("browser", { steps: [{ authenticator: "auth-cookie", requirement: "REQUIRED" }] }),
      "oidc/browser: two have the name of this flow",
    ],
    [
      "user federation",
      (realm) => ["a", "b"].map((id) => realm.addLdapFederation(id, { name: "x", directory })),
      "oidc/b",
    ],
  ])("refuses two with the name of one %s", (_, build, message) => {
    const realm = newRealm();
    build(realm);
    expect(told(realm)).toEqual([expect.stringContaining(message)]);
  });

  it("refuses what belongs to another realm", () => {
    const root = new RootConstruct();
    const other = new KeycloakRealm(root, "other");
    const realm = new KeycloakRealm(root, "oidc");
    realm.addClientScope("own");
    realm.addOidcClient("web", {
      kind: "public",
      redirectUris: ["https://a.example/"],
      defaultScopes: [other.addClientScope("mail")],
      roles: [other.addRole("reader")],
    });
    expect(told(realm)).toEqual([
      expect.stringContaining("oidc/web.defaultScopes: client scope mail belongs to another realm"),
      expect.stringContaining("oidc/web.roles: role reader belongs to another realm"),
      expect.stringContaining("oidc/web.defaultScopes: unknown client scope"),
    ]);
  });

  it.each<[string, (realm: KeycloakRealm) => unknown, string]>([
    ["role", (realm) => realm.addGroup("g", { roles: ["no"] }), "oidc/g.roles: unknown role"],
    ["group", (realm) => realm.addUser("u", { groups: ["no"] }), "oidc/u.groups: unknown group"],
    [
      "client",
      (realm) => realm.addOidcClient("c", { kind: "bearer-only" }).allowIntrospectionBy("no"),
      "oidc/c.allowIntrospectionBy: unknown client",
    ],
  ])("refuses the name of a %s that is not there", (_, build, message) => {
    const realm = newRealm();
    build(realm);
    expect(told(realm)).toEqual([expect.stringContaining(message)]);
  });

  it("refuses the name of Keycloak's own realm, unless it is one that exists", () => {
    const root = new RootConstruct();
    expect(told(new KeycloakRealm(root, "a", { realmName: "master" }))).toEqual([
      expect.stringContaining("the name of Keycloak's own realm"),
    ]);
    expect(told(KeycloakRealm.fromRealmName(root, "b", "master"))).toEqual([]);
  });

  it("refuses to add client scopes that Keycloak has not", () => {
    expect(() => newRealm().addStandardScopes("email", "no", "nor")).toThrow(
      /no such client scope\. Got "no"[\s\S]*no such client scope\. Got "nor"/,
    );
  });

  it("refuses an object outside of any realm", () => {
    expect(() => new Role(new RootConstruct(), "x")).toThrow(/below no KeycloakRealm/);
  });
});

describe("KeycloakRealm.fromRealmName", () => {
  it("renders what is added only, and takes every name for known", () => {
    const realm = KeycloakRealm.fromRealmName(new RootConstruct(), "company", "acme");
    realm.addOidcClient("mail", {
      kind: "confidential",
      secret: secret("s"),
      redirectUris: ["https://a.example/"],
      defaultScopes: ["theirs"],
      roles: [Role.fromRoleName(realm, "r", OidcClient.fromClientId(realm, "crm"))],
    });
    const { clients, ...rest } = realm.representation();
    expect(rest).toEqual({
      realm: "acme",
      clientScopeMappings: { crm: [{ client: "mail", roles: ["r"] }] },
    });
    expect(clients?.map(({ clientId }) => clientId)).toEqual(["mail"]);
    expect(realm.existing).toBe(true);
  });
});

describe("KeycloakRealm.fromRepresentation", () => {
  const theirs = {
    realm: "theirs",
    accessTokenLifespan: 36000,
    unheardOf: { kept: true },
    attributes: { a: "1" },
    clientScopes: [{ name: "email", protocol: "openid-connect" }],
    clients: [
      { clientId: "account", redirectUris: ["/realms/theirs/account/*"] },
      { clientId: "old", publicClient: true, redirectUris: ["https://old.example/#x"] },
      { clientId: "mail", secret: "theirs", redirectUris: ["https://a.example/"] },
    ],
    components: {
      "org.keycloak.storage.UserStorageProvider": [
        { name: "people", providerId: "ldap", config: { connectionUrl: ["ldap://old"], vendor: ["ad"] } },
      ],
    },
  } as never;
  const from = (overrides = {}) =>
    KeycloakRealm.fromRepresentation(new RootConstruct(), "realm", theirs, overrides);

  it("wraps it as it is, and does not change it", () => {
    const before = JSON.stringify(theirs);
    const realm = from({ tokens: { accessTokenSeconds: 60 } });
    realm.addRole("reader");
    expect(realm.representation()).toEqual({
      ...(theirs as object),
      accessTokenLifespan: 60,
      roles: { realm: [{ name: "reader", composite: false, clientRole: false }] },
    });
    expect(JSON.stringify(theirs)).toBe(before);
  });

  it("takes typed settings, clients and directories on top", () => {
    const realm = from({
      realmName: "ours",
      attributes: { b: "2" },
      tokens: { accessTokenSeconds: 60 },
      withoutClients: ["old"],
      clients: { mail: { secret: secret("ours"), redirectUris: ["https://b.example/"] } },
      directories: { people: directory },
    });
    realm.addOidcClient("new", {
      kind: "public",
      redirectUris: ["https://c.example/"],
      defaultScopes: ["email"],
    });
    const rendered = realm.representation();
    expect(rendered).toMatchObject({
      realm: "ours",
      attributes: { a: "1", b: "2" },
      unheardOf: { kept: true },
    });
    expect(rendered.clients?.map(({ clientId }) => clientId)).toEqual(["account", "mail", "new"]);
    expect(rendered.clients?.[1]).toMatchObject({ secret: "ours", redirectUris: ["https://b.example/"] });
    expect(rendered.components).toMatchObject({
      "org.keycloak.storage.UserStorageProvider": [
        { config: { connectionUrl: ["ldap://ldap.example.com:389"], vendor: ["ad"] } },
      ],
    });
  });

  it("only warns of what is unsafe in it, but not of wildcards", () => {
    const warnings = from({ tokens: { accessTokenSeconds: 60 } })
      .warnings()
      .map(({ where }) => where);
    expect(warnings).toEqual([
      "realm.client old.redirectUris",
      "realm.client old.attributes.pkce.code.challenge.method",
    ]);
    const wild = KeycloakRealm.fromRepresentation(new RootConstruct(), "realm", {
      realm: "x",
      clients: [{ clientId: "wild", redirectUris: ["https://a.example/*"], webOrigins: ["*"] }],
    });
    expect(told(wild)).toHaveLength(2);
  });

  it("refuses to add what it has, and overrides of what it lacks", () => {
    const realm = from({
      tokens: { accessTokenSeconds: 60 },
      clients: { no: {} },
      directories: { nobody: directory },
    });
    realm.addOidcClient("mail", { kind: "bearer-only" });
    expect(told(realm)).toEqual([
      expect.stringContaining("realm: client no is missing"),
      expect.stringContaining("realm: user federation nobody is missing"),
      expect.stringContaining("realm/mail: two have the name of this client"),
    ]);
  });
});
