import { describe, expect, it } from "vitest";
import { existingRealmClients } from "../../../../constructs/keycloak/model/clients/existing-realm-clients";
import { claimsOf, clientsWithAudience } from "../../../../constructs/keycloak/model/clients/token-content";
import { kitRealm } from "../../../../constructs/keycloak/representation/realm-template";
import { secret } from "../../../template";

const webmail = {
  name: "webmail",
  kind: "confidential" as const,
  redirectUris: ["https://webmail.example.com/back"],
  secret: secret("webmail"),
};
const made = (options: Partial<Parameters<typeof existingRealmClients>[1]> = {}) =>
  existingRealmClients(kitRealm(), { clients: {}, ...options });

describe("existingRealmClients", () => {
  it("speaks of no client scope: the realm has its own", () => {
    const clients = made({ others: [webmail] });
    expect(clients.map(({ clientId }) => clientId)).toEqual([
      ...["oidc", "james-thunderbird", "james", "kit-smoke", "webmail"],
    ]);
    for (const client of clients) expect(Object.keys(client).join()).not.toContain("Scopes");
  });

  it("tokens of clients that people log in with have what James asks for, without any scope; `james` gets none", () => {
    const realm = { realm: "acme", clientScopes: [], clients: made({ others: [webmail] }) };
    const heard = clientsWithAudience(realm, "james");
    expect(heard.map(({ clientId }) => clientId)).toEqual([
      ...["oidc", "james-thunderbird", "kit-smoke", "webmail"],
    ]);
    for (const client of heard) expect([...claimsOf(client, realm)]).toEqual(["email"]);
    expect(realm.clients.find(({ clientId }) => clientId === "james")?.protocolMappers).toBeUndefined();
  });

  it("takes the settings of the environment as a realm of the kit's own does", () => {
    const [oidc, thunderbird] = made({
      without: ["kit-smoke"],
      clients: {
        oidc: { redirectUris: ["https://a.example.com/back"], backchannelLogoutUrl: "http://gateway/out" },
        "james-thunderbird": { secret: secret("thunderbird") },
      },
    });
    expect(oidc).toMatchObject({
      redirectUris: ["https://a.example.com/back"],
      attributes: { "backchannel.logout.url": "http://gateway/out", "pkce.code.challenge.method": "S256" },
    });
    expect(thunderbird?.secret).toBe(secret("thunderbird").reveal());
    expect(made({ without: ["kit-smoke"] }).map(({ clientId }) => clientId)).not.toContain("kit-smoke");
  });

  it("refuses options about a client that the template has not", () => {
    expect(() => made({ clients: { mutt: {} } })).toThrow(/client mutt is missing/);
  });
});
