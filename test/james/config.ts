import type { JamesConfig, JamesOidc, JamesRealm } from "../../constructs/james/james-config";
import { JamesRelease } from "../../constructs/james/james-release";
import type { ServerCertificate } from "../../constructs/workload/server-certificate";
import { secret } from "../template";

/** @param text as `3.8.1` or `3.8.1+kit`, of the memory flavour */
export function memory(text: string): JamesRelease {
  const [version = "", kit] = text.split("+");
  return new JamesRelease("memory", version, kit === "kit");
}

/** A James on PostgreSQL, with what it needs. */
export const durable = {
  release: new JamesRelease("postgres", "3.9.0", true),
  database: {
    server: { host: "postgres.example.com", port: 5432, tls: true, ca: "an authority in PEM" },
    ...{ name: "mail", user: "mail-role", password: secret("password-of-mail-role") },
  },
  jmap: { xUserSecret: secret("x-user-secret") },
};

const realm = "http://sso.example.com:8080/auth/realms/oidc";

export const oidc: JamesOidc = {
  discoveryUrl: `${realm}/.well-known/openid-configuration`,
  jwksUrl: `${realm}/protocol/openid-connect/certs`,
  introspectionUrl: `${realm}/protocol/openid-connect/token/introspect`,
  clientId: "james",
  clientSecret: secret("client/secret+"),
};

/** LemonLDAP::NG, as a provider of one's own authority. */
export const otherProvider: JamesOidc = {
  provider: "other",
  issuer: "https://auth.example.org/",
  discoveryUrl: "https://auth.example.org/.well-known/openid-configuration",
  jwksUrl: "https://auth.example.org/oauth2/jwks",
  introspectionUrl: "https://auth.example.org/oauth2/introspect",
  ca: "an authority in PEM",
  audience: "mail",
  clientId: "james",
  clientSecret: secret("secret-of-james"),
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

/** As the certificate store keeps it. */
export function certificate(name: string): ServerCertificate {
  const path = "/run/certificates";
  return {
    hosts: [`${name}.example.org`],
    volume: { name: "certificates-james", path, readOnly: true },
    chainFile: `${path}/${name}/chain.pem`,
    keyFile: `${path}/${name}/key.pem`,
  };
}
