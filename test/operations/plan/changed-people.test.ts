import { existsSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { LdifEntry } from "../../../constructs/ldap/ldif";
import { openDeployment } from "../../../operations/deployment/deployment";
import { changedPeople, logOutChanged } from "../../../operations/plan/changed-people";
import { silentProgress } from "../../../setup/progress/progress";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject } from "../../cli/project";

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

test("who or whose address is not in the new directory is removed, who has another password has changed", () => {
  const before = [unit, person("amy"), person("bob"), person("eve"), person("dan")];
  const eve = { ...person("eve"), dn: "UID=eve, ou=people,dc=test" };
  const bob = person("bob", [["userPassword", "{SSHA}two"]]);
  const dan = { dn: person("dan").dn, attributes: [["MAIL", "daniel@test"]] } as LdifEntry;
  expect(changedPeople(before, [bob, eve, dan, person("new")])).toEqual({
    removed: ["amy@test", "dan@test"],
    changed: ["bob@test"],
  });
});

test("another name is no reason to log in again", () => {
  expect(changedPeople([person("amy")], [person("amy", [["cn", "Amy"]])])).toEqual({
    removed: [],
    changed: [],
  });
});

let keycloak: FakeKeycloak | undefined;
let folder: string | undefined;

afterEach(() => {
  keycloak?.close();
  if (folder) leaveProject(folder);
});

test("people are logged out of the realms that Keycloak has: a further one may be new", async () => {
  keycloak = await fakeKeycloak();
  folder = enterProject({
    images: "built",
    ports: { keycloak: keycloak.port },
    realms: [
      {
        name: "partner",
        domain: "partner.test",
        people: [{ mail: "bob@partner.test" }],
        hosts: { gateway: "partner.test" },
        ports: { imap: 1143, smtp: 1587, sieve: 5190 },
      },
    ],
  });
  const asked: string[] = [];
  const answers = keycloak.answers;
  const get = answers.get.bind(answers);
  answers.get = (key) => {
    asked.push(key);
    return get(key);
  };
  answers
    .set("GET /admin/realms/oidc", { realm: "oidc" })
    .set("POST /admin/realms/oidc/clear-user-cache", 204)
    .set("GET /admin/realms/oidc/users", [{ id: "1" }])
    .set("GET /admin/realms/oidc/components", [
      { id: "own", config: { connectionUrl: ["ldap://ldap.example.com:389"] } },
      { id: "foreign", config: { connectionUrl: ["ldap://ldap.example.com.test:389"] } },
    ])
    .set("POST /admin/realms/oidc/user-storage/own/sync", {})
    .set("POST /admin/realms/oidc/users/1/logout", 204);
  const deployment = openDeployment("unit");
  const note = ".kit/unit/changed-people.json";
  writeFileSync(note, JSON.stringify({ removed: ["amy@localhost"], changed: [] }));
  await logOutChanged(deployment, silentProgress());
  // By the address that Keycloak has read, before it reads the directory, and only the kit's, anew.
  expect(asked.filter((key) => /users|sync/.test(key))).toEqual([
    "GET /admin/realms/oidc/users",
    "POST /admin/realms/oidc/user-storage/own/sync",
    "POST /admin/realms/oidc/users/1/logout",
  ]);
  expect(asked.filter((key) => key.includes("partner"))).toEqual([
    "GET /admin/realms/partner",
    "GET /admin/realms/partner",
  ]);
  expect(existsSync(note)).toBe(false);
  for (const broken of ["null", '{ "removed": 1 }', "{"]) {
    writeFileSync(note, broken);
    await expect(logOutChanged(deployment, silentProgress())).rejects.toThrow(
      /changed-people\.json.*Remove it/,
    );
  }
});
