import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { givenSecrets } from "../../config/secrets";
import { KitError } from "../../kit/errors";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { imagesIn } from "../../platform/image-set";
import { externalServiceLines, externalServices } from "../../platform/model/external-services";
import type { PlatformModel } from "../../platform/model/platform-model";
import { imagesOf } from "../../stacks/environment-platform";
import { certificate } from "./certificate";

const keycloak = { url: "https://sso.acme.test/auth" };
const openid = {
  issuer: "https://auth.acme.test/",
  jwksUrl: "https://auth.acme.test/jwks",
  introspectionUrl: "https://auth.acme.test/introspect",
};
const partner = {
  ...{ name: "partner", domain: "partner.test", hosts: { gateway: "mail.partner.test" } },
  ports: { imap: 1143, smtp: 1587, sieve: 14190 },
  people: [{ mail: "eve@partner.test" }],
};

function load(settings: object) {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(folder, "test.yaml"), JSON.stringify(settings));
  writeFileSync(join(folder, "ca.pem"), certificate);
  return loadEnvironment("test", { directory: folder, env: {} });
}

const owners = (platform: PlatformModel) => Object.fromEntries(givenSecrets(platform));

describe("a Keycloak of one's own", () => {
  it("without an administrator: nothing of it is made, and what James asks by is chosen there", () => {
    const environment = load({ keycloak, realm: { name: "acme" } });
    const { platform } = environment;
    const [realm] = platform.realms;
    expect(realm).toMatchObject({ provision: "nothing", existing: false });
    expect(realm.oidc.issuer).toBe("https://sso.acme.test/auth/realms/acme");
    expect(realm).not.toHaveProperty("smokeUser");
    expect(platform).toMatchObject({
      identity: "none",
      services: { keycloak: { managed: false, host: "sso.acme.test" } },
    });
    expect(platform.services.keycloak).not.toHaveProperty("admin");
    expect(platform.publishedPorts.map(({ path }) => path.join("."))).not.toContain("ports.keycloak");
    expect(Object.keys(imagesIn(imagesOf(environment), platform.services))).not.toContain("keycloak");
    expect(externalServices(platform)).toEqual([{ service: "keycloak", address: realm.oidc.issuer }]);
    expect(owners(platform)).toEqual({ jamesClient: "the Keycloak" });
    // Nobody is sure that it tells the gateway of logouts.
    expect(platform.services.gateway.revocation).toBe("introspection");
  });

  it("with one: the clients are made there, and tell the gateway of logouts", () => {
    const { platform } = load({
      keycloak: { ...keycloak, admin: { user: "kit" }, ca: "ca.pem" },
      realms: [partner],
    });
    expect(platform.realms.map(({ provision }) => provision)).toEqual(["clients", "clients"]);
    expect(platform.realms[1]?.oidc).toMatchObject({
      issuer: "https://sso.acme.test/auth/realms/partner",
      ca: certificate,
    });
    expect(platform.identity).toBe("provider");
    expect(platform.services.keycloak).toMatchObject({
      ...{ admin: { user: "kit", realm: "master" }, ca: certificate, url: keycloak.url },
    });
    expect(platform.services.gateway.revocation).toBe("redis");
    expect(owners(platform)).toEqual({ keycloakAdmin: "the Keycloak" });
  });

  it("the smoke test goes where its name leads, as somebody whose password is told", () => {
    const environment = load({ keycloak, smokeUser: "amy@localhost", people: [{ mail: "amy@localhost" }] });
    expect(owners(environment.platform)).toMatchObject({ "amy@localhost": "the Keycloak" });
    const secrets = { get: () => undefined } as never;
    const target = smokeTarget({ environment, secrets } as never);
    expect(target.ports).not.toHaveProperty("keycloak");
    expect(target.containers).not.toHaveProperty("keycloak");
    expect(target.user?.mail).toBe("amy@localhost");
  });
});

describe("another OpenID provider", () => {
  it("of the first realm: claim and audience have defaults, discovery follows from the issuer", () => {
    const { platform } = load({ openid });
    expect(platform.realms[0].oidc).toEqual({
      ...{ ...openid, provider: "other", userClaim: "email", audience: "james" },
      discoveryUrl: "https://auth.acme.test/.well-known/openid-configuration",
    });
    expect(platform.identity).toBe("none");
    expect(externalServices(platform)).toEqual([{ service: "openid", address: openid.issuer }]);
  });

  it("that nobody can ask about tokens: no secret to ask with, and it is told what that means", () => {
    const { platform } = load({ openid: { ...openid, introspectionUrl: undefined } });
    expect(platform.realms[0].oidc).not.toHaveProperty("introspectionUrl");
    expect(owners(platform)).toEqual({});
    expect(externalServiceLines(platform)[0]).toMatch(/good until they expire, whoever has logged out$/);
  });

  it("of a further realm, beside the kit's Keycloak", () => {
    const { platform } = load({ realms: [{ ...partner, openid }] });
    expect(platform.realms.map(({ provision }) => provision)).toEqual(["realm", "nothing"]);
    expect(platform).toMatchObject({ identity: "import", services: { keycloak: { managed: true } } });
    expect(owners(platform)).toEqual({ "partner/jamesClient": "the OpenID provider" });
  });
});

describe("is refused", () => {
  it.each<[string, object, string[]]>([
    ["no web URL", { keycloak: { url: "ldap://a" } }, ["keycloak.url: not accepted"]],
    ["a slash at the end", { keycloak: { url: "https://a.test/auth/" } }, ["keycloak.url: not accepted"]],
    [
      "an administrator's password",
      { keycloak: { ...keycloak, admin: { user: "a", password: "b" } } },
      ["keycloak.admin.password: unknown key"],
    ],
    [
      "a certificate where there is no TLS",
      { keycloak: { url: "http://sso.acme.test/auth", ca: "ca.pem" } },
      ["keycloak.ca: the connection has no TLS"],
    ],
    [
      "the same of another provider",
      {
        openid: {
          ...{ issuer: "http://auth.acme.test/", jwksUrl: "http://auth.acme.test/jwks" },
          ca: "ca.pem",
        },
      },
      ["openid.ca: the connection has no TLS"],
    ],
    ...["localhost", "127.0.0.1", "[::1]"].map((host): [string, object, string[]] => [
      `the machine itself, as ${host}`,
      { keycloak: { url: `https://${host}:8443` } },
      ["keycloak.url: containers would look for it in themselves"],
    ]),
    [
      "what is said about a Keycloak that is not deployed",
      { keycloak, hosts: { keycloak: "sso.acme.test" }, resources: { keycloak: { memoryMb: 900 } } },
      ["hosts.keycloak: it is about the kit's own", "resources.keycloak: it is about the kit's own"],
    ],
    [
      "the same where every realm has another provider",
      { openid, imageReferences: { keycloak: "quay.io/keycloak/keycloak:26.7.2" } },
      ["imageReferences.keycloak: it is about the kit's own"],
    ],
    [
      "what James would expand",
      {
        openid: {
          ...openid,
          introspectionUrl: "https://auth.acme.test/${env:HOME}",
          audience: "${env:HOME}",
        },
      },
      ["openid.introspectionUrl: not accepted", "openid.audience: not accepted"],
    ],
    ["a CA that is not there", { openid: { ...openid, ca: "none.pem" } }, ["openid.ca: "]],
    [
      "a template of a realm that is not made",
      { keycloak, realm: { template: "x.json" } },
      ["realm.template: cannot read the file", "realm.template: the Keycloak is not the kit's"],
    ],
    ["an import into it", { keycloak, identity: "import" }, ["identity: the Keycloak is not the kit's"]],
    ["a Keycloak that nobody uses", { keycloak, openid }, ["keycloak: every realm has another"]],
    [
      "a name that the kit's own service has",
      { openid: { ...openid, issuer: "https://james.example.com" } },
      ["openid: hosts.james has the name already"],
    ],
    [
      "a James that would take every application's tokens",
      { openid, images: "registry", imageReferences: { james: "apache/james:memory-3.9.0" } },
      [
        "openid: James alone takes a token that was given to whatever application",
        "imageReferences.james: James 3.9.0: IMAP mixes up",
      ],
    ],
    [
      "answers of another provider that httpd would keep",
      { openid, gateway: "httpd", introspection: { intervalSeconds: 5 } },
      ["introspection.intervalSeconds: httpd keeps no answers of another provider"],
    ],
    [
      "somebody of no mail domain",
      { keycloak, smokeUser: "amy@elsewhere.test" },
      ["smokeUser: not in the mail domain"],
    ],
    [
      "keys that anybody could answer with",
      { openid: { ...openid, jwksUrl: "http://auth.acme.test/jwks" } },
      ["openid.jwksUrl: without TLS"],
    ],
    [
      "the Java plugin",
      { openid, imageReferences: { james: "apache/james:memory-3.8.2" }, revocation: "linagora-java-plugin" },
      ["openid: the Java plugin knows logouts of Keycloak alone"],
    ],
    [
      "an administrator's password, and nobody whose it is",
      { keycloak, secrets: { keycloakAdmin: "x" } },
      ["secrets.keycloakAdmin: no secret has this name"],
    ],
    ["somebody who is nobody", { smokeUser: "amy@localhost" }, ["smokeUser: not one of the people"]],
  ])("%s", (_, settings, problems) => {
    try {
      load(settings);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof KitError)) throw error;
      const told = error.problems.map(
        ({ where = "", what }) => `${where.replace(/^\S*\.yaml(:\d+)? /, "")}: ${what}`,
      );
      expect(told).toHaveLength(problems.length);
      for (const [index, problem] of problems.entries()) expect(told[index]).toContain(problem);
    }
  });
});
