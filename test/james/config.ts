import type { JamesConfig, JamesOidc, JamesRealm } from "../../constructs/james/james-config";
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

const partnerRealm = "http://sso.example.com:8080/auth/realms/partner";

export const partner: JamesRealm = {
  domain: "partner.example",
  usersDn: "ou=partner.example,dc=example,dc=org",
  oidc: {
    discoveryUrl: `${partnerRealm}/.well-known/openid-configuration`,
    jwksUrl: `${partnerRealm}/protocol/openid-connect/certs`,
    introspectionUrl: `${partnerRealm}/protocol/openid-connect/token/introspect`,
    clientId: "james",
    clientSecret: secret("partner-secret"),
  },
};
