import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Environment, loadEnvironment } from "../../config/environment";
import { givenSecrets, SecretStore } from "../../config/secrets";
import { Secret } from "../../constructs/workload/secret";
import { KitError } from "../../kit/errors";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { externalServices } from "../../platform/external-services";
import { imagesIn } from "../../platform/image-set";
import { imagesOf } from "../../stacks/environment-platform";
import { usersOfSecret } from "../../stacks/secret-users";
import { wantedRealms } from "../../stacks/wanted-realms";
import { certificate } from "./certificate";

const directory = {
  url: "ldaps://ldap.acme.test:636",
  usersDn: "ou=staff,o=acme",
  bindDn: "cn=reader,o=acme",
};
const partner = {
  ...{ name: "partner", domain: "partner.test", hosts: { gateway: "mail.partner.test" } },
  ports: { imap: 1143, smtp: 1587, sieve: 14190 },
};

function load(settings: object, env: NodeJS.ProcessEnv = {}): Environment {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(folder, "test.yaml"), JSON.stringify(settings));
  writeFileSync(join(folder, "ca.pem"), certificate);
  writeFileSync(join(folder, "key.pem"), `${certificate}-----BEGIN PRIVATE KEY-----\nabc\n`);
  writeFileSync(join(folder, "no.pem"), "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n");
  return loadEnvironment("test", { directory: folder, env });
}

function told(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return error.problems.map(
      ({ where = "", what }) => `${where.replace(/^\S*\.yaml(:\d+)? /, "")}: ${what}`,
    );
  }
}

interface Federation {
  readonly config: object;
  readonly subComponents: Record<string, { name: string; config: Record<string, string[]> }[]>;
}

const stub = { get: (name: string) => new Secret(name, `value of ${name}`) };

describe("a directory of one's own", () => {
  it("minimal: nobody is listed, nothing is deployed, its password is a secret of its own", () => {
    const environment = load({ directory });
    const { platform } = environment;
    expect(environment.people).toEqual([]);
    expect(platform.realms[0]).toMatchObject({ people: [], directory });
    expect(platform.realms[0]).not.toHaveProperty("smokeUser");
    expect(platform.services.ldap).toMatchObject({ managed: false, host: "ldap.acme.test" });
    expect(externalServices(platform)).toEqual([{ service: "ldap", address: directory.url }]);
    expect(Object.keys(imagesIn(imagesOf(environment), platform.services))).not.toContain("ldap");
    expect([...givenSecrets(platform).keys()]).toEqual(["directoryBind"]);
    const realm = JSON.stringify(wantedRealms(environment, stub)[0].representation);
    expect(realm).toContain("value of directoryBind");
    expect(realm).not.toContain("value of ldapAdmin");
  });

  it("maximal: its people's class, attributes, filter and authority reach the realm and the model", () => {
    const people = {
      ...{ userObjectClass: "user", loginAttribute: "sAMAccountName", mailAttribute: "proxyAddress" },
      ...{ uuidAttribute: "objectGUID", filter: "(memberOf=cn=mail,o=acme)", subtree: true },
    };
    const settings = { directory: { ...directory, ...people, ca: "ca.pem", smokeUser: "amy@acme.test" } };
    const environment = load({ ...settings, domain: "acme.test" });
    const [realm] = environment.platform.realms;
    expect(realm.directory).toEqual({ ...directory, ...people, ca: certificate });
    expect(realm.smokeUser).toBe("amy@acme.test");
    const { components = {} } = wantedRealms(environment, stub)[0].representation;
    const [federation] = components["org.keycloak.storage.UserStorageProvider"] as Federation[];
    expect(federation?.config).toMatchObject({
      ...{ connectionUrl: [directory.url], userObjectClasses: ["user"], searchScope: ["2"] },
      ...{ usernameLDAPAttribute: ["sAMAccountName"], uuidLDAPAttribute: ["objectGUID"] },
      customUserSearchFilter: [people.filter],
    });
    const mappers = Object.fromEntries(
      federation?.subComponents["org.keycloak.storage.ldap.mappers.LDAPStorageMapper"]?.map(
        ({ name, config }) => [name, config["ldap.attribute"]?.[0]],
      ) ?? [],
    );
    expect(mappers).toEqual({
      ...{ username: "sAMAccountName", email: "proxyAddress", "first name": "cn", "last name": "sn" },
    });
  });

  it("of several realms, each with its own part of it", () => {
    const realms = [{ ...partner, usersDn: "ou=guests,o=acme", smokeUser: "eve@partner.test" }];
    const { platform } = load({ directory, realms });
    expect(platform.realms.map((realm) => realm.directory.usersDn)).toEqual([
      "ou=staff,o=acme",
      "ou=guests,o=acme",
    ]);
    expect([...givenSecrets(platform).keys()]).toEqual(["directoryBind", "eve@partner.test"]);
  });

  it.each([
    ["import", { services: ["james", "keycloak"], realm: false }],
    ["provider", { services: ["james"], realm: true }],
  ])("its password reaches who searches it, with identity %s", (identity, users) => {
    const environment = load({ directory: { ...directory, filter: "(a=b)" }, images: "built", identity });
    const found = usersOfSecret(environment, "directoryBind");
    expect({ ...found, services: [...found.services].sort() }).toEqual(users);
  });

  it("by variables alone", () => {
    const { platform } = load(
      {},
      {
        KIT_DIRECTORY_URL: directory.url,
        KIT_DIRECTORY_USERS_DN: directory.usersDn,
        KIT_DIRECTORY_BIND_DN: directory.bindDn,
        KIT_SECRET_DIRECTORY_BIND: "x",
      },
    );
    expect(platform.realms[0].directory).toEqual(directory);
  });

  const elsewhere = (change: object) => ({ directory: { ...directory, ...change } });
  it.each<[string, object, string[]]>([
    ["no URL of a directory", elsewhere({ url: "https://a.test:636" }), ["directory.url: not accepted"]],
    ["a URL without a port", elsewhere({ url: "ldap://a.test" }), ["directory.url: not accepted"]],
    ["a port that is none", elsewhere({ url: "ldap://a.test:99999" }), ["directory.url: not accepted"]],
    ["no place of people", elsewhere({ usersDn: "staff" }), ["directory.usersDn: not accepted"]],
    ["an unknown key", elsewhere({ password: "x" }), ["directory.password: unknown key"]],
    ["a filter without parentheses", elsewhere({ filter: "a=b" }), ["directory.filter: not an LDAP filter"]],
    ["a CA that is not there", elsewhere({ ca: "nowhere.pem" }), ["directory.ca: "]],
    ["a CA that is none", elsewhere({ ca: "no.pem" }), ["directory.ca: no certificates in PEM"]],
    ["a CA's key", elsewhere({ ca: "key.pem" }), ["directory.ca: a private key is in it"]],
    [
      "a CA that is never asked for",
      elsewhere({ ca: "ca.pem", url: "ldap://ldap.acme.test:389" }),
      ["directory.ca: the connection has no TLS"],
    ],
    [
      "a CA for a James that trusts its image alone",
      { ...elsewhere({ ca: "ca.pem" }), imageReferences: { james: "apache/james:memory-3.9.0" } },
      ["directory.ca: James alone trusts no other"],
    ],
    [
      "a name that containers have for a service of the kit",
      elsewhere({ url: "ldap://james.example.com:389" }),
      ["directory.url: hosts.james has the name already"],
    ],
    [
      "a smoke user of another domain",
      elsewhere({ smokeUser: "amy@elsewhere.test" }),
      ["directory.smokeUser: not in the mail domain"],
    ],
    [
      "people that are to be added to it",
      { directory, people: [{ mail: "amy@localhost" }], ldif: ["people.ldif"] },
      [
        "ldif.0: cannot read",
        "people: the directory is not the platform's",
        "ldif: the directory is not the kit's",
      ],
    ],
    [
      "a further realm of which nobody knows where its people are",
      { directory, realms: [partner] },
      ["realms.0.usersDn: nobody knows where"],
    ],
    [
      "what is of a directory of one's own, without one",
      { realms: [{ ...partner, usersDn: "ou=a", smokeUser: "eve@partner.test" }] },
      ["realms.0.people: is missing", "realms.0.usersDn: it is about", "realms.0.smokeUser: it is about"],
    ],
    [
      "the kit's own directory's secret",
      { directory, secrets: { ldapAdmin: "x" } },
      ["secrets.ldapAdmin: no secret has this name"],
    ],
    ["its secret without it", { secrets: { directoryBind: "x" } }, ["secrets.directoryBind: no secret"]],
    [
      "a secret that James would expand",
      { directory, secrets: { directoryBind: "a${b}" } },
      ["secrets.directoryBind: not a value"],
    ],
  ])("is refused: %s", (_, settings, expected) => {
    const found = told(() => load(settings));
    expect(found).toHaveLength(expected.length);
    expected.forEach((start, index) => {
      expect(found[index], `${found[index]} is ${start}…`).toContain(start);
    });
  });
});

describe("a Redis of one's own", () => {
  it("is not deployed, and its password must be told", () => {
    const environment = load({ redis: { host: "redis.acme.test", port: 7000 } });
    const { platform } = environment;
    expect(platform.services.redis).toMatchObject({ managed: false, host: "redis.acme.test", port: 7000 });
    expect(externalServices(platform)).toEqual([{ service: "redis", address: "redis.acme.test:7000" }]);
    expect(Object.keys(imagesIn(imagesOf(environment), platform.services))).not.toContain("redis");
    expect([...givenSecrets(platform).keys()]).toEqual(["redis"]);
  });

  it.each<[string, object, string]>([
    ["no name", { redis: { host: "redis://a" } }, "redis.host: not accepted"],
    ["nothing of it", { redis: {} }, "redis.host: is missing"],
    [
      "a name of the kit's",
      { redis: { host: "sso.example.com" } },
      "redis.host: hosts.keycloak has the name",
    ],
  ])("is refused: %s", (_, settings, expected) => {
    expect(told(() => load(settings))).toEqual([expect.stringContaining(expected)]);
  });
});

describe("secrets that others have chosen", () => {
  const settings = { directory: { ...directory, smokeUser: "amy@localhost" }, redis: { host: "r.test" } };
  const open = (env: NodeJS.ProcessEnv = {}, file = join(mkdtempSync(join(tmpdir(), "kit-")), "s.json")) => {
    const { platform } = load(settings, env);
    return { file, store: new SecretStore(file, { env, others: givenSecrets(platform) }) };
  };
  const env = {
    KIT_SECRET_DIRECTORY_BIND: "bind",
    KIT_SECRET_REDIS: "redis",
    KIT_SECRET_AMY_LOCALHOST: "amy",
  };

  it("are never made: all that are missing are named", () => {
    const missing = told(() => open({ KIT_SECRET_REDIS: "redis" }).store.get("directoryBind"));
    expect(missing).toEqual([
      "KIT_SECRET_DIRECTORY_BIND: secret directoryBind is chosen already: the directory is not the kit's",
      "KIT_SECRET_AMY_LOCALHOST: secret amy@localhost is chosen already: the directory is not the kit's",
    ]);
    expect(told(() => open().store.refuseMissing())).toHaveLength(3);
  });

  it("are known once they were told, kept, and not rotated", () => {
    const { file, store } = open(env);
    store.refuseMissing();
    expect(["directoryBind", "redis", "amy@localhost"].map((name) => store.get(name).reveal())).toEqual([
      ...["bind", "redis", "amy"],
    ]);
    const later = open({}, file).store;
    expect(later.forgetOthers()).toEqual([]);
    expect(later.get("amy@localhost").reveal()).toBe("amy");
    expect(() => later.rotate("directoryBind")).toThrow(/not the kit's to choose/);
  });
});

it("the smoke test logs in as the named person, knows no container that is not there, and does without a person", () => {
  const target = (settings: object) => smokeTarget({ environment: load(settings), secrets: stub } as never);
  const named = target({ directory: { ...directory, smokeUser: "Amy@localhost" } });
  expect(named.user).toMatchObject({ username: "Amy@localhost", mail: "amy@localhost" });
  expect(Object.keys(named.containers).sort()).toEqual(["gateway", "james", "keycloak", "redis"]);
  expect(target({ directory })).not.toHaveProperty("user");
});
