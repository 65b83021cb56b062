import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mailRealm } from "../../../../constructs/keycloak/model/realm/mail-realm";
import { parseRealm } from "../../../../constructs/keycloak/representation/realm-template";
import { packageRoot } from "../../../../kit/package-root";
import { secret } from "../../../template";
import { directory, newRealm } from "../realms";

const template = parseRealm(
  readFileSync(join(packageRoot, "realm-templates/oidc.json"), "utf8"),
  "oidc.json",
);
const redirectUris = ["https://mail.example.com/back"];
const thunderbirdRedirectUris = ["http://127.0.0.1/"];
const url = "http://gateway.example.com/logout";

/** The settings of the template. */
function templateRealm() {
  return newRealm({
    displayName: "Mail",
    sslRequired: "none",
    login: {
      registration: false,
      withEmail: true,
      duplicateEmails: false,
      editUsername: false,
      rememberMe: true,
    },
    bruteForce: { permanent: false, failures: 10, waitSeconds: 30, maxWaitSeconds: 900 },
    tokens: { accessTokenSeconds: 300, rotateRefreshTokens: false },
    sessions: { idleSeconds: 1800, maxSeconds: 36000 },
  });
}

describe("realm.addMailClients", () => {
  it("gives, with a federation, the realm of the template, for each and every setting", () => {
    const realm = templateRealm();
    realm.addMailClients({
      redirectUris,
      webOrigins: ["https://mail.example.com"],
      thunderbirdRedirectUris,
      jamesSecret: secret("james"),
      thunderbirdSecret: secret("thunderbird"),
      backchannelLogoutUrl: url,
      directGrants: true,
      directAccessGrants: ["james-thunderbird"],
    });
    realm.addLdapFederation("ldap", { directory });
    const logout = { backchannelLogoutUrl: url };
    expect(realm.representation()).toEqual(
      mailRealm(template, {
        directory,
        clients: {
          oidc: { redirectUris, webOrigins: ["https://mail.example.com"], ...logout },
          "james-thunderbird": {
            redirectUris: thunderbirdRedirectUris,
            secret: secret("thunderbird"),
            directAccessGrants: true,
            ...logout,
          },
          james: { secret: secret("james") },
          "kit-smoke": logout,
        },
      }),
    );
    expect(realm.warnings()).toEqual([]);
  });

  it("minimal: no password grants, nobody told of logouts", () => {
    const realm = templateRealm();
    const { smoke, james, oidc } = realm.addMailClients({ redirectUris, thunderbirdRedirectUris });
    realm.addLdapFederation("ldap", { directory });
    expect(smoke).toBeUndefined();
    expect([james.clientId, oidc.mail, james.mail]).toEqual(["james", true, false]);
    expect(realm.representation()).toEqual(
      mailRealm(template, {
        directory,
        without: ["kit-smoke"],
        clients: {
          oidc: { redirectUris },
          "james-thunderbird": { redirectUris: thunderbirdRedirectUris },
        },
      }),
    );
  });
});
