import { expect, test } from "vitest";
import { hostsOfRealm } from "../../../constructs/keycloak/representation/realm-hosts";

test("Keycloak connects to a realm's directories, its mail relay, and the clients that it tells of logouts", () => {
  const directory = { config: { connectionUrl: ["ldap://ldap.test:389 ldaps://other.test"] } };
  const hosts = hostsOfRealm({
    realm: "x",
    components: { "org.keycloak.storage.UserStorageProvider": [directory] } as never,
    clients: [
      { clientId: "told", attributes: { "backchannel.logout.url": "http://gateway.test:9080/logout" } },
      { clientId: "not", redirectUris: ["http://browser.test/*"] },
    ],
    smtpServer: { host: "relay.test" },
  });
  expect(hosts).toEqual(["ldap.test", "other.test", "gateway.test", "relay.test"]);
  expect(hostsOfRealm({ realm: "y" })).toEqual([]);
});
