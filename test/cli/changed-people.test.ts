import { expect, test } from "vitest";
import { changedPeople } from "../../cli/changed-people";
import type { LdifEntry } from "../../constructs/ldap/ldif";

const person = (name: string, more: LdifEntry["attributes"] = []): LdifEntry => ({
  dn: `uid=${name},ou=people,dc=test`,
  attributes: [
    ["objectClass", "inetOrgPerson"],
    ["uid", name],
    ["mail", `${name}@test`],
    ["userPassword", "{SSHA}one"],
    ...more,
  ],
});
const unit: LdifEntry = { dn: "ou=people,dc=test", attributes: [["objectClass", "organizationalUnit"]] };

test("who is not in the new directory is removed, who has another password or address has changed", () => {
  const before = [unit, person("amy"), person("bob"), person("eve"), person("dan")];
  const eve = { ...person("eve"), dn: "UID=eve, ou=people,dc=test" };
  const bob = person("bob", [["userPassword", "{SSHA}two"]]);
  const dan = { dn: person("dan").dn, attributes: [["MAIL", "daniel@test"]] } as LdifEntry;
  expect(changedPeople(before, [bob, eve, dan, person("new")])).toEqual({
    removed: ["amy@test"],
    changed: ["bob@test", "dan@test"],
  });
});

test("another name is no reason to log in again", () => {
  expect(changedPeople([person("amy")], [person("amy", [["cn", "Amy"]])])).toEqual({
    removed: [],
    changed: [],
  });
});
