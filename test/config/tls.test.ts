import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { portSetting } from "../../config/platform-settings";
import { KitError } from "../../kit/errors";
import { namesElsewhere } from "../../platform/model/names-elsewhere";
import { Authority } from "../authority";

const folder = () => mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));

function load(settings: object, env: NodeJS.ProcessEnv = {}, directory = folder()) {
  writeFileSync(join(directory, "test.yaml"), JSON.stringify(settings));
  return loadEnvironment("test", { directory, env });
}

function problems(settings: object, env?: NodeJS.ProcessEnv, directory?: string): string[] {
  try {
    load(settings, env, directory);
    return [];
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return error.problems.map(({ where = "", what }) => `${where.replace(/^\S+ /, "")}: ${what}`);
  }
}

const published = (settings: object) =>
  Object.fromEntries(load(settings).platform.publishedPorts.map((one) => [portSetting(one), one.port]));

/** Keeps in Redis what Keycloak has said. */
const httpdThatKeeps = {
  ...{ images: "built", gateway: "httpd", revocation: "introspection" },
  introspection: { intervalSeconds: 5 },
};

describe("public names and TLS", () => {
  it("none: as ever", () => {
    const { platform } = load({});
    const { keycloak, gateway, certificates } = platform.services;
    expect(platform.tls).toMatchObject({ gateway: "off", keycloak: "off", mail: "off" });
    expect(platform.certificates).toEqual([]);
    expect(certificates.managed).toBe(false);
    expect(gateway).toMatchObject({ port: 9080 });
    expect(gateway.tls).toBeUndefined();
    expect(keycloak).toMatchObject({ host: "sso.example.com", port: 8080, behindGateway: false });
    expect([keycloak.url, keycloak.internalUrl]).toEqual([
      "http://sso.example.com:8080/auth",
      "http://sso.example.com:8080/auth",
    ]);
    expect([keycloak.tlsPort, keycloak.adminPort]).toEqual([undefined, undefined]);
    expect(platform.realms[0].gatewayUrl).toBe("http://apisix.example.com:9080");
    expect(platform.realms[0].mailHost).toBeUndefined();
    expect(published({})).toEqual({
      ...{ "ports.keycloak": 8080, "ports.gateway": 9080 },
      ...{ "ports.imap": 143, "ports.smtp": 587, "ports.sieve": 4190 },
    });
  });

  it("an authority of its own: the published ports have TLS, plain ones are for the services and this machine", () => {
    const settings = { tls: { mode: "own" } };
    const { platform } = load(settings);
    const { keycloak, gateway } = platform.services;
    expect(gateway).toMatchObject({ port: 9081, tls: { port: 9080, redirectPort: 80 } });
    expect(keycloak).toMatchObject({
      ...{ url: "https://sso.example.com:8080/auth", internalUrl: "http://keycloak:8080/auth" },
      ...{ host: "keycloak", port: 8080, tlsPort: 8080, adminPort: 8081 },
    });
    const [{ oidc, gatewayUrl, mailHost, ports, backchannelLogoutUrl }] = platform.realms;
    expect(oidc).toMatchObject({
      issuer: "https://sso.example.com:8080/auth/realms/oidc",
      jwksUrl: "http://keycloak:8080/auth/realms/oidc/protocol/openid-connect/certs",
    });
    expect(gatewayUrl).toBe("https://apisix.example.com:9080");
    expect(backchannelLogoutUrl).toBe("http://apisix.example.com:9081/add-revoked-token");
    expect([mailHost, ports.imaps, ports.submissions]).toEqual(["apisix.example.com", 993, 465]);
    expect(platform.certificates.map(({ service, hosts, from }) => [service, hosts[0], from])).toEqual([
      ["gateway", "apisix.example.com", "own"],
      ["keycloak", "sso.example.com", "own"],
      ["james", "apisix.example.com", "own"],
    ]);
    expect(published(settings)).toMatchObject({
      ...{ "ports.http": 80, "ports.keycloakAdmin": 8081, "ports.imaps": 993, "ports.submissions": 465 },
    });
  });

  it("tells of names at ports that are not published, where no proxy is before them", () => {
    const told = (settings: object) => namesElsewhere(load({ tls: { mode: "own" }, ...settings }).platform);
    const names = { gateway: "https://a.test", keycloak: "https://b.test:8443/auth" };
    expect(told({})).toEqual([]);
    expect(told({ public: names, ports: { gateway: 443, keycloak: 8443 } })).toEqual([]);
    expect(told({ public: names })).toEqual([
      expect.stringMatching(
        /^people are told https:\/\/a\.test, port 443, and the gateway .* at 9080: .*ports\.gateway be 443$/,
      ),
      expect.stringMatching(
        /^people are told https:\/\/b\.test:8443\/auth, .* Keycloak .* at 8080: .*ports\.keycloak be 8443$/,
      ),
    ]);
    const proxy = { trusted: ["192.0.2.1"], protocol: "forwarded" };
    expect(told({ public: names, proxy })).toEqual([]);
  });

  it("a Keycloak of somebody else's tells of logouts where people come", () => {
    const told = (settings: object) =>
      load({ keycloak: { url: "https://sso.acme.org/auth" }, revocation: "redis", ...settings }).platform
        .realms[0].backchannelLogoutUrl;
    const own = { tls: { mode: "own" } };
    expect(told({ ...own, public: { gateway: "https://mail.acme.org/jmap" } })).toBe(
      "https://mail.acme.org/add-revoked-token",
    );
    expect(told(own)).toBe("https://apisix.example.com:9080/add-revoked-token");
    expect(told({})).toBe("http://apisix.example.com:9080/add-revoked-token");
  });

  it("one port for both, by host name", () => {
    const { platform } = load({
      public: {
        ...{ gateway: "https://mail.acme.org", keycloak: "https://login.acme.org" },
        ...{ mail: "imap.acme.org", keycloakAdmin: "http://127.0.0.1:8081/auth" },
      },
      tls: { mode: "acme" },
      ports: { gateway: 443, keycloak: null },
    });
    const { keycloak } = platform.services;
    expect(keycloak).toMatchObject({
      ...{ url: "https://login.acme.org", behindGateway: true, host: "keycloak", port: 8080 },
      adminUrl: "http://127.0.0.1:8081/auth",
    });
    expect(platform.tls.keycloak).toBe("off");
    expect(platform.realms[0].oidc.issuer).toBe("https://login.acme.org/realms/oidc");
    expect(platform.certificates.map(({ service, hosts }) => [service, ...hosts])).toEqual([
      ["gateway", "mail.acme.org"],
      ["gateway", "login.acme.org"],
      ["james", "imap.acme.org"],
    ]);
    expect(platform.publishedPorts.map(({ path }) => path.at(-1))).not.toContain("keycloak");
  });

  it("between the services, too", () => {
    const { platform } = load({ tls: { internal: true } });
    expect(platform.realms[0].directory.url).toBe("ldaps://ldap.example.com:636");
    expect(platform.services.redis.tls).toBe(true);
    expect(platform.certificates.map(({ service, hosts, from }) => [service, hosts[0], from])).toEqual([
      ["ldap", "ldap.example.com", "own"],
      ["redis", "redis.example.com", "own"],
    ]);
    expect(problems({ ...httpdThatKeeps, tls: { internal: true } })).toEqual([
      "tls.internal: httpd's OAuth 2.0 module knows no TLS to Redis",
    ]);
    const theirs = { url: "rediss://redis.acme.test", ca: "ca.pem" };
    const directory = folder();
    new Authority(directory);
    const { certificates } = load({ redis: theirs, tls: { internal: true } }, {}, directory).platform;
    expect(certificates.map(({ service }) => service)).toEqual(["ldap"]);
  });

  it("behind a proxy that has TLS", () => {
    const { platform } = load({
      public: { gateway: "https://example.org/mail", keycloak: "https://example.org/auth" },
      proxy: { trusted: ["127.0.0.1", "192.0.2.0/24"], protocol: "forwarded" },
    });
    const { keycloak } = platform.services;
    expect(platform.realms[0].gatewayUrl).toBe("https://example.org/mail");
    expect(keycloak).toMatchObject({
      ...{ url: "https://example.org/auth", internalUrl: "http://keycloak:8080/auth", port: 8080 },
    });
    expect(platform.proxy).toEqual({
      ...{ trusted: ["127.0.0.1", "192.0.2.0/24"], protocol: "forwarded", mail: "direct" },
    });
    expect(published({})["ports.keycloak"]).toBe(8080);
  });

  it("behind a proxy of this machine: what it is before is published for the machine alone", () => {
    const where = (mail: object) => {
      const { platform } = load({
        bind: "192.0.2.1",
        public: { gateway: "https://mail.acme.test", keycloak: "https://login.acme.test/auth" },
        tls: { mail: "own" },
        proxy: { trusted: ["127.0.0.1"], protocol: "forwarded", ...mail },
      });
      return platform.publishedPorts.filter(({ loopback }) => loopback).map(portSetting);
    };
    expect(where({})).toEqual(["ports.keycloak", "ports.gateway"]);
    expect(where({ mail: "proxy-v2" })).toEqual(expect.arrayContaining(["ports.gateway", "ports.imaps"]));
  });

  it("files, by the names that they hold, from paths and from variables", () => {
    const directory = folder();
    const authority = new Authority(directory);
    const { content: chain = "" } = authority.certify("apisix.example.com")[1] ?? {};
    const key = readFileSync(join(directory, "server.key"), "utf8");
    const files = [{ chain: "server.pem", key: "server.key" }];
    const { platform, certificateFiles } = load({ tls: { gateway: "files", files } }, {}, directory);
    expect(platform.certificates).toEqual([
      { listener: "gateway", service: "gateway", from: "files", hosts: ["apisix.example.com"], file: 0 },
    ]);
    expect(certificateFiles[0]?.key.reveal()).toBe(key);
    const given = load({}, { KIT_TLS_GATEWAY: "files", KIT_TLS_FILES: JSON.stringify([{ chain, key }]) });
    expect(given.platform.certificates).toEqual(platform.certificates);
    expect(JSON.stringify(given)).not.toContain("PRIVATE KEY");
    expect(problems({ tls: { mode: "files", files } }, {}, directory)).toEqual([
      "tls.files: none of them is good for sso.example.com, the name of Keycloak",
    ]);
    expect(problems({ tls: { mode: "own", files } }, {}, directory)).toEqual([
      "tls.files.0: no listener shows it",
    ]);
  });

  it("files that no client would take are refused, each at its place and all at once", () => {
    const directory = folder();
    new Authority(directory, "other");
    new Authority(directory).certify("apisix.example.com");
    const files = [
      { chain: "server.pem", key: "other.key" },
      { chain: "server.key", key: "server.pem" },
    ];
    expect(problems({ tls: { gateway: "files", files } }, {}, directory).slice(0, 3)).toEqual([
      "tls.files.0.key: it is not the key of the certificate",
      "tls.files.1.chain: a private key is in it, which belongs into the key's file alone",
      "tls.files.1.key: no private key in PEM",
    ]);
  });

  it("ACME: what the store's image must be able to", () => {
    const names = {
      public: {
        gateway: "https://mail.example.eu",
        keycloak: "https://login.example.eu/auth",
        mail: "mail.example.eu",
      },
    };
    const ports = { gateway: 443, keycloak: 8443 };
    const acme = (tls: object) =>
      load({ ...names, ports, tls: { mode: "acme", ...tls } }).platform.services.certificates;
    expect(acme({}).acme).toEqual({});
    expect(acme({ acme: { dns: { provider: "cloudflare" } } }).acme).toEqual({ dnsProvider: "cloudflare" });
    expect(
      problems({ ...names, ports, tls: { mode: "acme", acme: { dns: { provider: "cloudfare" } } } }),
    ).toEqual(["tls.acme.dns.provider: no provider of DNS that lego knows"]);
  });

  it.each([
    [
      "public, without TLS",
      { bind: "0.0.0.0" },
      [expect.stringMatching(/^bind: passwords and tokens would/)],
    ],
    ["public, meant so", { bind: "0.0.0.0", tls: { allowCleartext: true } }, []],
    ["public, with TLS", { bind: "0.0.0.0", tls: { mode: "own" } }, []],
    [
      "https without TLS",
      { public: { gateway: "https://a.test", keycloak: "https://b.test/auth" } },
      [
        "public.gateway: nothing there has TLS: nobody could connect",
        "public.keycloak: nothing there has TLS: nobody could connect",
      ],
    ],
    [
      "http with TLS",
      { tls: { mode: "own" }, public: { gateway: "http://a.test" } },
      ["public.gateway: what listens there has TLS"],
    ],
    [
      "another path of Keycloak",
      { tls: { mode: "own" }, public: { keycloak: "https://b.test:8080/sso" } },
      ["public.keycloak: Keycloak itself answers below /auth alone"],
    ],
    [
      "one host for both",
      { ports: { keycloak: null }, public: { keycloak: "http://apisix.example.com:9080/auth" } },
      ["public.keycloak: the gateway tells Keycloak and JMAP apart by their hosts, which are one"],
    ],
    [
      "names of a Keycloak that is somebody else's",
      {
        keycloak: { url: "https://sso.acme.test/auth" },
        public: { keycloak: "https://a.test/auth", keycloakAdmin: "https://b.test/auth" },
        tls: { keycloak: "own" },
      },
      ["public.keycloak", "tls.keycloak", "public.keycloakAdmin"].map(
        (setting) => `${setting}: it is about the kit's own Keycloak, which is not deployed`,
      ),
    ],
    ["a port without TLS", { ports: { imaps: 993 } }, ["ports.imaps: mail has no TLS"]],
    [
      "ports that there are with TLS only",
      { ports: { http: 80, keycloakAdmin: 8081 }, tls: { mail: "own" } },
      [
        "ports.http: the gateway has no TLS: nobody is led to HTTPS, and no authority asks there",
        "ports.keycloakAdmin: Keycloak has no TLS: the kit uses the port that is published",
      ],
    ],
    [
      "a port of a Keycloak that is somebody else's",
      {
        ...{ keycloak: { url: "https://sso.acme.test/auth" }, tls: { mode: "own" } },
        ports: { http: 80, keycloakAdmin: 8081 },
      },
      ["ports.keycloakAdmin: it is about the kit's own Keycloak, which is not deployed"],
    ],
    [
      "names that nobody certifies",
      { tls: { keycloak: "acme", acme: { dns: { provider: "httpreq" } } } },
      ["tls.keycloak: no public authority issues a certificate for the name of Keycloak"],
    ],
    [
      "no way to prove names",
      {
        tls: { mode: "acme" },
        ports: { http: null },
        public: { gateway: "https://a.acme.org:9080", keycloak: "https://b.acme.org:8080/auth" },
      },
      ["tls.acme.dns: names are proved by HTTP, and the gateway has no port for it"],
    ],
    ["no URL", { public: { gateway: "https://a.test/?x" } }, [expect.stringMatching(/^public.gateway: /)]],
    [
      "the PROXY protocol before Keycloak",
      { proxy: { trusted: ["192.0.2.1"], protocol: "proxy-v2" } },
      [expect.stringMatching(/^proxy.protocol: Keycloak takes the PROXY protocol from everybody/)],
    ],
    [
      "a proxy at every address, beside what else is wrong",
      { proxy: { trusted: ["0.0.0.0/0"], protocol: "forwarded" }, ports: { imaps: 993 } },
      ["proxy.trusted: everybody would be believed about a client's address", "ports.imaps: mail has no TLS"],
    ],
    [
      "mail of a James alone",
      {
        ...{ images: "registry", imageReferences: { james: "apache/james:memory-3.9.0" } },
        ...{ tls: { mail: "own" }, public: { mail: "mail.test" } },
        proxy: { trusted: ["192.0.2.1"], protocol: "forwarded", mail: "proxy-v2" },
      },
      [
        "tls.mail: James alone takes passwords and tokens before STARTTLS, on SMTP and ManageSieve",
        "proxy.mail: James alone believes everybody who says by the PROXY protocol where he comes from",
        expect.stringMatching(/^imageReferences.james: James 3.9.0: IMAP mixes up the bodies/),
      ],
    ],
    [
      "no proxy",
      { proxy: { trusted: ["10.0.0.0/33"], protocol: "forwarded" } },
      [expect.stringMatching(/^proxy.trusted.0: /)],
    ],
  ] as const)("%s", (_, settings, expected) => {
    expect(problems(settings)).toEqual(expected);
  });
});
