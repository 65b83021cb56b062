import { describe, expect, it } from "vitest";
import { realmAt } from "../../../constructs/keycloak/server/realm";

describe("realmAt", () => {
  it("has one base URL for clients and services where no other is told", () => {
    const realm = {
      issuer: "https://sso.example.com/auth/realms/a%20b",
      discoveryUrl: "https://sso.example.com/auth/realms/a%20b/.well-known/openid-configuration",
      jwksUrl: "https://sso.example.com/auth/realms/a%20b/protocol/openid-connect/certs",
      introspectionUrl: "https://sso.example.com/auth/realms/a%20b/protocol/openid-connect/token/introspect",
    };
    expect(realmAt("https://sso.example.com/auth/", "a b")).toEqual(realm);
    expect(
      realmAt("https://sso.example.com/auth", "a b", { internalUrl: "https://sso.example.com/auth/" }),
    ).toEqual(realm);
  });

  it("tells clients public URLs alone, and services internal ones", () => {
    expect(
      realmAt("https://login.example.org/auth", "staff", { internalUrl: "http://sso:8080/auth", ca: "PEM" }),
    ).toEqual({
      issuer: "https://login.example.org/auth/realms/staff",
      discoveryUrl: "https://login.example.org/auth/realms/staff/.well-known/openid-configuration",
      internalDiscoveryUrl: "http://sso:8080/auth/realms/staff/.well-known/openid-configuration",
      jwksUrl: "http://sso:8080/auth/realms/staff/protocol/openid-connect/certs",
      introspectionUrl: "http://sso:8080/auth/realms/staff/protocol/openid-connect/token/introspect",
      ca: "PEM",
    });
  });
});
