import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ApisixGateway } from "../../constructs/apisix/apisix-gateway";
import { JamesRelease } from "../../constructs/james/james-release";
import { KeycloakRealm } from "../../constructs/keycloak/model";
import { builtInClients } from "../../constructs/keycloak/representation/built-in-clients";
import { kitRealm, type RealmRepresentation } from "../../constructs/keycloak/representation/realm-template";
import { realmAt } from "../../constructs/keycloak/server/realm";
import { builtImages, builtJames, type ImageSet, imagesIn, registryImages } from "../../platform/image-set";
import { MailPlatform } from "../../platform/mail-platform";
import type { MailPlatformProps, MailPlatformRealmProps } from "../../platform/mail-platform-props";
import { containerNames } from "../../platform/model/addresses";
import { defaultRevocation } from "../../platform/model/default-revocation";
import { at, type Read, readXml } from "../kit/xml-reader";
import { secret, synth, testStack } from "../template";

const images = builtImages();
const registry = registryImages();
const secrets = {
  keycloakAdmin: secret("value of keycloakAdmin"),
  jamesClient: secret("value of jamesClient"),
  thunderbirdClient: secret("value of thunderbirdClient"),
  ldapAdmin: secret("value of ldapAdmin"),
  redis: secret("value of redis"),
  gatewayCrypto: secret("value of gatewayCrypto"),
  gatewayUser: secret("value of gatewayUser"),
};

function build(props: Partial<MailPlatformProps> = {}) {
  const { stack, engine, privateDirectory } = testStack();
  const platform = new MailPlatform(stack, "mail", {
    engine,
    images,
    secrets,
    oidcClient: { redirectUris: ["http://localhost/callback"], webOrigins: [] },
    thunderbirdClient: { redirectUris: ["http://localhost"] },
    ...props,
  });
  const template = synth(stack);
  const file = (path: string) => readFileSync(join(privateDirectory, path), "utf8");
  return { platform, template, names: template.names("docker_container").sort(), file };
}

/** Files of a container that are no secret, by path. */
function uploads(template: ReturnType<typeof synth>, container: string): Record<string, string> {
  const files = template.resource("docker_container", container).upload as unknown as {
    file: string;
    content?: string;
  }[];
  return Object.fromEntries(files.map(({ file, content = "" }) => [file, content]));
}

describe("MailPlatform", () => {
  it("minimal: five services, names and ports of the reference example, nothing secret in the Terraform JSON", () => {
    const { template, names, file } = build();
    expect(names).toEqual(["unit-gateway", "unit-james", "unit-keycloak", "unit-ldap", "unit-redis"]);
    expect(template).toPublishOnly([143, 587, 4190, 8080, 9080]);
    expect(template.text).not.toContain("value of");
    const realm = JSON.parse(file("keycloak/opt/keycloak/kit/import/oidc.json"));
    const ids = realm.clients.map(({ clientId }: { clientId: string }) => clientId);
    expect(ids.filter((id: string) => !builtInClients.has(id))).toEqual([
      ...["oidc", "james-thunderbird", "james"],
    ]);
  });

  it("certificates by ACME: the gateway passes on what the authority asks, and nothing is asked before it listens", () => {
    const names = {
      gateway: "https://mail.example.eu",
      keycloak: "https://login.example.eu:8443/auth",
      mail: "mail.example.eu",
    };
    const { template } = build({
      ...{ public: names, ports: { gateway: 443, keycloak: 8443 } },
      tls: { mode: "acme", acme: { email: "a@example.eu" } },
    });
    const store = uploads(template, "certificates");
    expect(
      Object.keys(store)
        .filter((path) => path.endsWith("/lego.env"))
        .sort(),
    ).toEqual([
      "/etc/certificates/acme.settings/lego.env",
      "/etc/certificates/acme/gateway/mail.example.eu/lego.env",
      "/etc/certificates/acme/james/mail.example.eu/lego.env",
      "/etc/certificates/acme/keycloak/login.example.eu/lego.env",
    ]);
    expect(store["/etc/certificates/acme.settings/gateway"]).toBe("mail.example.eu 80\n");
    expect(uploads(template, "gateway")["/etc/apache2/kit.conf"]).toContain(
      "http://certificates.example.com:8080",
    );
    expect(template.names("docker_image")).toContain(images.acme().reference);
    const networks = (container: string) =>
      (
        template.resource("docker_container", container).networks_advanced as unknown as { name: string }[]
      ).map(({ name }) => name);
    expect(networks("gateway")).toContain("unit-certificates");
    expect(networks("certificates")).toEqual(["unit-certificates", "unit-gateway"]);
  });

  it("certificates by ACME and DNS: with the provider's secrets, which are in private files alone", () => {
    const { template, file } = build({
      ...{ public: { keycloak: "https://login.example.eu:8080/auth" } },
      tls: {
        keycloak: "acme",
        acme: {
          externalAccount: "id",
          dns: {
            provider: "httpreq",
            variables: { HTTPREQ_ENDPOINT: "https://dns.test" },
            secrets: ["HTTPREQ_PASSWORD"],
          },
        },
      },
      secrets: {
        ...secrets,
        acmeExternalAccount: secret("value of account"),
        acmeDns: { HTTPREQ_PASSWORD: secret("value of DNS") },
      },
    });
    const settings = uploads(template, "certificates")["/etc/certificates/acme.settings/lego.env"];
    expect(settings).toContain("LEGO_DNS=httpreq\nHTTPREQ_ENDPOINT=https://dns.test\n");
    const kept = (name: string) => file(`certificates/etc/certificates/acme.settings/secrets/${name}`);
    expect([kept("LEGO_EAB_HMAC"), kept("HTTPREQ_PASSWORD")]).toEqual(["value of account", "value of DNS"]);
    expect(template.text).not.toContain("value of");
  });

  it("webadmin is the container's own unless it is published", () => {
    const host = (ports: MailPlatformProps["ports"] & object) =>
      uploads(build({ ports }).template, "unit-james")["/opt/james/conf/webadmin.properties"];
    expect(host({})).toMatch(/^host=127\.0\.0\.1$/m);
    expect(host({ webadmin: 8000 })).toMatch(/^host=0\.0\.0\.0$/m);
  });

  it("without passwords nothing takes them: no Basic routes, no PLAIN, no ManageSieve where it has no tokens", () => {
    const off = { jmap: false, imap: false, smtp: false, sieve: false };
    const plain = { ...images, jamesRelease: new JamesRelease("memory", "3.8.1") };
    const { template, file, platform } = build({ passwords: off, images: plain });
    expect(uploads(template, "unit-james")["/opt/james/conf/jmap.properties"]).not.toContain(
      "BasicAuthenticationStrategy",
    );
    for (const protocol of ["imap", "smtp"]) {
      const server = file(`james/opt/james/conf/${protocol}server.xml`);
      expect(server).toContain("<plainAuthEnabled>false</plainAuthEnabled>");
    }
    expect(Object.keys(platform.james.ports)).not.toContain("sieve");
    const published = template.resource("docker_container", "unit-james").ports as unknown as {
      internal: number;
    }[];
    expect(published.map(({ internal }) => internal)).toEqual([143, 587]);
    const extended = build({ passwords: off, images: { ...images, jamesRelease: builtJames } });
    expect(extended.file("james/opt/james/conf/managesieveserver.xml")).toContain(
      "<plainAuthEnabled>false</plainAuthEnabled>",
    );
  });

  it("`up` builds or pulls the images that it runs, no other gateway's, and finds its containers by their services", () => {
    const { template, names } = build();
    const references = (set: ImageSet, gateway: "apisix" | "httpd") =>
      Object.values(
        imagesIn(set, { gateway: { kind: gateway, revocation: defaultRevocation(gateway) } }),
      ).map(({ reference }) => reference);
    expect(references(images, "httpd").sort()).toEqual(template.names("docker_image").sort());
    const pulled = build({ images: registry }).template.names("docker_image");
    expect(references(registry, "apisix").sort()).toEqual(pulled.sort());
    const { certificates: _, postgres: __, ...deployed } = containerNames("unit");
    expect(Object.values(deployed).sort()).toEqual(names);
  });

  it("makes one thing wait for another only where it must: James for its directory", () => {
    const { template, names } = build();
    const waitsFor = (name: string) =>
      (template.resource("docker_container", name).depends_on as unknown as string[]).filter(
        (address) => !address.startsWith("terraform_data.docker_network"),
      );
    expect(names.flatMap(waitsFor)).toEqual([expect.stringMatching(/^docker_container\..*ldap/)]);
    expect(waitsFor("unit-james")).toHaveLength(1);
  });

  it.each([
    ["httpd", {}, []],
    ["APISIX, which Keycloak tells of logouts", { images: registry }, ["gateway"]],
    ["a realm that Keycloak's provider makes", { importRealm: false }, []],
  ])("puts two services on a network only where one needs the other: with %s", (_, props, told) => {
    const { template, names } = build(props);
    const joined = names.map((name) => {
      const networks = template.resource("docker_container", name).networks_advanced;
      return [
        name.slice(5),
        (networks as unknown as { name: string }[])
          .slice(1)
          .map((network) => network.name.slice(5))
          .sort(),
      ];
    });
    expect(Object.fromEntries(joined)).toEqual({
      gateway: ["james", "keycloak", "redis.internal"],
      james: ["keycloak", "ldap.internal"],
      keycloak: [...told, "ldap.internal"],
      ldap: [],
      redis: [],
    });
  });

  it("maximal: every name, port and limit, and the smoke test's client", () => {
    const { platform, template, file } = build({
      domain: "example.org",
      people: [{ mail: "a@example.org", password: secret("value of a") }],
      realmName: "mail",
      directGrants: true,
      introspectionIntervalSeconds: 5,
      hosts: {
        keycloak: "login.test",
        gateway: "mail.test",
        james: "j.test",
        ldap: "l.test",
        redis: "r.test",
      },
      ports: { keycloak: 18080, gateway: 19080, imap: 1143, smtp: 1587, sieve: 14190, webadmin: 18000 },
      resources: {
        redis: { memoryMb: 101 },
        ldap: { memoryMb: 102 },
        gateway: { memoryMb: 103 },
        james: { memoryMb: 604, heapMb: 128 },
        keycloak: { memoryMb: 705, heapMb: 300 },
      },
    });
    expect(platform.realm.issuer).toBe("http://login.test:18080/auth/realms/mail");
    expect(platform.directory.usersDn).toBe("ou=people,dc=example,dc=org");
    expect(template.text).not.toContain("value of");
    const realm = JSON.parse(file("keycloak/opt/keycloak/kit/import/mail.json"));
    expect(realm.clients.map(({ clientId }: { clientId: string }) => clientId)).toContain("kit-smoke");
    const limits = Object.fromEntries(
      ["redis", "ldap", "gateway", "james", "keycloak"].map((name) => [
        name,
        template.resource("docker_container", name).memory,
      ]),
    );
    expect(limits).toEqual({ redis: 101, ldap: 102, gateway: 103, james: 604, keycloak: 705 });
    expect(template).toPublishOnly([18080, 19080, 1143, 1587, 14190, 18000]);
  });

  it("proves to a James that asks for it that X-User comes from the gateway; nothing of it before", () => {
    const [old, recent] = [new JamesRelease("memory", "3.8.1"), builtJames].map((jamesRelease) => {
      const { file } = build({ images: { ...images, jamesRelease } });
      return file("gateway/etc/apache2/kit-secrets.conf");
    });
    expect(recent).toContain("value of gatewayUser");
    expect(old).not.toContain("value of gatewayUser");
  });

  it("takes a directory, a realm and a Redis of the caller in place of its own", () => {
    const directory = {
      url: "ldaps://ldap.test:636",
      usersDn: "ou=x",
      bindDn: "cn=y",
      bindPassword: secret("value of bind"),
    };
    const realm = realmAt("https://login.test/auth", "corp");
    const redis = { host: "redis.test", port: 6380, password: secret("value of redis") };
    const { platform, template, names } = build({ directory, realm, redis });
    expect(names).toEqual(["unit-gateway", "unit-james"]);
    expect(platform).toMatchObject({ directory, realm, redis });
    expect(platform.keycloak).toBeUndefined();
    expect(template.text).not.toContain("value of");
  });

  const partner: MailPlatformRealmProps = {
    domain: "partner.example",
    people: [{ mail: "amy@partner.example", password: secret("value of amy") }],
    realmName: "partner",
    oidcClient: { redirectUris: ["http://localhost/partner"], webOrigins: [] },
    thunderbirdClient: { redirectUris: ["http://localhost"] },
    secrets: {
      jamesClient: secret("value of partner's james"),
      thunderbirdClient: secret("value of partner's thunderbird"),
    },
    hosts: { gateway: "apisix.partner.example" },
    ports: { imap: 1143, smtp: 1587, sieve: 14190 },
  };

  it("several realms: each its own people, clients, secrets, listeners and host, on the same five services", () => {
    for (const props of [{}, { images: registry }]) {
      const { platform, template, names, file } = build({ ...props, realms: [partner], directGrants: true });
      expect(names).toHaveLength(5);
      expect(
        platform.realms.map(({ realm: { issuer }, directory: { usersDn } }) => [issuer, usersDn]),
      ).toEqual([
        ["http://sso.example.com:8080/auth/realms/oidc", "ou=people,dc=localhost"],
        ["http://sso.example.com:8080/auth/realms/partner", "ou=partner.example,dc=localhost"],
      ]);
      const realm = file("keycloak/opt/keycloak/kit/import/partner.json");
      expect(realm).toContain("value of partner's james");
      expect(realm).toContain("ou=partner.example,dc=localhost");
      expect(realm).not.toContain("value of jamesClient");
      expect(file("keycloak/opt/keycloak/kit/import/oidc.json")).not.toContain("partner");
      expect(template).toPublishOnly([8080, 9080, 143, 587, 4190, 1143, 1587, 14190]);
      expect(template.text).not.toContain("value of");
    }
  });

  it("mail programs configure themselves by the names of their realm, where mail has TLS alone", () => {
    const documents = (props: Partial<MailPlatformProps>) =>
      Object.entries(uploads(build(props).template, "gateway")).flatMap(([path, content]) =>
        /^\/etc\/apache2\/kit-documents\/\d-autoconfig$/.test(path) ? [readXml(content)] : [],
      );
    expect(documents({})).toEqual([]);
    const keycloak = "https://login.example.eu/sso";
    const inPublic: Partial<MailPlatformProps> = {
      ...{ gateway: "httpd", domain: "example.eu", tls: { mode: "acme", acme: { email: "a@example.eu" } } },
      public: { gateway: "https://mail.example.eu", keycloak, mail: "imap.example.eu" },
      ...{ ports: { gateway: 443, keycloak: null, submissions: null }, passwords: { smtp: false } },
      realms: [{ ...partner, public: { gateway: "https://mail.partner.eu" } }],
    };
    const [first, second] = documents(inPublic);
    const servers = (config = first) =>
      at(config as Read, "emailProvider")
        ?.children.filter(({ name }) => name.endsWith("Server"))
        .map(({ children }) => children.map(({ text }) => text).join(" "));
    expect(servers()).toEqual([
      "imap.example.eu 993 SSL %EMAILADDRESS% OAuth2 password-cleartext",
      "imap.example.eu 143 STARTTLS %EMAILADDRESS% OAuth2 password-cleartext",
      "imap.example.eu 587 STARTTLS %EMAILADDRESS% OAuth2",
    ]);
    const endpoint = `${keycloak}/realms/oidc/protocol/openid-connect`;
    expect(at(first as Read, "oAuth2")?.children.map(({ text }) => text)).toEqual([
      ...["login.example.eu", "openid email offline_access", `${endpoint}/auth`, `${endpoint}/token`],
    ]);
    expect(at(second as Read, "emailProvider.domain")?.text).toBe("partner.example");
    expect(servers(second)?.[0]).toMatch(/^mail\.partner\.eu \d+ STARTTLS /);
  });

  it("several realms: Keycloak tells APISIX of a realm's logouts at its own host", () => {
    const { file } = build({ images: registry, realms: [partner] });
    expect(file("keycloak/opt/keycloak/kit/import/partner.json")).toContain(
      "http://apisix.partner.example:9080/add-revoked-token",
    );
  });

  it("several realms in a directory and Keycloaks of the caller", () => {
    const directory = {
      ...{ url: "ldaps://ldap.test:636", usersDn: "ou=a", bindDn: "cn=y" },
      bindPassword: secret("value of bind"),
    };
    const realm = realmAt("https://login.test/auth", "corp");
    const further = { ...partner, people: [], realm: realmAt("https://other.test/auth", "corp") };
    const { platform, names } = build({ directory, realm, realms: [{ ...further, usersDn: "ou=b" }] });
    expect(names).toEqual(["unit-gateway", "unit-james", "unit-redis"]);
    expect(platform.realms.map(({ directory: { usersDn } }) => usersDn)).toEqual(["ou=a", "ou=b"]);
    expect(() => build({ directory, realm, realms: [further] })).toThrow(/partner\.example.*usersDn/s);
  });

  it("runs on images of registries too, all pinned, with APISIX", () => {
    const { platform, template } = build({ images: registry });
    expect(platform.gateway).toBeInstanceOf(ApisixGateway);
    const images = template.names("docker_image");
    for (const name of images) expect(name).toMatch(/:[\w.-]*\d[\w.-]*$/);
    expect(images.filter((name) => name.startsWith("james-oidc-kit/"))).toEqual([registry.james.reference]);
  });

  it("has the kit's classes in James on images of registries too: X-User needs the secret, ManageSieve takes tokens", () => {
    const { file } = build({ images: registry });
    expect(file("james/root/conf/managesieveserver.xml")).toContain("<oidc>");
    expect(file("james/root/conf/jmap.properties")).toMatch(
      /^authentication\.strategy\.rfc8621\.xUser\.secret=./m,
    );
  });

  it("has Keycloak tell APISIX of logouts of every client whose tokens are taken, and httpd of none", () => {
    const [apisix, httpd] = [{ images: registry }, {}].map((props) => {
      const { file } = build({ ...props, directGrants: true });
      const { clients }: RealmRepresentation = JSON.parse(file("keycloak/opt/keycloak/kit/import/oidc.json"));
      return clients
        ?.filter(({ clientId = "" }) => !builtInClients.has(clientId))
        .map(({ clientId, attributes }) => [clientId, attributes?.["backchannel.logout.url"]]);
    });
    const url = "http://apisix.example.com:9080/add-revoked-token";
    expect(apisix).toEqual([
      ["oidc", url],
      ["james-thunderbird", url],
      ["james", undefined],
      ["kit-smoke", url],
    ]);
    expect(httpd?.map(([, told]) => told)).toEqual([undefined, undefined, undefined, undefined]);
  });

  describe("a client of the template whose tokens James takes", () => {
    const url = "http://apisix.example.com:9080/add-revoked-token";
    const withPortal = (change: object = {}): RealmRepresentation => {
      const kit = kitRealm();
      const portal = { clientId: "portal", publicClient: true, defaultClientScopes: ["basic", "email"] };
      return { ...kit, clients: [...(kit.clients ?? []), { ...portal, ...change }] };
    };
    const reads = { optionalClientScopes: ["mail"] };

    it.each([
      ["is logged out at the gateway, too", reads, url],
      ["and nobody else: one without James in its audience", {}, undefined],
    ])("%s", (_, change, told) => {
      const { file } = build({ images: registry, realmTemplate: withPortal(change) });
      const { clients }: RealmRepresentation = JSON.parse(file("keycloak/opt/keycloak/kit/import/oidc.json"));
      const portal = clients?.find(({ clientId }) => clientId === "portal");
      expect(portal?.attributes?.["backchannel.logout.url"]).toBe(told);
      const heard = file("gateway/usr/local/apisix/conf/apisix.yaml").includes("portal");
      expect(heard).toBe(told !== undefined);
    });

    it("is refused when it tells its logouts elsewhere, unless Keycloak is asked about each token", () => {
      const elsewhere = { attributes: { "backchannel.logout.url": "https://portal.test/logout" } };
      const realmTemplate = withPortal({ ...reads, ...elsewhere });
      expect(() => build({ images: registry, realmTemplate })).toThrow(
        /mail\.realmTemplate: .*client portal, which tells its logouts elsewhere/,
      );
      build({ images: registry, realmTemplate, revocation: "introspection" });
    });

    it("is refused when it comes after the gateway", () => {
      const { stack, engine } = testStack();
      const realm = new KeycloakRealm(stack, "realm", { realmName: "corp" });
      const platform = new MailPlatform(stack, "mail", {
        ...{ engine, images: registry, secrets, realmTemplate: realm },
        oidcClient: { redirectUris: ["http://localhost/callback"], webOrigins: [] },
        thunderbirdClient: { redirectUris: ["http://localhost"] },
      });
      realm.addMailClients({ redirectUris: [], thunderbirdRedirectUris: [] });
      realm.addLdapFederation("ldap", { directory: platform.directory });
      const portal = realm.addOidcClient("portal", {
        kind: "public",
        redirectUris: ["https://portal.test/cb"],
      });
      portal.allowIntrospectionBy("james");
      expect(() => synth(stack)).toThrow(/client portal: .*would after a logout/);
    });
  });

  it("remembers a session for as long as the realm's tokens live, where it knows the realm", () => {
    const remembered = (props: Parameters<typeof build>[0]) =>
      build({ ...props, images: registry })
        .file("gateway/usr/local/apisix/conf/apisix.yaml")
        .match(/remember: \d+/g);
    expect(remembered({})).toEqual(["remember: 300", "remember: 300"]);
    expect(remembered({ realm: realmAt("https://login.test/auth", "corp") })).toBeNull();
  });

  it("takes the reference example's image for its Java plugin", () => {
    const { template } = build({ images: registry, revocation: "linagora-java-plugin" });
    expect(template.names("docker_image")).toContain("linagora/apisix:3.2.0-debian-javaplugin");
  });

  it("takes a realm of constructs for its template, which need not have the smoke test's client", () => {
    const { stack } = testStack();
    const realm = new KeycloakRealm(stack, "realm", { realmName: "corp" });
    realm.addMailClients({ redirectUris: [], thunderbirdRedirectUris: [] });
    realm.addOidcClient("portal", { kind: "public", redirectUris: ["https://portal.test/cb"] });
    const bind = { bindDn: "cn=y", bindPassword: secret("value of bind") };
    realm.addLdapFederation("ldap", { directory: { url: "ldap://elsewhere", usersDn: "ou=x", ...bind } });
    const template = realm.representation();
    const { clients }: RealmRepresentation = JSON.parse(
      build({ realmTemplate: template }).file("keycloak/opt/keycloak/kit/import/corp.json"),
    );
    expect(clients?.map(({ clientId }) => clientId)).toEqual([
      ...["oidc", "james-thunderbird", "james"],
      "portal",
      ...["account", "account-console", "security-admin-console"],
    ]);
    expect(() => build({ realmTemplate: template, directGrants: true })).toThrow(
      /client kit-smoke is missing/,
    );
  });

  it("loses no client that is added to a realm of constructs after the platform took it", () => {
    const { stack, engine, privateDirectory } = testStack();
    const realm = new KeycloakRealm(stack, "realm", { realmName: "corp" });
    const portal = { kind: "public", redirectUris: ["https://portal.test/cb"] } as const;
    const platform = new MailPlatform(stack, "mail", {
      ...{ engine, images, secrets, realmTemplate: realm },
      oidcClient: { redirectUris: ["http://localhost/callback"], webOrigins: [] },
      thunderbirdClient: { redirectUris: ["http://localhost"] },
    });
    realm.addMailClients({ redirectUris: [], thunderbirdRedirectUris: [] });
    realm.addLdapFederation("ldap", { directory: platform.directory });
    realm.addOidcClient("portal", portal);
    synth(stack);
    const file = join(privateDirectory, "keycloak/opt/keycloak/kit/import/corp.json");
    const { clients }: RealmRepresentation = JSON.parse(readFileSync(file, "utf8"));
    expect(clients?.map(({ clientId }) => clientId)).toContain("portal");
    expect(platform.realm.issuer).toBe("http://sso.example.com:8080/auth/realms/corp");
    expect(() => build({ realmTemplate: realm, otherClients: [{ ...portal, name: "portal" }] })).toThrow(
      /client portal is in the template, too/,
    );
  });

  it("wants secrets and clients of what it makes, and of nothing else", () => {
    const { stack, engine } = testStack();
    const { jamesClient, gatewayCrypto, gatewayUser } = secrets;
    const own = { engine, images, secrets: { jamesClient, gatewayCrypto, gatewayUser } };
    const uris = { redirectUris: ["http://localhost/cb"], webOrigins: [] };
    const clients = { oidcClient: uris, thunderbirdClient: uris };
    expect(() => new MailPlatform(stack, "without", { ...own, ...clients })).toThrow(
      /secrets\.keycloakAdmin: is missing[\s\S]*secrets\.ldapAdmin: [\s\S]*secrets\.redis: [\s\S]*without\.secrets\.thunderbirdClient: /,
    );
    const bind = { bindDn: "cn=y", bindPassword: secret("value of bind") };
    new MailPlatform(stack, "mail", {
      ...own,
      realm: realmAt("https://login.test/auth", "corp"),
      directory: { url: "ldaps://ldap.test:636", usersDn: "ou=x", ...bind },
      redis: { host: "redis.test", port: 6379, password: secret("value of redis") },
    });
  });

  it("takes the clients as a realm of constructs has them, when they are not said once more", () => {
    const { stack, engine } = testStack();
    const realm = new KeycloakRealm(stack, "realm", { realmName: "corp" });
    const own = { engine, images, secrets, realmTemplate: realm };
    expect(() => new MailPlatform(stack, "without", own)).toThrow(
      /oidcClient: the client has no redirect URI[\s\S]*thunderbirdClient: the client has no redirect URI/,
    );
    const redirectUris = ["https://app.test/cb"];
    const webOrigins = ["https://app.test"];
    realm.addMailClients({ redirectUris, webOrigins, thunderbirdRedirectUris: ["http://localhost"] });
    const { model } = new MailPlatform(stack, "mail", own);
    expect(model.realms[0].clients).toMatchObject({
      oidc: { redirectUris, webOrigins, directAccessGrants: false },
      thunderbird: { redirectUris: ["http://localhost"] },
    });
  });

  it("tells at synthesis what a realm of constructs lacks, in words", () => {
    const { stack, engine } = testStack();
    const realm = new KeycloakRealm(stack, "realm", { realmName: "corp" });
    realm.addMailClients({
      redirectUris: ["https://app.test/cb"],
      thunderbirdRedirectUris: ["http://localhost"],
    });
    new MailPlatform(stack, "mail", { engine, images, secrets, realmTemplate: realm });
    expect(() => stack.runAllValidations()).toThrow(
      /Validation failed.*\n.*mail\] .*does not fit.*\n.*no LDAP federation/,
    );
  });

  it("takes undefined for what is left out, as programs without exactOptionalPropertyTypes write it", () => {
    const left = { imap: undefined, jmap: undefined, keycloak: undefined, gateway: undefined };
    const props: object = { ports: left, hosts: left, passwords: left };
    const { platform } = build(props);
    expect(platform.model).toEqual(build().platform.model);
  });

  it("refuses what is about its own directory and Redis, where there are others", () => {
    const others = {
      directory: {
        url: "ldap://people.test:389",
        usersDn: "ou=a",
        bindDn: "cn=b",
        bindPassword: secret("b"),
      },
      redis: { host: "redis.test", port: 6379, password: secret("r") },
    };
    const entry = {
      dn: "ou=rooms,dc=localhost",
      attributes: [["objectClass", "organizationalUnit"]] as const,
    };
    const about = {
      ...others,
      people: [],
      entries: [entry],
      hosts: { ldap: "l.test" },
      resources: { redis: {} },
    };
    const told = (path: string) => new RegExp(`mail\\.${path}: `);
    for (const path of ["entries", "hosts\\.ldap", "resources\\.redis"]) {
      expect(() => build(about)).toThrow(told(path));
    }
    expect(() => build({ ...others, people: [] })).not.toThrow();
  });

  it("refuses with httpd to learn of logouts in a way that it does not know", () => {
    expect(() => build({ revocation: "redis" })).toThrow(/mail\.revocation: httpd asks Keycloak/);
  });

  it("says so when the image set has no APISIX", () => {
    expect(() => build({ gateway: "apisix" })).toThrow(/the image set has no APISIX/);
  });
});
