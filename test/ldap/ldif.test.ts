import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LdifEntry, normalizeDn, parseLdif, renderLdif } from "../../constructs/ldap/ldif";

describe("parseLdif", () => {
  it("reads comments, folded lines, base64 and the version line", () => {
    const text = `version: 1
# people
#  and a folded comment
dn: ou=pe
 ople,dc=localhost
objectClass: organizationalUnit
description:: SmFtZXMg4oCT
ou: people

dn: ou=empty,dc=localhost
objectclass: organizationalUnit
`;
    expect(parseLdif(text, "a.ldif")).toEqual([
      {
        dn: "ou=people,dc=localhost",
        attributes: [
          ["objectClass", "organizationalUnit"],
          ["description", "James –"],
          ["ou", "people"],
        ],
      },
      { dn: "ou=empty,dc=localhost", attributes: [["objectclass", "organizationalUnit"]] },
    ]);
  });

  it("takes what slapcat writes as it is: operational attributes, folded base64, comments, other line ends", () => {
    const photo = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 256));
    const [first = "", ...folded] = photo.toString("base64").match(/.{1,60}/g) ?? [];
    const text = `# exported
dn: uid=amy,ou=people,dc=localhost
objectClass: inetOrgPerson
jpegPhoto:: ${first}
${folded.map((line) => ` ${line}`).join("\n")}
userPassword:: e1NTSEF9YWJj
structuralObjectClass: inetOrgPerson
entryUUID: 66ed8418-f33e-103c-8385-ab30731258a0
entryCSN: 20221107231941.800307Z#000000#000#000000

`;
    const expected = [
      ["objectClass", "inetOrgPerson"],
      ["jpegPhoto", photo],
      ["userPassword", "{SSHA}abc"],
      ["structuralObjectClass", "inetOrgPerson"],
      ["entryUUID", "66ed8418-f33e-103c-8385-ab30731258a0"],
      ["entryCSN", "20221107231941.800307Z#000000#000#000000"],
    ];
    for (const written of [text, text.replaceAll("\n", "\r\n")]) {
      const entries = parseLdif(written, "a.ldif");
      expect(entries).toEqual([{ dn: "uid=amy,ou=people,dc=localhost", attributes: expected }]);
      // Byte for byte, also once it was written and read again.
      expect(parseLdif(renderLdif(entries), "b.ldif")).toEqual(entries);
    }
  });

  it("an entry to be added is the entry", () => {
    expect(parseLdif("dn: dc=x\nchangetype: add\nobjectClass: top\n", "a")).toEqual([
      { dn: "dc=x", attributes: [["objectClass", "top"]] },
    ]);
  });

  it.each([
    ["what ldapsearch writes after the entries", "search: 2\nresult: 0 Success\n", /begin with its dn.*-LLL/],
    ["a control", "dn: dc=x\ncontrol: 1.2\nobjectClass: top\n", /change records/],
    ["a dn that is no text", "dn:: /w==\nobjectClass: top\n", /dn is not a text/],
    [
      "a line without a colon",
      "dn: dc=x\nobjectClass: top\nnonsense\n",
      /a\.ldif:3: .*attribute: value.*nonsense/,
    ],
    ["an entry without dn", "cn: x\nobjectClass: top\n", /a\.ldif:1: .*must begin with its dn/],
    ["a value by URL", "dn: dc=x\nobjectClass: top\njpegPhoto:< file:///etc/passwd\n", /a\.ldif:3: .*URL/],
    ["broken base64", "dn: dc=x\nobjectClass: top\ncn:: a===\n", /a\.ldif:3: .*base64/],
    ["a change record", "dn: dc=x\nchangetype: delete\n", /a\.ldif:1: .*change records/],
    ["an entry without objectClass", "\ndn: dc=x\ndc: x\n", /a\.ldif:2: .*no objectClass/],
  ])("refuses %s, with its line", (_, text, message) => {
    expect(() => parseLdif(text, "a.ldif")).toThrow(message);
  });

  it("tells every bad line at once", () => {
    expect(() => parseLdif("dn: dc=x\none\ntwo\n", "a.ldif")).toThrow(/:2: [\s\S]*:3: /);
  });

  it("reads back whatever is rendered", () => {
    const entry: fc.Arbitrary<LdifEntry> = fc.record({
      dn: fc.string({ unit: "grapheme" }).filter((dn) => dn.trim() !== ""),
      attributes: fc
        .array(fc.tuple(fc.stringMatching(/^x[a-z0-9-]{0,8}$/), fc.string({ unit: "grapheme" })), {
          maxLength: 4,
        })
        .map((list) => [["objectClass", "top"] as const, ...list]),
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        expect(parseLdif(renderLdif(entries), "x")).toEqual(entries);
      }),
    );
  });
});

it("DNs are the same whatever their case and spaces", () => {
  expect(normalizeDn("OU = People, DC=localhost")).toBe("ou=people,dc=localhost");
});
