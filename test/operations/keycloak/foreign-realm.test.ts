import { describe, expect, it } from "vitest";
import { KitError } from "../../../kit/errors";
import { foreignRealm, realmUrl } from "../../../operations/keycloak/foreign-realm";

describe("realmUrl", () => {
  it("takes apart the URL of a realm, also the admin API's, with escapes in its name", () => {
    const keycloak = "https://sso.example.com/auth";
    expect(realmUrl(`${keycloak}/realms/my%20mail`)).toEqual({ keycloak, realm: "my mail" });
    expect(realmUrl(`${keycloak}/admin/realms/mail/`)).toEqual({ keycloak, realm: "mail" });
  });

  it.each([
    "https://sso.example.com/realms/%zz",
    "https://sso.example.com/realms/%ff",
    "https://",
    "http://a/b",
  ])("refuses %s", (url) => {
    expect(() => realmUrl(url)).toThrow(KitError);
  });
});

describe("foreignRealm", () => {
  it("tells of a password's file that cannot be read", async () => {
    process.env.KIT_ADOPT_USER = "admin";
    process.env.KIT_ADOPT_PASSWORD_FILE = "/nowhere";
    try {
      await expect(foreignRealm(realmUrl("http://127.0.0.1:9/realms/mail"))).rejects.toThrow(
        /KIT_ADOPT_PASSWORD_FILE: .*ENOENT.*\/nowhere/,
      );
    } finally {
      delete process.env.KIT_ADOPT_USER;
      delete process.env.KIT_ADOPT_PASSWORD_FILE;
    }
  });
});
