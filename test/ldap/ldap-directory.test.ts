import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KeycloakRealm } from "../../constructs/keycloak/model/keycloak-realm";
import { LdapDirectory, type LdapDirectoryProps } from "../../constructs/ldap/ldap-directory";
import { parseLdif } from "../../constructs/ldap/ldif";
import { image, internalTls, secret, synth, testStack } from "../template";

function build(props: Partial<LdapDirectoryProps> = {}) {
  const { stack, engine, privateDirectory } = testStack();
  const directory = new LdapDirectory(stack, "ldap", {
    engine,
    image,
    domain: "localhost",
    adminPassword: secret("admin secret"),
    people: [{ mail: "james-user@localhost", password: secret("person secret") }],
    ...props,
  });
  const template = synth(stack);
  const file = (name: string) => readFileSync(join(privateDirectory, "ldap/etc/ldap/kit", name), "utf8");
  return { directory, template, file, entries: parseLdif(file("directory.ldif"), "directory.ldif") };
}

describe("LdapDirectory", () => {
  it("minimal: suffix, people, and no password in clear, in the Terraform JSON or the LDIF", () => {
    const { directory, template, file, entries } = build();
    expect(directory).toMatchObject({
      url: "ldap://ldap.example.com:389",
      usersDn: "ou=people,dc=localhost",
      bindDn: "cn=admin,dc=localhost",
    });
    expect(entries.map(({ dn }) => dn)).toEqual([
      "dc=localhost",
      "ou=people,dc=localhost",
      "uid=james-user@localhost,ou=people,dc=localhost",
    ]);
    expect(entries[2]?.attributes).toEqual(
      expect.arrayContaining([
        ["cn", "james-user"],
        ["mail", "james-user@localhost"],
        ["userPassword", expect.stringMatching(/^\{SSHA\}/)],
      ]),
    );
    expect(template.text + file("directory.ldif") + file("slapd.conf")).not.toMatch(
      /admin secret|person secret/,
    );
    expect(file("slapd.conf")).toContain("disallow bind_anon");
  });

  it("by TLS: told so with the authority, in further domains too", () => {
    const tls = internalTls("ldap");
    const { directory, template, file } = build({ tls });
    const told = { url: "ldaps://ldap.example.com:636", ca: tls.ca };
    expect(directory).toMatchObject(told);
    expect(directory.addDomain("partner.test", [])).toMatchObject(told);
    expect(file("slapd.conf")).toContain("TLSCertificateFile /run/certificates/ldap.example.com/chain.pem\n");
    expect(template.resource("docker_container")).toMatchObject({
      volumes: [expect.objectContaining({ container_path: "/run/certificates", read_only: true })],
    });
  });

  it("keeps the people of a further domain apart, below an entry of their own", () => {
    const { stack, engine, privateDirectory } = testStack();
    const directory = new LdapDirectory(stack, "ldap", {
      engine,
      image,
      domain: "example.org",
      adminPassword: secret("admin secret"),
      people: [{ mail: "bob@example.org", password: secret("b") }],
    });
    const amy = { mail: "amy@partner.example", password: secret("a") };
    const partner = directory.addDomain("partner.example", [amy]);
    const { url, bindDn, bindPassword } = directory;
    expect(partner).toMatchObject({
      usersDn: "ou=partner.example,dc=example,dc=org",
      ...{ url, bindDn, bindPassword },
    });
    synth(stack);
    const ldif = readFileSync(join(privateDirectory, "ldap/etc/ldap/kit/directory.ldif"), "utf8");
    const below = (dn: string) =>
      parseLdif(ldif, "x").flatMap((entry) => (entry.dn.endsWith(`,${dn}`) ? [entry.dn] : []));
    expect(below(partner.usersDn)).toEqual([`uid=amy@partner.example,${partner.usersDn}`]);
    expect(below(directory.usersDn)).toEqual([`uid=bob@example.org,${directory.usersDn}`]);

    expect(() => directory.addDomain("example.org", [])).toThrow(/the domain is there twice/);
    expect(() => directory.addDomain("third.example", [amy])).toThrow(/two people have one mail address/);
    expect(() => directory.addDomain("not a domain", [])).toThrow(/not a domain name/);
  });

  it("federates each domain into a realm of its own", () => {
    const { stack } = testStack();
    const { directory } = build();
    const realms = [directory, directory.addDomain("partner.example", [])].map((people, index) => {
      const realm = new KeycloakRealm(stack, `realm-${index}`);
      realm.addLdapFederation("ldap", { directory: people });
      return JSON.stringify(realm.representation());
    });
    expect(realms[0]).toContain('"usersDn":["ou=people,dc=localhost"]');
    expect(realms[1]).toContain('"usersDn":["ou=partner.example,dc=localhost"]');
  });

  it("renders the same at every synthesis, so that an unchanged directory is not replaced", () => {
    expect(build().file("directory.ldif")).toBe(build().file("directory.ldif"));
  });

  it("gives every entry an identity that outlives the database: by it Keycloak knows a user again", () => {
    const identities = build().entries.map(({ attributes }) => new Map(attributes).get("entryUUID"));
    expect(new Set(identities).size).toBe(3);
    for (const identity of identities)
      expect(identity).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    const own = "11111111-2222-5333-a444-555555555555";
    const entries = parseLdif(`dn: ou=a,dc=localhost\nobjectClass: x\nentryUUID: ${own}\n`, "x");
    expect(JSON.stringify(build({ entries }).entries)).toContain(own);
  });

  it("maximal: further entries, a deep domain, names; what the caller wrote is not added again", () => {
    const { directory, template, entries } = build({
      domain: "mail.example.com",
      host: "people.test",
      memoryMb: 100,
      people: [{ mail: "a+b=c@mail.example.com", firstName: "Ä", lastName: "B", password: secret("x") }],
      entries: parseLdif(
        "dn: OU=people, dc=mail,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n" +
          "dn: cn=all,ou=people,dc=mail,dc=example,dc=com\nobjectClass: groupOfNames\nmember: cn=x\n",
        "x",
      ),
    });
    expect(directory.usersDn).toBe("ou=people,dc=mail,dc=example,dc=com");
    expect(template.resource("docker_container")).toMatchObject({
      memory: 100,
      networks_advanced: [{ aliases: ["people.test"] }],
    });
    expect(entries.map(({ dn }) => dn)).toEqual([
      "dc=mail,dc=example,dc=com",
      "OU=people, dc=mail,dc=example,dc=com",
      "cn=all,ou=people,dc=mail,dc=example,dc=com",
      "uid=a\\+b\\=c@mail.example.com,ou=people,dc=mail,dc=example,dc=com",
    ]);
  });

  const person = { mail: "james-user@localhost", password: secret("x") };
  it.each<[string, Partial<LdapDirectoryProps>, RegExp]>([
    ["what is no domain", { domain: "not a domain" }, /ldap\.domain: not a domain name.*not a domain/],
    [
      "two people with one address",
      { people: [person, { ...person, mail: "James-User@localhost" }] },
      /ldap\.people: two people/,
    ],
    [
      "an address that not every protocol takes",
      { people: [{ ...person, mail: "zoë@localhost" }] },
      /ldap\.people: not a mail address that works everywhere.*zoë@localhost/,
    ],
    [
      "an entry twice",
      {
        entries: parseLdif(
          "dn: ou=a,dc=localhost\nobjectClass: x\n\ndn: OU=a,dc=localhost\nobjectClass: x\n",
          "x",
        ),
      },
      /ldap\.entries: an entry is there twice/,
    ],
    [
      "an entry outside the suffix",
      { entries: parseLdif("dn: ou=a,dc=example\nobjectClass: x\n", "x") },
      /ldap\.entries: entries have no parent.*ou=a,dc=example/,
    ],
  ])("refuses %s", (_, props, message) => {
    expect(() => build(props)).toThrow(message);
  });
});
