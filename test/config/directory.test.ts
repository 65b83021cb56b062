import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Environment, loadEnvironment } from "../../config/environment";
import { givenSecrets, SecretStore } from "../../config/secrets";
import { Secret } from "../../constructs/workload/secret";
import { KitError } from "../../kit/errors";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { imagesIn } from "../../platform/image-set";
import { externalServices } from "../../platform/model/external-services";
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
  writeFileSync(join(folder, "cut.pem"), certificate + certificate.slice(0, -30));
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
    const servers = {
      ...{ url: "ldap://a.acme.test:389", furtherUrls: ["ldap://b.acme.test:389"], startTls: true },
    };
    const people = {
      ...{ userObjectClass: "user", loginAttribute: "sAMAccountName", mailAttribute: "proxyAddress" },
      ...{ uuidAttribute: "objectGUID", filter: "(memberOf=cn=mail,o=acme)", subtree: true },
    };
    const settings = {
      directory: { ...directory, ...servers, ...people, ca: "ca.pem" },
      smokeUser: "amy@acme.test",
    };
    const environment = load({ ...settings, domain: "acme.test" });
    const [realm] = environment.platform.realms;
    expect(realm.directory).toEqual({ ...directory, ...servers, ...people, ca: certificate });
    expect(externalServices(environment.platform)).toEqual([
      { service: "ldap", address: "ldap://a.acme.test:389 ldap://b.acme.test:389" },
    ]);
    expect(realm.smokeUser).toBe("amy@acme.test");
    const { components = {} } = wantedRealms(environment, stub)[0].representation;
    const [federation] = components["org.keycloak.storage.UserStorageProvider"] as Federation[];
    expect(federation?.config).toMatchObject({
      ...{
        connectionUrl: ["ldap://a.acme.test:389 ldap://b.acme.test:389"],
        startTls: ["true"],
        connectionPooling: ["false"],
      },
      ...{ userObjectClasses: ["user"], searchScope: ["2"] },
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

  it("Active Directory's names of things, and what is said otherwise", () => {
    const preset = { ...directory, preset: "activeDirectory" };
    const standard = {
      ...{
        vendor: "ad",
        userObjectClass: "user",
        loginAttribute: "sAMAccountName",
        uuidAttribute: "objectGUID",
      },
      ...{ firstNameAttribute: "givenName", subtree: true },
      filter: "(&(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
    };
    const environment = load({ directory: preset });
    expect(environment.platform.realms[0].directory).toEqual({ ...directory, ...standard });
    const { components = {} } = wantedRealms(environment, stub)[0].representation;
    const [federation] = components["org.keycloak.storage.UserStorageProvider"] as Federation[];
    expect(federation?.config).toMatchObject({ vendor: ["ad"], rdnLDAPAttribute: ["cn"] });
    const names = federation?.subComponents["org.keycloak.storage.ldap.mappers.LDAPStorageMapper"]?.map(
      ({ name, config }) => [name, config["ldap.attribute"]?.[0]],
    );
    expect(Object.fromEntries(names ?? [])).toMatchObject({
      ...{ username: "sAMAccountName", "first name": "givenName", "MSAD account controls": undefined },
    });
    const own = { loginAttribute: "userPrincipalName", filter: "(memberOf=cn=mail)", subtree: false };
    expect(load({ directory: { ...preset, ...own } }).platform.realms[0].directory).toEqual({
      ...{ ...directory, ...standard, ...own, filter: `(&${standard.filter}(memberOf=cn=mail))` },
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
    ["a filter without parentheses", elsewhere({ filter: "a=b" }), ["directory.filter: not accepted"]],
    ["a CA that is not there", elsewhere({ ca: "nowhere.pem" }), ["directory.ca: "]],
    ["a CA that is none", elsewhere({ ca: "no.pem" }), ["directory.ca: a certificate in it cannot"]],
    ["a CA that ends too soon", elsewhere({ ca: "cut.pem" }), ["directory.ca: a certificate in it cannot"]],
    ["two filters", elsewhere({ filter: "(a=b)(c=d)" }), ["directory.filter: not accepted"]],
    ["a line break", elsewhere({ bindDn: "cn=a\nb" }), ["directory.bindDn: not accepted"]],
    [
      "what James would expand",
      elsewhere({ usersDn: "ou=${env:HOME}" }),
      ["directory.usersDn: not accepted"],
    ],
    ["no port", elsewhere({ url: "ldaps://a.test:0" }), ["directory.url: not accepted"]],
    [
      "the machine itself",
      elsewhere({ url: "ldaps://localhost:636" }),
      ["directory.url: containers would look for it in themselves"],
    ],
    ["a CA's key", elsewhere({ ca: "key.pem" }), ["directory.ca: a private key is in it"]],
    [
      "a CA that is never asked for",
      elsewhere({ ca: "ca.pem", url: "ldap://ldap.acme.test:389" }),
      ["directory.ca: the connection has no TLS"],
    ],
    [
      "a further server without TLS",
      elsewhere({ furtherUrls: ["ldaps://b.test:636", "ldap://c.test:389"] }),
      ["directory.furtherUrls: some servers have TLS and some have none"],
    ],
    [
      "a further server that is none",
      elsewhere({ furtherUrls: ["ldap://b.test"] }),
      ["directory.furtherUrls.0: not accepted"],
    ],
    [
      "a further server with a name of the kit's",
      elsewhere({ furtherUrls: ["ldaps://james.example.com:636"] }),
      ["directory.furtherUrls.0: hosts.james has the name already"],
    ],
    [
      "StartTLS in TLS",
      elsewhere({ startTls: true }),
      ["directory.startTls: a connection to ldaps:// has TLS from its beginning"],
    ],
    [
      "StartTLS for a James without the kit's extension",
      {
        ...elsewhere({ startTls: true, url: "ldap://a.test:389" }),
        imageReferences: { james: "apache/james:memory-3.9.0" },
      },
      [
        "directory.startTls: James alone has no StartTLS",
        "imageReferences.james: James 3.9.0: IMAP mixes up",
      ],
    ],
    [
      "what is about the kit's own directory and Redis",
      {
        directory,
        redis: { url: "redis://r.test" },
        hosts: { ldap: "l.test", redis: "s.test" },
        resources: { ldap: { memoryMb: 64 }, redis: { cpus: 1 } },
        imageReferences: { ldap: "ldap:1", redis: "redis:1" },
      },
      [
        "hosts.ldap: it is about the kit's own directory",
        "resources.ldap: it is about the kit's own directory",
        "imageReferences.ldap: it is about the kit's own directory",
        "hosts.redis: it is about the kit's own Redis",
        "resources.redis: it is about the kit's own Redis",
        "imageReferences.redis: it is about the kit's own Redis",
      ],
    ],
    [
      "a CA for a James that trusts its image alone",
      { ...elsewhere({ ca: "ca.pem" }), imageReferences: { james: "apache/james:memory-3.9.0" } },
      ["directory.ca: James alone trusts no other", "imageReferences.james: James 3.9.0: IMAP mixes up"],
    ],
    [
      "a name that containers have for a service of the kit",
      elsewhere({ url: "ldap://james.example.com:389" }),
      ["directory.url: hosts.james has the name already"],
    ],
    [
      "a smoke user of another domain",
      { directory, smokeUser: "amy@elsewhere.test" },
      ["smokeUser: not in the mail domain"],
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
      { realms: [{ ...partner, usersDn: "ou=a" }] },
      ["realms.0.people: is missing", "realms.0.usersDn: it is about"],
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
  const redis = { url: "redis://redis.acme.test:7000" };
  const tls = { url: "rediss://kit@redis.acme.test", ca: "ca.pem" };

  it("is not deployed, and its password must be told", () => {
    const environment = load({ redis });
    const { platform } = environment;
    expect(platform.services.redis).toMatchObject({ managed: false, host: "redis.acme.test", port: 7000 });
    expect(externalServices(platform)).toEqual([{ service: "redis", address: redis.url }]);
    expect(Object.keys(imagesIn(imagesOf(environment), platform.services))).not.toContain("redis");
    expect([...givenSecrets(platform).keys()]).toEqual(["redis"]);
  });

  it("by TLS, with its authority and as a user of its ACL", () => {
    const { platform } = load({ redis: tls });
    expect(platform.services.redis).toMatchObject({
      ...{ host: "redis.acme.test", port: 6379, tls: true, user: "kit", ca: certificate },
    });
    expect(externalServices(platform)).toEqual([
      { service: "redis", address: "rediss://redis.acme.test:6379" },
    ]);
  });

  it("is none of httpd's business, unless it keeps answers", () => {
    const httpd = { images: "built", redis: tls };
    expect(told(() => load(httpd))).toEqual([]);
    expect(told(() => load({ ...httpd, introspection: { intervalSeconds: 5 } }))).toEqual([
      "redis.url: httpd's OAuth 2.0 module knows no TLS to Redis",
      "redis.url: httpd's OAuth 2.0 module logs in to Redis as no user",
    ]);
  });

  it.each<[string, object, string]>([
    ["no URL", { redis: { url: "r.test:6379" } }, "redis.url: not accepted"],
    ["a password in its URL", { redis: { url: "redis://kit:secret@r.test" } }, "redis.url: not accepted"],
    ["nothing of it", { redis: {} }, "redis.url: is missing"],
    ["TLS of nobody knows whom", { redis: { url: "rediss://r.test" } }, "redis.ca: nobody knows"],
    ["TLS of an address", { redis: { ...tls, url: "rediss://10.0.0.1" } }, "redis.url: a certificate is"],
    [
      "a CA that is never asked for",
      { redis: { ...redis, ca: "ca.pem" } },
      "redis.ca: the connection has no",
    ],
    ["a CA that is none", { redis: { ...tls, ca: "no.pem" } }, "redis.ca: a certificate in it cannot"],
    [
      "TLS for the Java plugin",
      { redis: { url: "rediss://r.test", ca: "ca.pem" }, revocation: "linagora-java-plugin" },
      "redis.url: the Java plugin knows no TLS",
    ],
    [
      "a name of the kit's",
      { redis: { url: "redis://sso.example.com" } },
      "redis.url: hosts.keycloak has the name",
    ],
  ])("is refused: %s", (_, settings, expected) => {
    expect(told(() => load(settings))).toEqual([expect.stringContaining(expected)]);
  });
});

describe("a PostgreSQL of one's own", () => {
  const storage = { identity: "durable", mail: "memory" };
  const postgres = { host: "db.acme.test", ca: "ca.pem", keycloak: { user: "kc" } };
  const images = (environment: Environment) =>
    Object.values(imagesIn(imagesOf(environment), environment.platform.services)).map(({ reference }) =>
      reference.replace(/:[^:]*$/, ""),
    );

  it("is not deployed, by TLS unless it is said otherwise, and the password of Keycloak's role must be told", () => {
    const environment = load({ images: "built", storage, postgres });
    const { platform } = environment;
    expect(platform.services.postgres).toMatchObject({
      ...{ managed: false, host: "db.acme.test", port: 5432, tls: true, ca: certificate },
      databases: { keycloak: { name: "keycloak", user: "kc" } },
    });
    expect(externalServices(platform)).toMatchObject([
      { service: "postgres", address: "postgres://db.acme.test:5432" },
    ]);
    expect(images(environment)).toContain("james-oidc-kit/keycloak-postgres");
    expect(images(environment)).not.toContain("james-oidc-kit/postgres");
    expect([...givenSecrets(platform).keys()]).toEqual(["keycloakDatabase"]);
  });

  it("is the kit's where none is named, and none where nothing lasts", () => {
    const durable = load({ images: "built", storage });
    expect(images(durable)).toEqual(
      expect.arrayContaining(["james-oidc-kit/keycloak-postgres", "james-oidc-kit/postgres"]),
    );
    expect(givenSecrets(durable.platform).size).toBe(0);
    expect(usersOfSecret(durable, "keycloakDatabase").services).toEqual(["postgres", "keycloak"]);
    const throwAway = load({ images: "built" });
    expect(images(throwAway).filter((name) => name.includes("postgres"))).toEqual([]);
  });

  it.each<[string, object, string]>([
    ["where nothing lasts", { postgres }, "postgres: nothing is durable"],
    ["TLS of an address", { storage, postgres: { host: "10.0.0.1" } }, "postgres.host: a certificate is"],
    [
      "a CA without TLS",
      { storage, postgres: { ...postgres, tls: false } },
      "postgres.ca: the connection has no",
    ],
    [
      "a name of PostgreSQL's own",
      { storage, postgres: { ...postgres, keycloak: { user: "postgres" } } },
      "postgres.keycloak: no name of a database or role",
    ],
    [
      "a name of the kit's",
      { storage, postgres: { host: "james.example.com" } },
      "postgres.host: hosts.james has the name",
    ],
    [
      "a name and limits of the kit's",
      { storage, postgres, resources: { postgres: { memoryMb: 64 } } },
      "resources.postgres: it is about the kit's own PostgreSQL",
    ],
    ...["18.1-trixie", "14.19-bookworm", "17-bookworm"].map((tag): [string, object, string] => [
      `image ${tag}`,
      { storage, imageReferences: { postgres: `mirror.test:5000/postgres:${tag}` } },
      "imageReferences.postgres: not accepted",
    ]),
  ])("is refused: %s", (_, settings, expected) => {
    expect(told(() => load(settings))).toEqual([expect.stringContaining(expected)]);
  });
});

it("no password in a URL is told", () => {
  for (const section of ["redis", "directory"]) {
    for (const password of ["hunter2", "hun/ter2", "hun@ter2"]) {
      const url = `${section === "redis" ? "redis" : "LDAPS"}://kit:${password}@r.test:1`;
      for (const value of [url, [url]]) {
        const found = () => load({ [section]: { ...directory, url: value } });
        expect(found).toThrow(/url/);
        expect(found).not.toThrow(/ter2/);
      }
    }
  }
});

describe("secrets that others have chosen", () => {
  const settings = { directory, smokeUser: "amy@localhost", redis: { url: "redis://r.test" } };
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

  it("take no place of others before they are proven", () => {
    const { file, store } = open(env);
    expect(store.get("redis")).toMatchObject({ version: 1 });
    expect(told(() => open({}, file).store.get("redis"))).toHaveLength(3);
    store.othersProven();
    const mistyped = open({ ...env, KIT_SECRET_REDIS: "rediss" }, file).store;
    const secret = mistyped.get("redis");
    expect([secret.reveal(), secret.version]).toEqual(["rediss", 2]);
    const later = open({}, file).store;
    expect([later.get("redis").reveal(), later.version("redis")]).toEqual(["redis", 1]);
    mistyped.othersProven();
    const proven = open({}, file).store;
    expect([proven.get("redis").reveal(), proven.version("redis")]).toEqual(["rediss", 2]);
  });

  it("are known once they were told and proven, kept, and not rotated", () => {
    const { file, store } = open(env);
    store.refuseMissing();
    expect(["directoryBind", "redis", "amy@localhost"].map((name) => store.get(name).reveal())).toEqual([
      ...["bind", "redis", "amy"],
    ]);
    store.othersProven();
    const later = open({}, file).store;
    expect(later.forgetOthers()).toEqual([]);
    expect(later.get("amy@localhost").reveal()).toBe("amy");
    expect(() => later.rotate("directoryBind")).toThrow(/not the kit's to choose/);
  });

  it("are asked for anew, though the kit had made ones of their names; and are not the kit's own afterwards", () => {
    const file = join(mkdtempSync(join(tmpdir(), "kit-")), "s.json");
    const own = () => new SecretStore(file, { env: {} });
    const made = own().get("redis").reveal();
    expect(told(() => open({}, file).store.get("redis"))).toHaveLength(3);
    const given = open(env, file).store;
    expect(given.get("redis").reveal()).toBe("redis");
    given.othersProven();
    expect(open({}, file).store.get("redis").reveal()).toBe("redis");
    const remade = own().get("redis").reveal();
    expect([made, "redis"]).not.toContain(remade);
    expect(own().get("redis").reveal()).toBe(remade);
  });
});

it("the smoke test logs in as the named person, knows no container that is not there, and does without a person", () => {
  const target = (settings: object) => smokeTarget({ environment: load(settings), secrets: stub } as never);
  const named = target({ directory, smokeUser: "Amy@localhost" });
  expect(named.user).toMatchObject({ username: "Amy@localhost", mail: "amy@localhost" });
  expect(Object.keys(named.containers).sort()).toEqual(["gateway", "james", "keycloak", "redis"]);
  expect(target({ directory })).not.toHaveProperty("user");
});
