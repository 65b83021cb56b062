import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type MailClient,
  mailRealm,
  secretVersionAttribute,
} from "../../../../constructs/keycloak/model/realm/mail-realm";
import { parseRealm } from "../../../../constructs/keycloak/representation/realm-template";
import { Secret } from "../../../../constructs/workload/secret";
import { packageRoot } from "../../../../kit/package-root";
import { secret } from "../../../template";

const template = parseRealm(
  readFileSync(join(packageRoot, "realm-templates/oidc.json"), "utf8"),
  "oidc.json",
);
const directory = { url: "ldap://l.test", usersDn: "ou=p", bindDn: "cn=a", bindPassword: secret("bind") };

function client(options: Partial<MailClient> = {}) {
  const given: MailClient = {
    name: "web",
    kind: "public",
    redirectUris: ["https://web.test/cb"],
    ...options,
  };
  const { clients } = mailRealm(template, { directory, clients: {}, others: [given] });
  return clients?.find(({ clientId }) => clientId === "web");
}

describe("a mail client beside the template's", () => {
  it("minimal: authorization code with PKCE only, exact URIs, tokens that James takes", () => {
    expect(client()).toMatchObject({
      publicClient: true,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      fullScopeAllowed: false,
      redirectUris: ["https://web.test/cb"],
      webOrigins: ["https://web.test"],
      defaultClientScopes: expect.arrayContaining(["basic", "email", "mail"]),
      attributes: { "pkce.code.challenge.method": "S256" },
    });
    expect(client()).not.toHaveProperty("secret");
  });

  it("maximal: confidential, with secret, origins, description and back-channel logout", () => {
    const options: Partial<MailClient> = {
      kind: "confidential",
      secret: new Secret("client-web", "s3cret", 3),
      webOrigins: ["https://other.test"],
      description: "Web",
      backchannelLogoutUrl: "http://gateway.test/logout",
    };
    expect(client(options)).toMatchObject({
      publicClient: false,
      clientAuthenticatorType: "client-secret",
      secret: "s3cret",
      webOrigins: ["https://other.test"],
      description: "Web",
      attributes: {
        "pkce.code.challenge.method": "S256",
        "backchannel.logout.url": "http://gateway.test/logout",
        "backchannel.logout.session.required": "true",
        [secretVersionAttribute]: "3",
      },
    });
  });

  it("gives no origin to what no browser page is on", () => {
    expect(client({ redirectUris: ["org.example.mail:/cb"] })?.webOrigins).toEqual([]);
    expect(client({ kind: "confidential" })?.webOrigins).toEqual([]);
  });

  it("says nothing of versions before the first rotation", () => {
    const fresh = client({ kind: "confidential", secret: new Secret("client-web", "x") });
    expect(fresh?.attributes).not.toHaveProperty([secretVersionAttribute]);
  });

  it("takes no version from a template: it is of another secret", () => {
    const james = { clientId: "james", attributes: { [secretVersionAttribute]: "7", other: "x" } };
    const realm = { ...template, clients: [james] };
    const { clients } = mailRealm(realm, { directory, clients: { james: { secret: secret("s") } } });
    expect(clients?.[0]?.attributes).toEqual({ other: "x" });
  });
});
