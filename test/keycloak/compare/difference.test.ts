import { describe, expect, it } from "vitest";
import { bareRealm } from "../../../constructs/keycloak/compare/bare-realm";
import { difference, uncheckedSecrets } from "../../../constructs/keycloak/compare/difference";
import { normalizeRealm } from "../../../constructs/keycloak/compare/normalize";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";

/** An export is complete; what people write is completed as Keycloak does at an import. */
const exported = (name = "x") => ({ ...bareRealm(name), keycloakVersion: "26.7.3" }) as RealmRepresentation;
const written = (more: object = {}) => ({ realm: "x", enabled: true, ...more }) as RealmRepresentation;
const compared = (wanted: RealmRepresentation, found: RealmRepresentation) =>
  difference(normalizeRealm(wanted), normalizeRealm(found)).map(({ object, path, wanted, found }) => [
    object,
    path,
    wanted,
    found,
  ]);
const withClient = (realm: RealmRepresentation, client: object) =>
  ({ ...realm, clients: [...(realm.clients ?? []), { clientId: "a", ...client }] }) as RealmRepresentation;

const places = (wanted: RealmRepresentation, found: RealmRepresentation) =>
  compared(wanted, found).map(([object, path]) => [object, path]);

describe("two realms that behave alike are equal", () => {
  it("a realm of two lines and what Keycloak makes of it", () => {
    expect(compared(written(), exported())).toEqual([]);
  });

  it.each<[string, object, object]>([
    ["ids and times", { id: "1", notBefore: 0 }, { id: "2", nodeReRegistrationTimeout: -1 }],
    [
      "defaults",
      {},
      { standardFlowEnabled: true, fullScopeAllowed: true, attributes: { realm_client: "false" } },
    ],
    ["the order of URIs", { redirectUris: ["/a", "/b"] }, { redirectUris: ["/b", "/a"] }],
    [
      "origins that follow from redirect URIs",
      { redirectUris: ["https://a.b/c"] },
      { redirectUris: ["https://a.b/c"], webOrigins: ["https://a.b"] },
    ],
    ["false and no attribute", { attributes: { "oidc.ciba.grant.enabled": "false" } }, {}],
    ["a secret of a public client", { publicClient: true, secret: "s" }, { publicClient: true }],
    [
      "a claim in the introspection and in the access token",
      { protocolMappers: [mapper({})] },
      { protocolMappers: [mapper({ "introspection.token.claim": "true" })] },
    ],
  ])("%s", (_, wanted, found) => {
    expect(
      compared(withClient(written(), wanted), withClient(exported(), found)).filter(
        ([, path]) => !/ClientScopes/.test(String(path)),
      ),
    ).toEqual([]);
  });

  it("a federation that Keycloak's provider made, which writes what is not evicted", () => {
    const federation = (config: object) => ({
      components: {
        "org.keycloak.storage.UserStorageProvider": [
          { name: "ldap", providerId: "ldap", config: { cachePolicy: ["MAX_LIFESPAN"], ...config } },
        ],
      },
    });
    const never = { evictionDay: ["-1"], evictionHour: ["-1"], evictionMinute: ["-1"] };
    const both = (config: object) => {
      const realm = exported();
      return { ...realm, components: { ...realm.components, ...federation(config).components } };
    };
    const realms = [both({}), both(never)] as RealmRepresentation[];
    expect(compared(realms[0] as RealmRepresentation, realms[1] as RealmRepresentation)).toEqual([]);
  });

  it("flows with other priorities in the same order", () => {
    const flow = (...priorities: number[]) => ({
      authenticationFlows: [
        {
          alias: "f",
          topLevel: true,
          authenticationExecutions: priorities.map((priority, index) => ({
            authenticator: `a${index}`,
            priority,
          })),
        },
      ],
    });
    const with2 = (realm: RealmRepresentation, more: { authenticationFlows: unknown[] }) =>
      ({
        ...realm,
        authenticationFlows: [...(realm.authenticationFlows ?? []), ...more.authenticationFlows],
      }) as RealmRepresentation;
    expect(compared(written(flow(0, 1)), with2(exported(), flow(10, 20)))).toEqual([]);
    expect(places(written(flow(0, 1)), with2(exported(), flow(20, 10)))).toEqual([
      ["flow f", "authenticationExecutions"],
    ]);
  });
});

function mapper(more: object) {
  return {
    name: "m",
    protocolMapper: "oidc-usermodel-attribute-mapper",
    config: { "access.token.claim": "true", ...more },
  };
}

describe("difference", () => {
  it("tells object, path, and both values", () => {
    expect(compared(written({ accessTokenLifespan: 60 }), exported())).toEqual([
      ["realm", "accessTokenLifespan", 60, 300],
    ]);
  });

  it("tells missing objects, and objects too many", () => {
    const extra = withClient(exported(), {});
    expect(compared(written(), extra)).toMatchObject([["client a", "", undefined, { enabled: true }]]);
    expect(compared(withClient(written(), {}), exported())).toMatchObject([
      ["client a", "", { enabled: true }, undefined],
    ]);
  });

  it("tells a changed object of Keycloak's own, which nobody wrote down", () => {
    const found = exported();
    const account = found.clients?.find(({ clientId }) => clientId === "account");
    if (account) account.redirectUris = ["*"];
    expect(compared(written(), found)).toEqual([
      ["client account", "redirectUris", ["/realms/x/account/*"], ["*"]],
    ]);
  });

  it("tells a deleted object of Keycloak's own", () => {
    const found = exported();
    const clients = found.clients?.filter(({ clientId }) => clientId !== "admin-cli") ?? [];
    expect(places(written(), { ...found, clients })).toEqual([["client admin-cli", ""]]);
  });

  it("takes masked secrets for equal, and lists them", () => {
    const wanted = normalizeRealm(withClient(written(), { secret: "s" }));
    const found = normalizeRealm(withClient(exported(), { secret: "**********" }));
    expect(difference(wanted, found).filter(({ path }) => path === "secret")).toEqual([]);
    expect(uncheckedSecrets(wanted, found)).toEqual([{ realm: "x", object: "client a", path: "secret" }]);
  });

  it("never shows a secret", () => {
    const [wanted, found] = ["one", "two"].map((secret) => withClient(exported(), { secret }));
    const told = compared(wanted as RealmRepresentation, found as RealmRepresentation);
    expect(told).toEqual([["client a", "secret", "**********", "**********"]]);
  });

  it("leaves people and generated keys alone", () => {
    const found = { ...exported(), users: [{ username: "bob", enabled: true }] } as RealmRepresentation;
    expect(compared(written(), found)).toEqual([]);
  });

  it("copes with names that JavaScript's objects have", () => {
    const client = { clientId: "constructor" };
    const realm = written({ clients: [client, { clientId: "__proto__" }] });
    expect(normalizeRealm(realm).objects).toHaveProperty(["client constructor"]);
    expect(normalizeRealm(realm).objects).toHaveProperty(["client __proto__"]);
  });
});
