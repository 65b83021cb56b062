import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RealmTemplate } from "../../../../constructs/keycloak/adopt/realm-template";

const parse = (realm: object) =>
  RealmTemplate.parse(JSON.stringify({ realm: "demo", ...realm }), "demo.json");
const shown = ({ representation, unknown, findings, notes }: RealmTemplate) =>
  JSON.stringify({ representation, unknown, findings, notes });

const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const sec1 = pem.export({ type: "sec1", format: "der" }).toString("base64");
const jwk = JSON.stringify({ keys: [pem.export({ format: "jwk" })] });
const text = pem.export({ type: "pkcs8", format: "pem" }).toString();
const component = (type: string, providerId: string, config: object) => ({
  components: { [type]: [{ name: "one", providerId, config }] },
});
const storage = "org.keycloak.storage.UserStorageProvider";
const keys = "org.keycloak.keys.KeyProvider";

describe("a secret of an export is in nothing that is written for git", () => {
  it.each([
    ["a rotated secret", { clients: [{ clientId: "a", attributes: { "client.secret.rotated": "hidden" } }] }],
    ["a registration token", { clients: [{ clientId: "a", registrationAccessToken: "hidden" }] }],
    ["a SAML key", { clients: [{ clientId: "a", attributes: { "saml.encryption.private.key": "hidden" } }] }],
    [
      "a captcha's secret",
      { authenticatorConfig: [{ alias: "a", config: { "site.key": "k", "secret.key": "hidden" } }] },
    ],
    ["SMTP's token secret", { smtpServer: { host: "h", authTokenClientSecret: "hidden" } }],
    ["generated keys", component(keys, "ecdsa-generated", { ecdsaPrivateKey: ["hidden"] })],
    ["a keystore's password", component(keys, "java-keystore", { keystorePassword: ["hidden"] })],
    ["a bind credential", component(storage, "ldap", { bindCredential: ["hidden"] })],
    ["an extension's secret, by its name", component(storage, "acme", { apiKey: ["hidden"] })],
    [
      "an extension's token",
      { authenticatorConfig: [{ alias: "a", config: { "sms.api.token": "hidden" } }] },
    ],
    ["a cloud's key", component(storage, "acme", { "secret.access.key": ["hidden"] })],
    [
      "a password in a URL",
      { authenticatorConfig: [{ alias: "a", config: { hook: "https://u:hidden@h/" } }] },
    ],
    [
      "a password in a database's URL",
      component(storage, "acme", { url: ["jdbc:postgresql://h/db?user=u&password=hidden"] }),
    ],
    ["a URL in an unknown field", { zeal: { hook: "amqp://u:hidden@h/" } }],
    ["a variable's default", { clients: [{ clientId: "a", secret: "${A_SECRET:hidden}" }] }],
    ["an extension's attribute", { attributes: { "acme.api-key": "hidden" } }],
    ["a header", component(storage, "acme", { authorizationHeader: ["Bearer hidden"] })],
    ["what a header holds", component(storage, "acme", { header: ["Bearer hidden0000000000000"] })],
    ["a password", { users: [{ username: "a", credentials: [{ value: "hidden" }] }] }],
    ["of a user of a federation", { federatedUsers: [{ id: "a", credentials: [{ secretData: "hidden" }] }] }],
    [
      "an identity provider in an organization",
      { organizations: [{ name: "a", identityProviders: [{ config: { clientSecret: "hidden" } }] }] },
    ],
    ["an unknown field", { clients: [{ clientId: "a", credentials: { secret: "hidden" } }] }],
  ])("%s", (_, realm) => {
    expect(shown(parse(realm))).not.toContain("hidden");
  });

  it.each([
    ["PEM", text],
    ["DER in base64", sec1],
    ["a JWK in a text", jwk],
  ])("a private key wherever it is, as %s", (_, key) => {
    const secret = key.slice(40, 80);
    const realm = {
      clients: [{ clientId: "a", attributes: { "jwks.string": key } }],
      groups: [{ name: "g", attributes: { note: [key, "no key"] } }],
      zeal: { deep: [key] },
    };
    expect(shown(parse(realm))).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(parse(realm).representation).toMatchObject({ groups: [{ attributes: { note: ["no key"] } }] });
  });

  it("but what only sounds like one stays", () => {
    const realm = {
      resetPasswordAllowed: true,
      clients: [
        {
          clientId: "a",
          clientAuthenticatorType: "client-secret-jwt",
          attributes: { "client.secret.creation.time": "1", "access.token.lifespan": "60" },
        },
      ],
      localizationTexts: { de: { password: "Kennwort" } },
      authenticatorConfig: [
        {
          alias: "a",
          config: {
            credentials: "webauthn",
            "acme.forget.password": "false",
            "acme.store.token": "true",
            site: "https://example.com:8443/~u@x?next=password",
          },
        },
      ],
      identityProviders: [{ alias: "i", providerId: "oidc", config: { clientSecret: "${vault.i}" } }],
    };
    const { representation, secrets } = parse(realm);
    expect(representation).toMatchObject({
      resetPasswordAllowed: true,
      clients: [realm.clients[0]],
      localizationTexts: realm.localizationTexts,
      authenticatorConfig: realm.authenticatorConfig,
      identityProviders: [{ config: { clientSecret: "${vault.i}" } }],
    });
    expect(secrets).toEqual([]);
  });

  const mapper = (config: object) => ({
    clients: [
      {
        clientId: "a",
        protocolMappers: [{ name: "m", protocolMapper: "oidc-hardcoded-claim-mapper", config }],
      },
    ],
  });
  it.each<[string, object, string[]]>([
    [
      "a key under a name that tells nothing",
      component(storage, "acme", { colour: ["sk_live_4eC39HqLyjWDarjtT1zdp7dc"] }),
      [`components[${storage}][one].config.colour`],
    ],
    [
      "the value of a claim whose name tells",
      mapper({ "claim.name": "api_key", "claim.value": "abc" }),
      ["clients[a].protocolMappers[m].config.claim.value"],
    ],
    [
      "the value of a claim that looks like a key",
      mapper({ "claim.name": "x", "claim.value": "8fK2mQ7zLp0vN4tR6wYb" }),
      ["clients[a].protocolMappers[m].config.claim.value"],
    ],
    [
      "the value of another claim",
      mapper({ "claim.name": "tenant", "claim.value": "house-of-cards-2024" }),
      [],
    ],
    [
      "what only looks like one",
      {
        attributes: {
          frontendUrl: "https://sso1.example.com/a1b2c3d4e5f6",
          ref: "5f0c7a1e-9b2d-4c3f-8a6b-1d2e3f4a5b6c",
        },
        clients: [
          {
            clientId: "a",
            attributes: {
              "saml.signing.certificate": "MIIB1a2b3c4d5e6f7g8h9i0j",
              "acme.release": "v1.2.3-rc4",
            },
          },
        ],
      },
      [],
    ],
  ])("%s is told as a possible secret, and not shown in the report", (_, realm, paths) => {
    const { findings } = parse(realm);
    const possible = findings.filter(({ kind }) => kind === "possible secret");
    expect(possible.map(({ path }) => path)).toEqual(paths);
  });

  it("keeps the name of a variable, which Keycloak's import replaces, and does not take it for the secret", () => {
    const template = parse({ clients: [{ clientId: "a", secret: "${A_SECRET}" }] });
    expect(template.representation.clients?.[0]?.secret).toBe("${A_SECRET}");
    expect(template.secretOf("client a")).toBeUndefined();
  });

  it("takes the default of a variable for the secret, as an import without the variable does", () => {
    const template = parse({ clients: [{ clientId: "a", secret: "${A_SECRET:preset}" }] });
    expect(template.representation.clients?.[0]?.secret).toBeUndefined();
    expect(template.secretOf("client a")?.reveal()).toBe("preset");
  });

  it("tells the secret of an object from its others", () => {
    const client = {
      clientId: "a",
      registrationAccessToken: "a token",
      attributes: { "saml.signing.private.key": "a key" },
      secret: "the secret",
    };
    expect(
      parse({ clients: [client] })
        .secretOf("client a")
        ?.reveal(),
    ).toBe("the secret");
  });
});
