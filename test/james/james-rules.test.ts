import { describe, expect, it } from "vitest";
import type { JamesConfig } from "../../constructs/james/james-config";
import { jamesRules } from "../../constructs/james/james-rules";
import { secret } from "../template";
import { certificate, durable, memory, minimal, oidc, otherProvider, partner } from "./config";

function problems(config: Partial<JamesConfig>): string[] {
  const whole = { ...minimal, ...config };
  return jamesRules.flatMap(({ prop, check }) => {
    const problem = check(whole);
    return problem ? [`${prop}: ${problem.what}`] : [];
  });
}

const { ldap } = minimal;
const { introspectionUrl: _, ...withoutIntrospection } = oidc;
const later = { release: memory("3.9.0"), jmap: { xUserSecret: secret("s") } };
const kit = { release: memory("3.8.1+kit"), jmap: later.jmap };
const tls = { certificate: certificate("mail") };
const proxy = { trusted: ["127.0.0.1", "192.0.2.0/24"], protocol: "proxy-v2" } as const;
const newest = { release: memory("3.10.0"), jmap: { xUserSecret: secret("s") } };

describe("jamesRules", () => {
  it.each<[string, Partial<JamesConfig>]>([
    ["the least", {}],
    [
      "the most",
      {
        ...newest,
        home: "/root",
        host: "mail.example.org",
        domains: ["localhost", "example.org"],
        ldap: { ...ldap, url: "ldaps://directory.test:636" },
        oidc: { ...oidc, claim: "mail", scope: "openid", audience: "mail" },
        imap: { port: 1143, cleartextLogins: false, passwords: false },
        smtp: { port: 1587, ownSenderOnly: false, strangers: "local" },
        sieve: { port: 14190, oidc: true },
        webadmin: { port: 8001, bind: "127.0.0.1", password: secret("p") },
        remoteDelivery: { host: "relay.test", port: 25 },
        realms: [partner, { ...partner, domain: "third.example" }],
      },
    ],
    ["PostgreSQL, TLS and all", { ...durable, tls, oidc: otherProvider }],
    ["another OpenID provider", { release: memory("3.8.1+kit"), jmap: later.jmap, oidc: otherProvider }],
    ["TLS, behind a proxy", { ...kit, tls, proxy, imap: { cleartextLogins: false } }],
    [
      "TLS of each realm",
      { ...kit, tls, realms: [{ ...partner, tls: { certificate: certificate("partner") } }] },
    ],
    ["everything off", { imap: "off", smtp: "off", sieve: "off", jmap: "off", webadmin: "off" }],
    ["one port twice, of which one is off", { imap: { port: 587 }, smtp: "off" }],
  ])("accept %s", (_, config) => {
    expect(problems(config)).toEqual([]);
  });

  it.each<[string, Partial<JamesConfig>]>([
    ["release: not a release whose settings the kit knows", { release: memory("3.7.5") }],
    ["release: not a release whose settings the kit knows", { release: memory("latest") }],
    [
      "database: this James keeps mail in PostgreSQL, and has no database",
      { release: durable.release, jmap: durable.jmap },
    ],
    ["database: this James keeps nothing in PostgreSQL", { database: durable.database }],
    [
      "database: its password cannot be read from James's file",
      { ...durable, database: { ...durable.database, password: secret("a,b") } },
    ],
    ["home: not an absolute path of plain names", { home: "opt/james" }],
    ["home: not an absolute path of plain names", { home: "/opt/james/" }],
    ["tls: James alone takes passwords and tokens before STARTTLS, on SMTP and ManageSieve", { tls }],
    [
      "tls: James alone takes passwords and tokens before STARTTLS, on SMTP and ManageSieve",
      { ...newest, tls },
    ],
    [
      "tls: not an absolute path of plain names",
      { ...kit, tls: { certificate: { ...tls.certificate, keyFile: "key.pem" } } },
    ],
    ["tls: imaps and webadmin listen on the same port", { ...kit, tls, webadmin: { port: 993 } }],
    ["realms: a realm has TLS, and the first one none", { ...kit, realms: [{ ...partner, tls }] }],
    [
      "imap: with tls nobody logs in over a connection without TLS",
      { ...kit, tls, imap: { cleartextLogins: true } },
    ],
    [
      "smtp: with tls nobody logs in over a connection without TLS",
      { ...kit, tls, smtp: { cleartextLogins: true } },
    ],
    ["proxy: James alone believes everybody who says by the PROXY protocol where he comes from", { proxy }],
    [
      "proxy: IMAP, SMTP and ManageSieve have no X-Forwarded-For",
      { ...kit, proxy: { ...proxy, protocol: "forwarded" } },
    ],
    ["proxy: not an address or network", { ...kit, proxy: { ...proxy, trusted: ["proxy.example.org"] } }],
    ["host: not a DNS name", { host: "james_example" }],
    ["domains: James needs a mail domain", { domains: [] }],
    ["domains: not a DNS name", { domains: ["example.org", "Example.com"] }],
    ["domains: the domain is there twice", { domains: ["a.test", "a.test"] }],
    ["ldap: not a URL that James can use", { ldap: { ...ldap, url: "ldap.example.com:389" } }],
    ["ldap: not a URL that James can use", { ldap: { ...ldap, url: "http://ldap.example.com:389" } }],
    ["ldap: the LDAP URL has no port", { ldap: { ...ldap, url: "ldap://ldap.example.com" } }],
    ["ldap: James's files cannot hold the text", { ldap: { ...ldap, bindPassword: secret("a${b}") } }],
    ["ldap: James's files cannot hold the text", { ldap: { ...ldap, usersDn: "ou=\u0000" } }],
    ["ldap: James's files cannot hold the text", { ldap: { ...ldap, filter: "(a=${b})" } }],
    [
      "ldap: James alone trusts no other certificates than its image does",
      { ldap: { ...ldap, url: "ldaps://a.test:636", ca: "PEM" } },
    ],
    ["ldap: James alone has no StartTLS", { ldap: { ...ldap, startTls: true } }],
    ["ldap: the LDAP URL has no port", { ...newest, ldap: { ...ldap, furtherUrls: ["ldap://b.test"] } }],
    [
      "ldap: James 3.8.1 has no fail-over to a further server of the directory (capability ldapServers)",
      { ldap: { ...ldap, furtherUrls: ["ldap://b.test:389"] } },
    ],
    ["oidc: not a URL that James can use", { oidc: { ...oidc, jwksUrl: "/certs" } }],
    [
      "oidc: James alone takes a token that another provider than Keycloak gave for whatever application",
      { oidc: { ...oidc, provider: "other" } },
    ],
    [
      "oidc: James alone takes every token of a realm that it does not introspect",
      { oidc: withoutIntrospection },
    ],
    ["oidc: James alone trusts no other certificates than its image does", { oidc: { ...oidc, ca: "PEM" } }],
    [
      "realms: two realms have one provider, and read its tokens otherwise",
      { oidc: { ...partner.oidc, audience: "mail" }, realms: [partner] },
    ],
    ["oidc: not a URL that James can use", { oidc: { ...oidc, introspectionUrl: "ftp://sso/introspect" } }],
    ["oidc: an empty text", { oidc: { ...oidc, claim: " " } }],
    ["oidc: an empty text", { oidc: { ...oidc, clientId: "" } }],
    ["imap: not a port", { imap: { port: 0 } }],
    ["webadmin: not a port", { webadmin: { port: 65536 } }],
    ["sieve: not a port", { sieve: { port: 1.5 } }],
    ["smtp: smtp and imap listen on the same port", { imap: { port: 587 } }],
    ["limits: messageMb: too little", { limits: { messageMb: 0 } }],
    [
      "limits: messageMb: does not fit James's heap of 192 MiB, which holds all mail",
      { limits: { messageMb: 50 } },
    ],
    [
      "limits: mailMb: does not fit James's heap of 96 MiB, which holds all mail",
      { heapMb: 96, limits: { mailMb: 20 } },
    ],
    [
      "limits: uploadMb: uploadMb is more than uploadsPerPersonMb leaves",
      { limits: { uploadMb: 10, uploadsPerPersonMb: 9 } },
    ],
    ["limits: quotaMb: quotaMb is more than mailMb leaves", { limits: { quotaMb: 28 } }],
    ["imap: nobody could log in: no passwords and no oidc", { imap: { passwords: false } }],
    ["smtp: nobody could log in: no passwords and no oidc", { smtp: { passwords: false } }],
    ["sieve: bearer tokens on ManageSieve need oidc", { ...newest, sieve: { oidc: true } }],
    ["webadmin: not an IPv4 address", { webadmin: { bind: "localhost" } }],
    [
      "webadmin: the secret cannot be read from James's file or sent in a header",
      { ...later, webadmin: { password: secret("a,b") } },
    ],
    [
      "jmap: the secret cannot be read from James's file or sent in a header",
      { release: memory("3.9.0"), jmap: { xUserSecret: secret("é") } },
    ],
    ["domains: the domain is there twice", { realms: [{ ...partner, domain: "example.org" }] }],
    ["realms: not a DNS name", { realms: [{ ...partner, domain: "a b" }] }],
    [
      "realms: James cannot be told where the people of a domain are whose label begins with a digit",
      { realms: [{ ...partner, domain: "mail.3m.example" }] },
    ],
    ["realms: James's files cannot hold the text", { realms: [{ ...partner, usersDn: "ou=${a}" }] }],
    [
      "realms: not a URL that James can use",
      { realms: [{ ...partner, oidc: { ...partner.oidc, jwksUrl: "/certs" } }] },
    ],
    [
      "realms: a realm's listener has the port of another",
      { realms: [partner], imap: { port: 7000 }, webadmin: { port: 8000 } },
    ],
    ["realms: not a port", { realms: [partner], imap: { port: 65000 } }],
    [
      "sieve: nobody could log in: no passwords and no bearer tokens on ManageSieve",
      { oidc, sieve: { passwords: false } },
    ],
    [
      "sieve: nobody could log in: no passwords and no bearer tokens on ManageSieve",
      { ...newest, oidc, sieve: { passwords: false, oidc: false } },
    ],
    ["remoteDelivery: not a DNS name", { remoteDelivery: { host: "a b", port: 25 } }],
    ["remoteDelivery: not a port", { remoteDelivery: { host: "relay.test", port: 0 } }],
  ])("refuse with %j", (problem, config) => {
    expect(problems(config)).toEqual([problem]);
  });

  it.each<[string, string, Partial<JamesConfig>]>([
    ["xUserSecret", "3.8.1", { jmap: { xUserSecret: secret("s") } }],
    ["webadminPassword", "3.8.1", { webadmin: { password: secret("p") } }],
    ["sieveOidc", "3.8.1", { oidc, sieve: { oidc: true } }],
    ["sieveOidc", "3.9.0", { ...later, oidc, sieve: { oidc: true } }],
  ])("name capability %s and version %s when the release lacks it", (capability, version, config) => {
    expect(problems(config)).toEqual([
      expect.stringMatching(`James ${version} has no .*capability ${capability}`),
    ]);
  });

  it("want a secret for X-User of every James that takes one", () => {
    expect(problems({ release: memory("3.9.0") })).toEqual([
      expect.stringContaining("needs a secret for X-User"),
    ]);
    expect(problems({ release: memory("3.9.0"), jmap: "off" })).toEqual([]);
  });

  it("never repeat a secret", () => {
    const config = {
      ldap: { ...ldap, bindPassword: secret("hunter2${}") },
      jmap: { xUserSecret: secret("hunter2,") },
    };
    const told = jamesRules.map(({ check }) => check({ ...minimal, ...config }));
    expect(told.filter(Boolean)).toHaveLength(2);
    expect(JSON.stringify(told)).not.toContain("hunter2");
  });
});
