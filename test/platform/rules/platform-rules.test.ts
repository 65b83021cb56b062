import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEnvironment } from "../../../config/environment";
import { JamesRelease } from "../../../constructs/james/james-release";
import { realmAt } from "../../../constructs/keycloak/server/realm";
import { KitError } from "../../../kit/errors";
import { builtImages, registryImages } from "../../../platform/image-set";
import { MailPlatform } from "../../../platform/mail-platform";
import type { MailPlatformProps, MailPlatformRealmProps } from "../../../platform/mail-platform-props";
import { secret, testStack } from "../../template";

const partner = {
  domain: "partner.example",
  hosts: { gateway: "apisix.partner.example" },
  ports: { imap: 1143, smtp: 1587, sieve: 14190 },
};

/** What an environment file is told, by setting. */
function ofSettings(settings: object): string[] {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(directory, "test.yaml"), JSON.stringify(settings));
  return told(() => loadEnvironment("test", { directory, env: {} }));
}

type Props = Omit<Partial<MailPlatformProps>, "realms"> & { readonly realms?: readonly object[] };

/** What the props of a `MailPlatform` are told, by prop. */
function ofProps({ realms = [], ...props }: Props): string[] {
  const { stack, engine } = testStack();
  const value = secret("some secret of sixteen characters");
  const secrets = { jamesClient: value, thunderbirdClient: value };
  const clients = {
    oidcClient: { redirectUris: ["http://localhost/callback"], webOrigins: [] },
    thunderbirdClient: { redirectUris: ["http://localhost"] },
  };
  return told(
    () =>
      new MailPlatform(stack, "mail", {
        engine,
        images: builtImages(),
        secrets: {
          ...secrets,
          ...{ keycloakAdmin: value, ldapAdmin: value, redis: value },
          ...{ keycloakDatabase: value, jamesDatabase: value },
          ...{ gatewayCrypto: value, gatewayUser: value },
        },
        ...clients,
        realms: realms.map(
          (realm) => ({ secrets, ...clients, ...realm }) as unknown as MailPlatformRealmProps,
        ),
        ...props,
      }),
  );
}

function told(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return error.problems.map(({ where = "", what }) => {
      const place = where.replace(/^\S*(\.yaml(:\d+)?) |^test\/mail\./, "");
      return `${place}: ${what}`;
    });
  }
}

const person = (mail: string) => ({ mail, password: secret("password of somebody") });
const people = (...mails: string[]) => ({ people: mails.map(person) });
const inFile = (...mails: string[]) => ({ people: mails.map((mail) => ({ mail })) });

describe("the rules of a platform, told alike of an environment file and of props, each in its own words", () => {
  it.each<[string, object, Props, string[], string[]?]>([
    [
      "a gateway that no image is of",
      { images: "built", gateway: "apisix" },
      { gateway: "apisix" },
      ["gateway: the image set has no APISIX"],
    ],
    [
      "httpd that is to be told of logouts",
      { images: "built", revocation: "redis" },
      { revocation: "redis" },
      ["revocation: httpd asks Keycloak"],
    ],
    [
      "an interval of what is not asked",
      { introspection: { intervalSeconds: 5 } },
      { images: registryImages(), introspectionIntervalSeconds: 5 },
      ["introspection.intervalSeconds: nothing is introspected"],
      ["introspectionIntervalSeconds: nothing is introspected"],
    ],
    [
      "mail that no James here can keep",
      { images: "built", storage: "durable" },
      { storage: "durable" },
      ["storage.mail: no James that keeps mail can be built"],
    ],
    [
      "a PostgreSQL that nobody uses",
      { images: "built", postgres: { host: "db.test" } },
      { postgres: { host: "db.test", port: 5432 } },
      ["postgres: nothing is durable"],
    ],
    [
      "limits of a heap that holds no mail",
      { images: "registry", storage: "durable", limits: { mailMb: 20, uploadsMb: 20, quotaMb: 50 } },
      {
        ...{ images: registryImages(), storage: { identity: "memory", mail: "durable" } },
        limits: { mailMb: 20, uploadsMb: 20, quotaMb: 50 },
      },
      [
        "limits.mailMb: nothing bounds the mail of all where mail is durable",
        "limits.uploadsMb: nothing bounds the uploads of all where mail is durable",
      ],
    ],
    [
      "a heap with which Keycloak of a registry does not start, and memory beside none",
      { resources: { keycloak: { heapMb: 128, memoryMb: 200 } } },
      { images: registryImages(), resources: { keycloak: { heapMb: 128, memoryMb: 200 } } },
      ["resources.keycloak.heapMb: too little", "resources.keycloak.memoryMb: too little: its JVM"],
    ],
    [
      "limits that do not fit James's heap",
      { limits: { mailMb: 5000 } },
      { limits: { mailMb: 5000 } },
      ["limits.mailMb: does not fit James's heap"],
    ],
    [
      "fewer people than are named, and mail that nobody may keep",
      {
        capacity: { people: 1, mailPerPersonMb: 9 },
        limits: { quotaMb: 8 },
        ...inFile("a@localhost", "b@localhost"),
      },
      {
        ...{ capacity: { people: 1, mailPerPersonMb: 9 }, limits: { quotaMb: 8 } },
        ...people("a@localhost", "b@localhost"),
      },
      [
        "capacity.people: more people are named",
        "capacity.mailPerPersonMb: more than limits.quotaMb lets a person keep",
      ],
    ],
    [
      "ports and hosts of two, of whatever they are",
      { ports: { imap: 9080 }, hosts: { james: "redis.example.com" } },
      { ports: { imap: 9080 }, hosts: { james: "redis.example.com" } },
      ["ports.imap: ports.gateway has it already", "hosts.redis: hosts.james has it already"],
    ],
    [
      "people of another domain, or of two realms",
      {
        ...inFile("amy@localhost"),
        realms: [{ name: "partner", ...partner, ...inFile("amy@localhost") }],
      },
      {
        ...people("amy@localhost"),
        realms: [{ ...partner, realmName: "partner", ...people("amy@localhost") }],
      },
      [
        "realms.0.people.0.mail: people.0.mail has it already",
        "realms.0.people.0.mail: not in the mail domain",
      ],
    ],
    [
      "realms of one name, domain, host and port",
      {
        realms: [
          {
            ...{ name: "oidc", domain: "localhost", hosts: { gateway: "apisix.example.com" } },
            ...{ ports: { imap: 143, smtp: 1587, sieve: 14190 }, ...inFile("amy@localhost") },
          },
        ],
      },
      {
        realms: [
          {
            ...{ realmName: "oidc", domain: "localhost", hosts: { gateway: "apisix.example.com" } },
            ports: { imap: 143, smtp: 1587, sieve: 14190 },
          },
        ],
      },
      [
        "realms.0.name: realm.name has it already",
        "realms.0.domain: domain has it already",
        "realms.0.ports.imap: ports.imap has it already",
        "realms.0.hosts.gateway: hosts.gateway has it already",
      ],
      [
        "realms.0.realmName: realmName has it already",
        "realms.0.domain: domain has it already",
        "realms.0.ports.imap: ports.imap has it already",
        "realms.0.hosts.gateway: hosts.gateway has it already",
      ],
    ],
    [
      "a client whose name another has",
      { clients: { others: [{ name: "james", kind: "public", redirectUris: ["https://a.test/cb"] }] } },
      { otherClients: [{ name: "james", kind: "public", redirectUris: ["https://a.test/cb"] }] },
      ["clients.others.0.name: the name is taken"],
      ["otherClients.0.name: the name is taken"],
    ],
  ])("%s", (_, settings, props, ofFile, ofCode = ofFile) => {
    for (const [found, expected] of [
      [ofSettings(settings), ofFile],
      [ofProps(props), ofCode],
    ] as const) {
      expect(found, found.join("\n")).toHaveLength(expected.length);
      expected.forEach((start, index) => {
        expect(found[index]?.startsWith(start), `${found[index]} is ${start}…`).toBe(true);
      });
    }
  });

  it("a port that nobody publishes is free: of a Keycloak that is not the platform's, of ManageSieve that is off", () => {
    const realm = realmAt("https://login.test/auth", "corp");
    expect(ofProps({ realm, ports: { gateway: 8080 } })).toEqual([]);
    const passwords = { sieve: false };
    const images = { ...builtImages(), jamesRelease: new JamesRelease("memory", "3.8.1") };
    expect(ofProps({ images, passwords, ports: { gateway: 4190 } })).toEqual([]);
    expect(ofProps({ images, ports: { gateway: 4190 } })).toEqual([
      "ports.sieve: ports.gateway has it already",
    ]);
  });

  it("a template that does not fit, before synthesis", () => {
    expect(ofProps({ realmTemplate: { realm: "corp" } })).toEqual([
      ...["oidc", "james-thunderbird", "james"].map((id) => `clients: client ${id} is missing`),
      "components.org.keycloak.storage.UserStorageProvider: there is no LDAP federation",
    ]);
  });

  it("names that an environment file could not have", () => {
    const hosts = { james: "James_1", gateway: "-" };
    expect(ofProps({ realmName: "a b", domain: "acme..test", people: [], hosts })).toEqual([
      "hosts.james: not a DNS name",
      "domain: not a DNS name",
      "hosts.gateway: not a DNS name",
      "realmName: not a name that fits into an issuer's URL",
    ]);
    expect(ofProps({ realmName: "master" })).toEqual(["realmName: the realm is Keycloak's own"]);
  });

  it("sizes that an environment file could not have", () => {
    expect(ofProps({ capacity: { people: 0.5, sessions: Number.NaN } })).toEqual([
      "capacity.people: not a size",
      "capacity.sessions: not a size",
    ]);
  });

  it("everything at once", () => {
    expect(
      ofProps({
        ...{ gateway: "apisix", limits: { mailMb: 5000 }, ports: { smtp: 143 } },
        ...people("amy@elsewhere.example"),
      }),
    ).toHaveLength(4);
  });
});

describe("an existing directory", () => {
  const directory = {
    ...{ url: "ldaps://ldap.test:636", usersDn: "ou=a", bindDn: "cn=y" },
    bindPassword: secret("value of bind"),
  };
  const realm = realmAt("https://login.test/auth", "corp");

  it("takes nobody", () => {
    expect(ofProps({ directory, realm, ...people("amy@localhost") })).toEqual([
      "people: the directory is not the platform's: nobody is added to it",
    ]);
  });

  it("must be said where the people of a further realm are in it", () => {
    expect(ofProps({ directory, realm, realms: [{ ...partner, realm }] })).toEqual([
      "realms.0.usersDn: nobody knows where the people of partner.example are in the directory",
    ]);
  });
});
