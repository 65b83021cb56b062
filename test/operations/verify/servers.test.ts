import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadEnvironment } from "../../../config/environment";
import { SecretStore } from "../../../config/secrets";
import { serversOf, type Way } from "../../../operations/verify/servers";
import { smokeTarget } from "../../../operations/verify/smoke-target";
import { Authority } from "../../authority";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-servers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function deployment(settings: object) {
  writeFileSync(
    join(folder, "unit.yaml"),
    JSON.stringify({ bind: "127.0.0.9", images: "built", ...settings }),
  );
  const environment = loadEnvironment("unit", { directory: folder, env: {} });
  return { environment, secrets: new SecretStore(join(folder, "secrets.json"), { env: {} }) };
}

function servers(settings: object, way: Way, index = 0) {
  const opened = deployment(settings);
  const realm = opened.environment.platform.realms[index];
  if (!realm) throw new Error("no such realm");
  return serversOf(opened, realm, way);
}

const at = (port: number, name?: string, more: object = {}) => ({
  ...{ host: "127.0.0.9", port, ...more },
  ...(name !== undefined && { tls: { name } }),
});

test("without TLS: the published ports, as ever", () => {
  expect(servers({}, "published")).toEqual({
    ...{ sso: at(8080), gateway: at(9080) },
    ...{ imap: at(143), smtp: at(587), sieve: at(4190) },
  });
});

const named = {
  public: { gateway: "https://mail.acme.org:8443/m", keycloak: "https://login.acme.org/auth" },
  ports: { gateway: 10443, keycloak: 20443, http: 10080, imaps: 10993, submissions: null },
  tls: { mode: "files", files: [] as object[] },
};
const authority = new Authority(folder, "authority");
const [, chain, key] = authority.certify("mail.acme.org", "login.acme.org").map(({ content }) => content);
named.tls.files.push({ chain, key });

describe("with public names", () => {
  test("the published ports, asked for by these names, whatever ports people are told", () => {
    expect(servers(named, "published")).toEqual({
      ...{ sso: at(20443, "login.acme.org"), gateway: at(10443, "mail.acme.org"), redirect: at(10080) },
      imap: at(143, undefined, { startTls: { name: "mail.acme.org" } }),
      smtp: at(587, undefined, { startTls: { name: "mail.acme.org" } }),
      sieve: at(4190, undefined, { startTls: { name: "mail.acme.org" } }),
      imaps: at(10993, "mail.acme.org"),
    });
  });

  test("the names themselves, at the ports that people are told", () => {
    const found = servers(named, "public");
    const tls = { name: "mail.acme.org" };
    expect(found).toMatchObject({
      gateway: { host: "mail.acme.org", port: 8443, tls },
      sso: { host: "login.acme.org", port: 443, tls: { name: "login.acme.org" } },
      redirect: { host: "mail.acme.org", port: 80 },
      imap: { host: "mail.acme.org", port: 143, startTls: tls },
      imaps: { host: "mail.acme.org", port: 10993, tls },
    });
  });

  test("Keycloak where the gateway passes it on", () => {
    const behind = {
      ...named,
      public: { ...named.public, gateway: "https://mail.acme.org" },
      ports: { ...named.ports, keycloak: null },
    };
    expect(servers(behind, "published").sso).toEqual(at(10443, "login.acme.org"));
  });

  test("certificates are of who issues them: the environment's own authority, once there is one; tls.ca", () => {
    const own = deployment({ tls: { mode: "own" } });
    const [realm] = own.environment.platform.realms;
    expect(serversOf(own, realm, "published").gateway.tls).toEqual({ name: "apisix.example.com" });
    own.secrets.get("authority");
    const { gateway, imap } = serversOf(own, realm, "published");
    expect(gateway.tls?.ca).toMatch(/^-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*$/);
    expect(imap.startTls?.ca).toBe(gateway.tls?.ca);
    writeFileSync(join(folder, "ca.pem"), authority.certificate);
    expect(servers({ ...named, tls: { ...named.tls, ca: "ca.pem" } }, "published").sso?.tls?.ca).toBe(
      authority.certificate,
    );
  });
});

describe("behind a proxy", () => {
  const proxied = (protocol: string, more: object = {}) => ({
    ...{ ...named, tls: {}, ports: { gateway: 10443, keycloak: null } },
    public: { gateway: "https://mail.acme.org", keycloak: "https://login.acme.org/auth" },
    proxy: { trusted: ["127.0.0.1"], protocol, ...more },
  });

  test("that tells addresses by headers: ports without TLS, as it reaches them", () => {
    expect(servers(proxied("forwarded"), "published")).toMatchObject({
      ...{ gateway: at(10443), sso: at(10443), imap: at(143) },
    });
    expect(servers(proxied("forwarded"), "public").gateway).toEqual({
      ...{ host: "mail.acme.org", port: 443, tls: { name: "mail.acme.org" } },
    });
  });

  test("with the PROXY protocol this machine speaks as it does, where it is trusted; by the public names never", () => {
    const spoken = (settings: object, way: Way) => {
      const { gateway, sso, imap } = servers(settings, way);
      return [gateway, sso, imap].map((address) => address?.proxied ?? false);
    };
    expect(spoken(proxied("proxy-v2"), "published")).toEqual([true, true, true]);
    expect(spoken(proxied("proxy-v2", { mail: "direct" }), "published")).toEqual([true, true, false]);
    expect(spoken(proxied("forwarded", { mail: "proxy-v2" }), "published")).toEqual([false, false, true]);
    expect(spoken(proxied("proxy-v2", { trusted: ["192.0.2.7"] }), "published")).toEqual([
      false,
      false,
      false,
    ]);
    expect(spoken(proxied("proxy-v2"), "public")).toEqual([false, false, false]);
  });
});

test("a realm of somebody else's Keycloak is where its name leads, also beside one of the kit's", () => {
  const target = smokeTarget(
    deployment({
      people: [{ mail: "a@localhost" }],
      realms: [
        {
          ...{ name: "partner", domain: "partner.test", people: [{ mail: "b@partner.test" }] },
          smokeUser: "b@partner.test",
          ...{ hosts: { gateway: "apisix.partner.test" }, ports: { imap: 1143, smtp: 1587, sieve: 14190 } },
          openid: {
            issuer: "https://op.partner.test",
            jwksUrl: "https://op.partner.test/keys",
            audience: "mail",
          },
        },
      ],
      secrets: { "b@partner.test": "of b" },
    }),
  );
  expect(target.sso).toEqual(at(8080));
  expect(target.stranger).toMatchObject({ ssoUrl: "https://op.partner.test" });
  expect(target.stranger).not.toHaveProperty("sso");
});
