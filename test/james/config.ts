import type { JamesConfig, JamesOidc } from "../../constructs/james/james-config";
import { secret } from "../template";

const realm = "http://sso.example.com:8080/auth/realms/oidc";

export const oidc: JamesOidc = {
  discoveryUrl: `${realm}/.well-known/openid-configuration`,
  jwksUrl: `${realm}/protocol/openid-connect/certs`,
  introspectionUrl: `${realm}/protocol/openid-connect/token/introspect`,
  clientId: "james",
  clientSecret: secret("client/secret+"),
};

export const minimal: JamesConfig = {
  domains: ["example.org"],
  ldap: {
    url: "ldap://ldap.example.com:389",
    usersDn: "ou=people,dc=example,dc=org",
    bindDn: "cn=admin,dc=example,dc=org",
    bindPassword: secret(`bind<"&'>password`),
  },
};
