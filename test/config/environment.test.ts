import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { engineName, environmentNames, loadEnvironment } from "../../config/environment";
import { kitRealm } from "../../constructs/keycloak/representation/realm-template";
import { KitError } from "../../kit/errors";
import { packageRoot } from "../../kit/package-root";

function load(yaml: string, options: { env?: NodeJS.ProcessEnv; files?: Record<string, string> } = {}) {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  for (const [path, content] of Object.entries({ "test.yaml": yaml, ...options.files })) {
    writeFileSync(join(directory, path), content);
  }
  return loadEnvironment("test", { directory, env: options.env ?? {} });
}

function problems(...args: Parameters<typeof load>) {
  try {
    load(...args);
  } catch (error) {
    if (error instanceof KitError)
      return error.problems.map(({ where = "", ...rest }) => ({ where, ...rest }));
    throw error;
  }
  throw new Error("the environment was accepted");
}

describe("loadEnvironment", () => {
  it("minimal: an empty file is an environment with safe defaults", () => {
    expect(load("")).toMatchObject({
      name: "test",
      domain: "localhost",
      bind: "127.0.0.1",
      directGrants: false,
      ports: { keycloak: 8080, gateway: 9080, imap: 143, smtp: 587, sieve: 4190, webadmin: null },
      introspection: { intervalSeconds: 0 },
      platform: { realms: [{ name: "oidc", template: { realm: "oidc" } }] },
      entries: [],
    });
  });

  it.each(environmentNames(join(packageRoot, "environments")))(
    "accepts the kit's own environment %s",
    (name) => {
      const directory = join(packageRoot, "environments");
      expect(loadEnvironment(name, { directory, env: {} }).name).toBe(name);
    },
  );

  it("reads the files that it names, from its own folder", () => {
    const { platform, entries } = load("realm: { template: realm.json }\nldif: [a.ldif]", {
      files: {
        "realm.json": '{"realm":"mine","clients":[]}',
        "a.ldif": "dn: ou=a,dc=localhost\nobjectClass: organizationalUnit\n",
      },
    });
    expect(platform.realms[0].template?.realm).toBe("mine");
    expect(entries.map(({ dn }) => dn)).toEqual(["ou=a,dc=localhost"]);
  });

  it.each([
    [
      "a wrong type",
      "ports: { imap: many }",
      "test.yaml:1 ports.imap",
      { got: "many", allowed: "a whole number" },
    ],
    [
      "a setting of several forms, which says itself what they are",
      "storage: { identity: durable, mail: durble }",
      "test.yaml:1 storage",
      { allowed: expect.stringContaining("an object with one of them for each of identity and mail") },
    ],
    [
      "an address of several forms",
      "proxy: { trusted: [10.0.0.0/33], protocol: forwarded }",
      "test.yaml:1 proxy.trusted.0",
      { got: "10.0.0.0/33", allowed: "an IPv4 address, or a network as 192.0.2.0/24" },
    ],
    [
      "a text where settings are",
      "people: [a@localhost]",
      "test.yaml:1 people.0",
      { got: "a@localhost", allowed: "an object with mail, firstName, lastName" },
    ],
    [
      "people of no known form",
      "people: 50",
      "test.yaml:1 people",
      { got: 50, allowed: "a list, or an object with generate" },
    ],
    [
      "more people than can be made up",
      "people: { generate: 1001 }",
      "test.yaml:1 people.generate",
      { got: 1001, allowed: "1000 or less" },
    ],
    [
      "people who are made up, and others",
      "people: { generate: 5, also: [] }",
      "test.yaml:1 people.also",
      { what: "unknown key", allowed: ["generate"] },
    ],
    [
      "people who are made up for a directory of one's own",
      "people: { generate: 1 }\ndirectory: { url: 'ldap://a.test:389', usersDn: dc=a, bindDn: cn=a }",
      "test.yaml:1 people",
      { what: "the directory is not the platform's: nobody is added to it" },
    ],
    ["nobody", "people: []", "test.yaml:1 people", { got: [], allowed: "1 or more of them" }],
    [
      "a setting that must be said",
      "people: [{ firstName: A }]",
      "test.yaml people.0.mail",
      { what: "is missing", allowed: "text" },
    ],
    [
      "an unknown key",
      "ports:\n  impa: 143",
      "test.yaml:2 ports.impa",
      { what: "unknown key", allowed: expect.arrayContaining(["imap", "smtp"]) },
    ],
    [
      "an unknown choice",
      "images: magic",
      "test.yaml:1 images",
      { got: "magic", allowed: ["registry", "built"] },
    ],
    [
      "a port out of range",
      "ports: { imap: 70000 }",
      "test.yaml:1 ports.imap",
      { got: 70000, allowed: "65535 or less" },
    ],
    [
      "a name where an address must be",
      "bind: localhost",
      "test.yaml:1 bind",
      { allowed: "an IPv4 address" },
    ],
    ["text instead of settings", "domain", "test.yaml", { got: "domain", what: "not settings" }],
    ["a list instead of settings", "- domain", "test.yaml", { got: ["domain"], what: "not settings" }],
    [
      "two services on one port",
      "ports: { imap: 9080 }",
      "test.yaml:1 ports.imap",
      { what: expect.stringContaining("ports.gateway") },
    ],
    [
      "two services of one host name",
      "hosts: { ldap: sso.example.com }",
      "test.yaml:1 hosts.ldap",
      { what: expect.stringContaining("hosts.keycloak") },
    ],
    [
      "a host name with a label of 64 letters",
      `hosts: { ldap: ${"l".repeat(64)}.example.com }`,
      "test.yaml:1 hosts.ldap",
      { allowed: "a DNS name in lower case" },
    ],
    [
      "a wildcard redirect URI",
      'clients: { oidc: { redirectUris: ["https://a/*"] } }',
      "test.yaml:1 clients.oidc.redirectUris.0",
      { allowed: expect.stringContaining("exact") },
    ],
    [
      "a person of another domain",
      "people: [{ mail: a@b.c }]",
      "test.yaml:1 people.0.mail",
      { allowed: expect.stringContaining("@localhost") },
    ],
    [
      "too little memory",
      "resources: { james: { heapMb: 512 } }",
      "resources.james.memoryMb",
      { allowed: "712 or more" },
    ],
    [
      "a heap that James does not start with",
      "resources: { james: { heapMb: 95 } }",
      "test.yaml:1 resources.james.heapMb",
      { got: 95, allowed: "96 or more" },
    ],
    [
      "two people of one address",
      "people: [{ mail: a@localhost }, { mail: A@localhost }]",
      "test.yaml:1 people.1.mail",
      { got: "a@localhost", what: "people.0.mail has it already" },
    ],
    [
      "a secret nobody has",
      "secrets: { ldapAdmim: x }",
      "test.yaml:1 secrets.ldapAdmim",
      { allowed: expect.arrayContaining(["ldapAdmin"]) },
    ],
    [
      "a missing LDIF file",
      "ldif: [none.ldif]",
      "test.yaml:1 ldif.0",
      { what: expect.stringContaining("ENOENT") },
    ],
    [
      "a missing realm template",
      "realm: { template: none.json }",
      "test.yaml:1 realm.template",
      { what: expect.stringContaining("ENOENT") },
    ],
  ])("refuses %s", (_, yaml, where, problem) => {
    expect(problems(yaml)).toEqual([
      expect.objectContaining({ where: expect.stringContaining(where), ...problem }),
    ]);
  });

  it("tells everything at once", () => {
    const found = problems("domain: NO\nports: { imap: x, smtp: 0 }\nwhat: 1\n", {
      env: { KIT_IMAGES: "magic" },
    });
    expect(found.map(({ where }) => where).join()).toMatch(/domain.*ports\.imap.*ports\.smtp.*/);
    expect(found).toHaveLength(5);
  });

  it("says once that a number is beyond all that is allowed", () => {
    expect(problems("ports: { imap: 1e99 }").map(({ allowed }) => allowed)).toEqual(["65535 or less"]);
  });

  it("refuses files that do not parse: LDIF and realm template, both at once", () => {
    const found = problems("realm: { template: realm.json }\nldif: [a.ldif]", {
      files: { "realm.json": "{}", "a.ldif": "dn: x\nnonsense\n" },
    });
    expect(found.map(({ where }) => where).join()).toMatch(
      /realm\.json: realm.*realm\.json: clients.*a\.ldif:2/,
    );
  });

  it("refuses what is not YAML, with the line", () => {
    expect(problems("a: 1\nb: [")).toEqual([
      expect.objectContaining({ where: expect.stringMatching(/test\.yaml:\d/) }),
    ]);
  });

  it("refuses a file whose name cannot name an environment, unless it gives another", () => {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    const file = join(directory, "My Env.yaml");
    writeFileSync(file, "");
    expect(() => loadEnvironment(file, { env: {} })).toThrow(/My Env\.yaml: .*Got "My Env"\. Allowed: a-z/);
    writeFileSync(file, "name: mine");
    expect(loadEnvironment(file, { env: {} }).name).toBe("mine");
  });

  it("refuses two environments of one name", () => {
    const files = { "other.yaml": "name: test" };
    expect(problems("", { files })).toEqual([
      expect.objectContaining({ what: expect.stringContaining("other.yaml") }),
    ]);
  });

  it("names the environments there are when asked for another", () => {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "one.yaml"), "");
    expect(() => loadEnvironment("two", { directory, env: {} })).toThrow(/no environment two[\s\S]*"one"/);
  });

  it("never shows a secret that it refuses", () => {
    expect(JSON.stringify(problems("secrets: { redis: [hunter2] }"))).not.toContain("hunter2");
    for (const value of ["{ redis: hunter2", "hunter2", "[hunter2]"]) {
      expect(JSON.stringify(problems("", { env: { KIT_SECRETS: value } }))).not.toContain("hunter2");
    }
  });
});

describe("files beside environments, and what is none", () => {
  const folderWith = (make: (directory: string) => void) => {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    writeFileSync(join(directory, "test.yaml"), "domain: localhost");
    make(directory);
    return directory;
  };

  it.each<[string, (directory: string) => void]>([
    ["an Emacs lock", (folder) => symlinkSync("me@host.1234:5678", join(folder, ".#test.yaml"))],
    ["a dangling link", (folder) => symlinkSync("nowhere", join(folder, "gone.yaml"))],
    ["a macOS shadow file", (folder) => writeFileSync(join(folder, "._test.yaml"), "\0\0")],
    ["a folder", (folder) => mkdirSync(join(folder, "old.yaml"))],
    ["another environment that is not YAML", (folder) => writeFileSync(join(folder, "b.yaml"), "a: [")],
    ["one with an alias that leads nowhere", (folder) => writeFileSync(join(folder, "b.yaml"), "name: *x")],
    ["one that is no text", (folder) => writeFileSync(join(folder, "b.yaml"), Buffer.from([0xff, 0xfe, 0]))],
  ])("%s does not disturb", (_, make) => {
    const directory = folderWith(make);
    expect(loadEnvironment("test", { directory, env: {} }).name).toBe("test");
    expect(environmentNames(directory)).toContain("test");
    expect(environmentNames(directory).filter((name) => /^\.|^old$|^gone$/.test(name))).toEqual([]);
  });

  const bomb = `${["a", "b", "c", "d", "e", "f", "g", "h"]
    .map((name, index, all) => `${name}: &${name} [${`*${all[index - 1] ?? name},`.repeat(index && 9)}]`)
    .join("\n")}\n`;

  it.each<[string, string | Buffer, RegExp]>([
    ["an alias that leads nowhere", "domain: *nobody", /nobody/],
    ["an alias in what it names", "people: &a [*a]", /alias/],
    ["an alias bomb", bomb, /alias/],
    ["nesting without end", `people: ${"[".repeat(20_000)}`, /nested too deep|not YAML/],
    ["UTF-16", Buffer.from("\ufeffdomain: localhost", "utf16le"), /UTF-16.*Save it as UTF-8/],
    ["Latin-1", Buffer.from("# Zoë", "latin1"), /no text in UTF-8/],
    ["a zero byte", "domain: a\0b", /no text/],
    ["a key twice", "domain: a\ndomain: b", /:2.*unique/],
    ["two documents", "domain: a\n---\ndomain: b", /multiple documents/],
    ["far too much", "#".repeat(5e6), /too large/],
  ])("%s is told", (_, content, message) => {
    const directory = folderWith((folder) => writeFileSync(join(folder, "test.yaml"), content));
    const read = () => loadEnvironment("test", { directory, env: {} });
    expect(read).toThrow(KitError);
    expect(read).toThrow(message);
  });

  it("takes the mark at the start of UTF-8 that some editors write", () => {
    expect(load("\ufeffdomain: localhost").domain).toBe("localhost");
  });

  it("a folder where a file is named, and one that is no environment, are told", () => {
    expect(problems("ldif: [.]")).toMatchObject([{ what: expect.stringMatching(/folder \(EISDIR\)/) }]);
    const directory = folderWith((folder) => mkdirSync(join(folder, "old.yaml")));
    expect(() => loadEnvironment("old", { directory, env: {} })).toThrow(/it is a folder[\s\S]*"test"/);
    expect(() => loadEnvironment("x", { directory: join(directory, "nowhere"), env: {} })).toThrow(KitError);
  });

  it("mistakes in the files that it names are told beside those of types", () => {
    const found = problems("ports: many\nldif: [a.ldif]\nrealm: { template: r.json }", {
      files: { "a.ldif": "dn: dc=x\nnonsense\n", "r.json": "{" },
    });
    expect(found.map(({ where }) => where.replace(/^.*\//, ""))).toEqual([
      "test.yaml:1 ports",
      expect.stringMatching(/^r\.json/),
      "a.ldif:2",
    ]);
  });
});

describe("people of LDIF files", () => {
  const person = (name: string, lines: string) =>
    `dn: uid=${name},ou=people,dc=localhost\nobjectClass: inetOrgPerson\n${lines}\n`;
  const told = (ldif: string, yaml = "") =>
    problems(`ldif: [a.ldif]\n${yaml}`, { files: { "a.ldif": ldif } }).map(({ where, what }) => [
      where.replace(/^.*\//, ""),
      what,
    ]);

  it.each([
    ["no mail", person("a", "uid: a"), "a.ldif:1", /no `mail`/],
    ["no login name", person("a", "mail: a@localhost"), "a.ldif:1", /no `uid`, by which people log in/],
    ["an address that not every protocol takes", person("a", "uid: a\nmail:: em/Dq0Bs"), "a.ldif:4", /mail/],
    [
      "the address of another",
      `${person("a", "uid: a\nmail: a@localhost")}\n${person("b", "uid: b\nmail: A@Localhost")}`,
      "a.ldif:9",
      /is that of .*a\.ldif:1/,
    ],
    [
      "the login name of another",
      `${person("a", "uid: a\nmail: a@localhost")}\n${person("b", "uid: A\nmail: b@localhost")}`,
      "a.ldif:8",
      /login name is that of/,
    ],
    [
      "the address of one of the environment's people",
      person("a", "uid: a\nmail: James-User@localhost"),
      "a.ldif:4",
      /james-user@localhost of people/,
    ],
  ])("with %s are told, with file and line", (_, ldif, where, what) => {
    expect(told(ldif)).toEqual([[where, expect.stringMatching(what)]]);
  });

  it("log in by what the realm's federation says", () => {
    const template = structuredClone(kitRealm()) as Record<string, never>;
    const text = JSON.stringify(template).replace(
      '"usernameLDAPAttribute":["uid"]',
      '"usernameLDAPAttribute":["mail"]',
    );
    const { entries } = load("ldif: [a.ldif]\nrealm: { template: r.json }", {
      files: { "a.ldif": person("a", "mail: a@localhost"), "r.json": text },
    });
    expect(entries).toHaveLength(1);
  });

  it("are those below ou=people; groups, services and other trees are not asked for anything", () => {
    const entries = `dn: cn=svc,dc=localhost\nobjectClass: inetOrgPerson\ncn: svc\nsn: svc\n
dn: cn=all,ou=people,dc=localhost\nobjectClass: groupOfNames\nmember: cn=x\ncn: all\n`;
    expect(load("ldif: [a.ldif]", { files: { "a.ldif": entries } }).entries).toHaveLength(2);
  });
});

describe("engineName", () => {
  const nameOf = (yaml: string | undefined, env: NodeJS.ProcessEnv = {}) => {
    const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
    if (yaml !== undefined) writeFileSync(join(directory, "test.yaml"), yaml);
    return engineName("test", { directory, env });
  };

  it.each([
    ["a valid file", "name: mine", "mine"],
    ["a file without a name", "domain: localhost", "test"],
    ["settings that are not valid", "name: mine\nports: many", "mine"],
    ["what is not YAML", "name: mine\nports: [", "mine"],
    ["a name that is none", "name: [mine]", "test"],
    ["no file", undefined, "test"],
  ])("of %s", (_, yaml, name) => {
    expect(nameOf(yaml)).toBe(name);
    expect(nameOf(yaml, { KIT_NAME: "other" })).toBe("other");
  });
});

describe("overriding variables", () => {
  it.each([
    ["KIT_DOMAIN", "example.com", { domain: "example.com" }],
    ["KIT_PORTS_IMAP", "1143", { ports: { imap: 1143, smtp: 587 } }],
    ["KIT_PORTS_WEBADMIN", "null", { ports: { webadmin: null } }],
    ["KIT_INTROSPECTION_INTERVAL_SECONDS", "5", { introspection: { intervalSeconds: 5 } }],
    ["KIT_REVOCATION", "introspection", { gateway: "apisix", revocation: "introspection" }],
    ["KIT_DIRECT_GRANTS", "true", { directGrants: true }],
    ["KIT_GATEWAY", "httpd", { gateway: "httpd" }],
    ["KIT_IDENTITY", "import", { identity: "import" }],
    ["KIT_STORAGE", "memory", { platform: { storage: { identity: "memory", mail: "memory" } } }],
    ["KIT_NAME", "123a", undefined],
  ])("%s=%s", (variable, value, expected) => {
    const people = "people: [{ mail: a@example.com }]";
    const rest: Record<string, string> = {
      KIT_DOMAIN: people,
      KIT_INTROSPECTION_INTERVAL_SECONDS: "revocation: introspection",
    };
    const yaml = rest[variable] ?? "ports: { webadmin: 8000 }";
    if (expected) expect(load(yaml, { env: { [variable]: value } })).toMatchObject(expected);
    else
      expect(problems(yaml, { env: { [variable]: value } })).toMatchObject([
        { where: "KIT_NAME (name)", got: value },
      ]);
  });

  it("refuses a variable that no setting has, naming the nearest", () => {
    expect(problems("", { env: { KIT_IMAP_PORT: "1" } })).toEqual([
      expect.objectContaining({
        where: "KIT_IMAP_PORT",
        allowed: expect.arrayContaining(["KIT_PORTS_IMAP"]),
      }),
    ]);
  });

  it("refuses a variable of a secret that there is not, naming those there are", () => {
    const env = { KIT_SECRET_REDS: "x", KIT_SECRET_REDIS_FILE: "y", KIT_SECRET_JAMES_USER_LOCALHOST: "z" };
    expect(problems("", { env })).toEqual([
      {
        where: "KIT_SECRET_REDS",
        what: "no secret has this variable",
        allowed: expect.arrayContaining(["KIT_SECRET_REDIS", "KIT_SECRET_JAMES_USER_LOCALHOST"]),
      },
    ]);
  });

  it("refuses a variable that would give several secrets; without it their people are fine", () => {
    const yaml = "people: [{ mail: a.b@localhost }, { mail: a-b@localhost }, { mail: a+b@localhost }]";
    expect(load(yaml).people).toHaveLength(3);
    for (const variable of ["KIT_SECRET_A_B_LOCALHOST", "KIT_SECRET_A_B_LOCALHOST_FILE"]) {
      expect(problems(yaml, { env: { [variable]: "x" } })).toEqual([
        {
          where: variable,
          what: "it would give the secrets of a.b@localhost and a-b@localhost and a+b@localhost alike",
          fix: expect.any(String),
        },
      ]);
    }
  });

  it("refuses secrets that no service can be given, all at once, and does not show them", () => {
    const found = problems("secrets: { gatewayCrypto: hunter2, redis: 'hunter2 ' }", {
      env: { KIT_SECRET_KEYCLOAK_ADMIN: "hunter2\nx=y" },
    });
    expect(found.map(({ where }) => where.replace(/.* /, "")).sort()).toEqual([
      "KIT_SECRET_KEYCLOAK_ADMIN",
      "secrets.gatewayCrypto",
      "secrets.redis",
    ]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  it("does not show a private key in a variable that is not YAML", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
    expect(problems("", { env: { KIT_TLS_FILES: `[{ "chain": "a.pem", "key": "${key} }]` } })).toEqual([
      { where: "KIT_TLS_FILES", what: expect.stringMatching(/^not YAML: .*\d$/) },
    ]);
    expect(problems("", { env: { KIT_PEOPLE: "[{" } })).toMatchObject([{ where: "KIT_PEOPLE", got: "[{" }]);
  });

  it("names the variable whose list holds what is wrong", () => {
    expect(problems("", { env: { KIT_PEOPLE: "[{ mail: 5 }]" } })).toMatchObject([
      { where: "KIT_PEOPLE (people.0.mail)", got: 5 },
    ]);
  });

  it("puts the default person into the mail domain", () => {
    expect(load("domain: example.com").people).toEqual([{ mail: "james-user@example.com" }]);
  });

  it("makes people up, each the same whatever their number is, in each realm", () => {
    const partner =
      "realms: [{ name: p, domain: p.example, hosts: { gateway: g.test }, ports: { imap: 2143, smtp: 2587, sieve: 2190 }, people: { generate: 1 } }]";
    const [two, three] = ["people: { generate: 2 }", `people: { generate: 3 }\n${partner}`].map((yaml) =>
      load(yaml),
    );
    expect(two?.people).toEqual([
      { mail: "person-001@localhost", firstName: "Person", lastName: "001" },
      { mail: "person-002@localhost", firstName: "Person", lastName: "002" },
    ]);
    expect(three?.people.slice(0, 2)).toEqual(two?.people);
    expect(three?.platform.realms.map(({ people }) => people.map(({ mail }) => mail))).toEqual([
      ["person-001@localhost", "person-002@localhost", "person-003@localhost"],
      ["person-001@p.example"],
    ]);
    expect(three?.platform.realms[0].smokeUser).toBe("person-001@localhost");
  });

  it("leaves variables alone that are of commands, or of secrets", () => {
    expect(load("", { env: { KIT_ENV: "x", KIT_ADOPT_USER: "z", KIT_SECRET_REDIS: "y" } }).name).toBe("test");
  });
});
