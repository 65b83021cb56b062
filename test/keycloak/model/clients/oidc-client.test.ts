import { describe, expect, it } from "vitest";
import type { OidcClientProps } from "../../../../constructs/keycloak/model/clients/oidc-client";
import { ProtocolMapper } from "../../../../constructs/keycloak/model/clients/protocol-mapper";
import type { KeycloakRealm, KeycloakRealmProps } from "../../../../constructs/keycloak/model/keycloak-realm";
import { Secret } from "../../../../constructs/workload/secret";
import { secret } from "../../../template";
import { maximalRealm, newRealm, told } from "../realms";

const redirectUris = ["https://mail.example.com/back"];
const rendered = (realm: KeycloakRealm, id: string) =>
  realm.representation().clients?.find(({ clientId }) => clientId === id);

function client(props: OidcClientProps, realmProps: KeycloakRealmProps = {}) {
  const realm = newRealm(realmProps);
  realm.addOidcClient("c", props);
  return rendered(realm, "c");
}

describe("OidcClient", () => {
  it("minimal public: authorization code with PKCE and nothing else", () => {
    expect(client({ kind: "public", redirectUris })).toEqual({
      clientId: "c",
      enabled: true,
      protocol: "openid-connect",
      publicClient: true,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      fullScopeAllowed: false,
      redirectUris,
      attributes: { "pkce.code.challenge.method": "S256" },
    });
  });

  it("confidential: with a secret, and the number of its value when it was changed", () => {
    const props = { kind: "confidential", redirectUris } as const;
    expect(client({ ...props, secret: secret("s") })).toMatchObject({
      publicClient: false,
      clientAuthenticatorType: "client-secret",
      secret: "s",
      attributes: { "pkce.code.challenge.method": "S256" },
    });
    expect(client({ ...props, secret: new Secret("s", "new", 2) })?.attributes).toMatchObject({
      "kit.secret.version": "2",
    });
  });

  it("bearer-only and service accounts log nobody in", () => {
    expect(client({ kind: "bearer-only" })).toMatchObject({ bearerOnly: true, standardFlowEnabled: false });
    expect(client({ kind: "service-account" })).toMatchObject({
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
    });
  });

  it("maximal: everything under Keycloak's names", () => {
    const realm = maximalRealm();
    expect(rendered(realm, "web")).toMatchObject({
      name: "Web mail",
      rootUrl: "https://mail.example.com",
      baseUrl: "/start",
      consentRequired: true,
      frontchannelLogout: true,
      webOrigins: ["https://mail.example.com", "+"],
      attributes: {
        "post.logout.redirect.uris": "https://mail.example.com/bye",
        "backchannel.logout.url": "https://gateway.example.com/logout",
        "backchannel.logout.session.required": "true",
        "backchannel.logout.revoke.offline.tokens": "true",
        "frontchannel.logout.url": "https://mail.example.com/logout",
        "access.token.lifespan": "120",
        "client.session.idle.timeout": "1000",
        "client.session.max.lifespan": "20000",
        "client.offline.session.idle.timeout": "50000",
        "client.offline.session.max.lifespan": "60000",
        "acr.loa.map": "{}",
        login_theme: "keycloak.v2",
      },
      defaultClientScopes: ["basic", "email", "web-origins"],
      optionalClientScopes: ["mail", "offline_access"],
      protocolMappers: [{ name: "client" }, { name: "james audience" }],
    });
    expect(realm.representation().clientScopeMappings).toMatchObject({
      james: [
        { clientScope: "mail", roles: ["read-mail"] },
        { client: "web", roles: ["read-mail"] },
      ],
    });
    expect(realm.representation().users).toContainEqual({
      username: "service-account-robot",
      enabled: true,
      serviceAccountClientId: "robot",
      realmRoles: ["default-roles-everything"],
      clientRoles: { james: ["read-mail"], "realm-management": ["view-users"] },
      groups: ["/company/new"],
    });
  });

  it("puts a resource server into the audience, unless a default scope of the client does", () => {
    const realm = newRealm();
    const james = realm.addOidcClient("james", { kind: "confidential", flows: [] });
    const [own, scoped, optional] = ["own", "scoped", "optional"].map((id) =>
      realm.addOidcClient(id, {
        kind: "public",
        redirectUris,
        defaultScopes: id === "scoped" ? ["mail"] : [],
        optionalScopes: id === "optional" ? ["mail"] : [],
      }),
    );
    for (const one of [own, scoped, optional]) one?.allowIntrospectionBy(james);
    // Afterwards: what counts is what the realm is in the end.
    realm.addClientScope("mail", { mappers: [ProtocolMapper.audience({ client: james })] });
    expect(rendered(realm, "own")?.protocolMappers).toMatchObject([
      { protocolMapper: "oidc-audience-mapper", config: { "included.client.audience": "james" } },
    ]);
    expect(rendered(realm, "scoped")?.protocolMappers).toBeUndefined();
    expect(rendered(realm, "optional")?.protocolMappers).toHaveLength(1);
  });

  it.each<[string, OidcClientProps, string, RegExp]>([
    ["a wildcard", { kind: "public", redirectUris: ["https://a.example/*"] }, "redirectUris", /a wildcard/],
    ["the origin *", { kind: "public", redirectUris, webOrigins: ["*"] }, "webOrigins", /a wildcard/],
    [
      "a wildcard after logout",
      { kind: "public", redirectUris, postLogoutRedirectUris: ["https://a.example/*"] },
      "postLogoutRedirectUris",
      /a wildcard/,
    ],
    ["a relative URI", { kind: "public", redirectUris: ["/back"] }, "redirectUris", /not absolute/],
    ["a fragment", { kind: "public", redirectUris: ["https://a.example/#a"] }, "redirectUris", /fragment/],
    [
      "a password",
      { kind: "public", redirectUris: ["https://a:b@a.example/"] },
      "redirectUris",
      /with a user/,
    ],
    ["a script", { kind: "public", redirectUris: ["javascript:alert(1)"] }, "redirectUris", /would run/],
    ["a blank", { kind: "public", redirectUris: ["https://a.example/a b"] }, "redirectUris", /blanks/],
    ["a backslash", { kind: "public", redirectUris: ["https://a.example\\b"] }, "redirectUris", /characters/],
    [
      "a WebSocket",
      { kind: "public", redirectUris: ["wss://a.example/"] },
      "redirectUris",
      /no browser goes/,
    ],
    ["a bare scheme", { kind: "public", redirectUris: ["com.example.app:"] }, "redirectUris", /not absolute/],
    ["no host", { kind: "public", redirectUris: ["https://"] }, "redirectUris", /not a redirect URI/],
    [
      "an origin with a path",
      { kind: "public", redirectUris, webOrigins: ["https://a.example/"] },
      "webOrigins",
      /not an origin/,
    ],
    [
      "an origin of files",
      { kind: "public", redirectUris, webOrigins: ["file://a.example"] },
      "webOrigins",
      /not an origin/,
    ],
    [
      "a logout address that is none",
      { kind: "public", redirectUris, backchannelLogout: { url: "gateway" } },
      "backchannelLogout.url",
      /not a URL/,
    ],
    [
      "a secret of a public client",
      { kind: "public", redirectUris, secret: secret("s") },
      "secret",
      /no secret/,
    ],
    ["a public client without PKCE", { kind: "public", redirectUris, pkce: false }, "pkce", /without PKCE/],
    ["an unknown scope", { kind: "public", redirectUris, defaultScopes: ["no"] }, "defaultScopes", /unknown/],
    [
      "a scope that is default and optional",
      { kind: "public", redirectUris, defaultScopes: ["email"], optionalScopes: ["email"] },
      "optionalScopes",
      /default one too/,
    ],
    [
      "two mappers of one name",
      { kind: "public", redirectUris, mappers: [ProtocolMapper.sub(), ProtocolMapper.sub()] },
      "mappers",
      /two mappers/,
    ],
    [
      "a lifetime of 0",
      { kind: "public", redirectUris, lifetimes: { sessionMaxSeconds: 0 } },
      "lifetimes",
      /no lifetime/,
    ],
    [
      "tokens that outlive the client's session",
      { kind: "public", redirectUris, lifetimes: { accessTokenSeconds: 200, sessionIdleSeconds: 100 } },
      "lifetimes",
      /outlive/,
    ],
    ["flows of a bearer-only client", { kind: "bearer-only", flows: ["device"] }, "flows", /gets no tokens/],
    ["a public service account", { kind: "public", flows: ["service-account"] }, "flows", /cannot log in/],
    [
      "roles of no service account",
      { kind: "confidential", redirectUris, serviceAccountRoles: [] },
      "serviceAccountRoles",
      /no service account/,
    ],
    ["an id with a blank", { kind: "bearer-only", clientId: "a b" }, "clientId", /not a client id/],
  ])("refuses %s", (_, props, prop, message) => {
    const realm = newRealm();
    realm.addOidcClient("c", props);
    expect(told(realm)).toEqual([
      expect.stringMatching(new RegExp(`^oidc/c\\.${prop}: .*${message.source}`)),
    ]);
  });

  it("refuses to offer offline_access where Keycloak would refuse it", () => {
    const offering = (roles?: string[], props: Partial<OidcClientProps> = {}) => {
      const realm = newRealm();
      realm.addClientScope("offline_access", roles ? { roles } : {});
      realm.addOidcClient("c", {
        kind: "public",
        redirectUris,
        optionalScopes: ["offline_access"],
        ...props,
      });
      return told(realm);
    };
    const refused = expect.stringMatching(/^oidc\/c\.optionalScopes: offline_access is offered and would/);
    expect(offering()).toEqual([refused]);
    expect(offering(["uma_authorization"])).toEqual([refused]);
    expect(offering(["offline_access"])).toEqual([]);
    expect(offering(undefined, { roles: ["offline_access"] })).toEqual([]);
    expect(offering(undefined, { fullScopeAllowed: true })).toEqual([]);
    const realm = newRealm();
    realm.addStandardScopes("offline_access");
    realm.addOidcClient("c", { kind: "public", redirectUris, optionalScopes: ["offline_access"] });
    expect(told(realm)).toEqual([]);
  });

  it("takes wildcards below a path where the realm allows them, and any origin", () => {
    const redirectUris = ["https://a.example/app/*", "/app/*"];
    expect(
      client(
        { kind: "public", rootUrl: "https://a.example", redirectUris, webOrigins: ["*"] },
        { allowWildcards: true },
      ),
    ).toMatchObject({ redirectUris });
  });

  it.each(["*", "/*", "https://*", "https://a.example/*", "https://*.example/app/*"])(
    "refuses %s even there, as an environment does",
    (uri) => {
      const props = { kind: "public", rootUrl: "https://a.example", redirectUris: [uri] } as const;
      expect(() => client(props, { allowWildcards: true })).toThrow(
        /a wildcard elsewhere than at the end of a path/,
      );
    },
  );

  it("takes an application's own scheme, a loopback address and, below a root, a path", () => {
    const props = { kind: "public", rootUrl: "https://a.example" } as const;
    const uris = ["com.example.app:/back", "http://127.0.0.1/", "/back"];
    expect(client({ ...props, redirectUris: uris })?.redirectUris).toEqual(uris);
  });
});

describe("warnings of mail clients", () => {
  it("tells of tokens that James would refuse: no audience, no address", () => {
    const realm = newRealm();
    realm.addClientScope("bare");
    const james = realm.addOidcClient("james", { kind: "confidential", flows: [], defaultScopes: [] });
    realm.addOidcClient("deaf", { kind: "public", redirectUris, mail: true, defaultScopes: ["bare"] });
    realm
      .addOidcClient("nameless", { kind: "public", redirectUris, defaultScopes: ["bare"] })
      .allowIntrospectionBy(james);
    realm.addOidcClient("other", { kind: "public", redirectUris, defaultScopes: ["bare"] });
    expect(realm.warnings().map(({ where, what }) => `${where}: ${what}`)).toEqual([
      expect.stringMatching(/^oidc\/deaf: .*do not name james in aud/),
      expect.stringMatching(/^oidc\/deaf: .*lack the claim email/),
      expect.stringMatching(/^oidc\/nameless: .*lack the claim email/),
    ]);
    expect(realm.problems()).toEqual([]);
  });

  it("knows what Keycloak's own scopes give", () => {
    const realm = newRealm({ mail: { claim: "preferred_username" } });
    const james = realm.addOidcClient("james", { kind: "confidential", flows: [] });
    realm.addOidcClient("web", { kind: "public", redirectUris }).allowIntrospectionBy(james);
    expect(realm.warnings()).toEqual([]);
  });
});
