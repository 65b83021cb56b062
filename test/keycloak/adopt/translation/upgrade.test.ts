import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportText } from "../../../../constructs/keycloak/adopt/export/export-text";
import { fieldReport } from "../../../../constructs/keycloak/adopt/field-report";
import { RealmTemplate } from "../../../../constructs/keycloak/adopt/realm-template";
import { danglingReferences } from "../../../../constructs/keycloak/adopt/translation/dangling-references";
import { realmKinds } from "../realm-kinds";

const type = "org.keycloak.userprofile.UserProfileProvider";
const parse = (realm: object) =>
  RealmTemplate.parse(JSON.stringify({ realm: "demo", ...realm }), "demo.json");
const withProfile = (keycloakVersion: string, userProfileEnabled: string, config: object) =>
  parse({
    keycloakVersion,
    attributes: { userProfileEnabled },
    components: { [type]: [{ providerId: "declarative-user-profile", config }] },
    users: [{ username: "amy", attributes: { locker: ["12"] } }],
  });
const profileOf = ({ representation }: RealmTemplate) => {
  const [component] = (representation.components?.[type] ?? []) as { config: Record<string, string[]> }[];
  return component && JSON.parse(component.config["kc.user.profile.config"]?.[0] ?? "null");
};

describe("the user profile of a release before 24", () => {
  it("was off: attributes that it does not name stay possible, also when a component is there", () => {
    for (const config of [{}, { "config-pieces-count": ["0"] }]) {
      const template = withProfile("21.1.2", "false", config);
      expect(profileOf(template)).toMatchObject({ unmanagedAttributePolicy: "ENABLED" });
      expect(template.representation.users).toMatchObject([{ attributes: { locker: ["12"] } }]);
    }
  });

  it("was off, and one was written down: it stays, and is open", () => {
    const profile = { attributes: [{ name: "username" }, { name: "locker" }] };
    const template = withProfile("23.0.7", "false", { "kc.user.profile.config": [JSON.stringify(profile)] });
    expect(profileOf(template)).toEqual({ ...profile, unmanagedAttributePolicy: "ENABLED" });
  });

  it("was on: it is joined of its pieces, and stays closed", () => {
    const template = withProfile("22.0.5", "true", {
      "config-pieces-count": ["2"],
      "config-piece-1": ['[{"name":"locker"}]}'],
      "config-piece-0": ['{"attributes":'],
    });
    expect(profileOf(template)).toEqual({ attributes: [{ name: "locker" }] });
    const pieces = fieldReport(template).filter(({ path }) => path.includes("config-piece"));
    expect(pieces.map(({ kind }) => kind)).toEqual(["translated", "translated", "translated"]);
  });
});

it("puts alternatives of release 8.0.1 into flows of their own, as Keycloak does", () => {
  const step = (authenticator: string, requirement: string, priority: number) => ({
    authenticator,
    requirement,
    priority,
  });
  const { representation } = parse({
    keycloakVersion: "8.0.1",
    authenticationFlows: [
      {
        alias: "mixed",
        providerId: "basic-flow",
        topLevel: true,
        builtIn: false,
        authenticationExecutions: [
          step("auth-cookie", "ALTERNATIVE", 10),
          step("auth-password-form", "REQUIRED", 30),
          step("identity-provider-redirector", "ALTERNATIVE", 20),
        ],
      },
    ],
  });
  const flows = representation.authenticationFlows?.map(({ alias, authenticationExecutions }) => [
    alias,
    authenticationExecutions.map((one: Record<string, unknown>) => one.authenticator ?? one.flowAlias),
  ]);
  expect(flows).toEqual([
    ["mixed", ["mixed - Alternatives - 0", "auth-password-form"]],
    ["mixed - Alternatives - 0", ["auth-cookie", "identity-provider-redirector"]],
  ]);
});

it.each(realmKinds)(
  "$kind: refers to nothing that is not there, and has no word in place of a secret",
  ({ make }) => {
    const { representation } = RealmTemplate.parse(JSON.stringify(make("x")), "x");
    const { authenticationFlows = [], authenticatorConfig = [] } = representation;
    const steps = authenticationFlows.flatMap(({ authenticationExecutions }) => authenticationExecutions);
    const named = (key: string) => steps.flatMap((one: Record<string, unknown>) => one[key] ?? []);
    expect(authenticatorConfig.map(({ alias }) => alias)).toEqual(
      expect.arrayContaining(named("authenticatorConfig")),
    );
    expect(authenticationFlows.map(({ alias }) => alias)).toEqual(expect.arrayContaining(named("flowAlias")));
    // Keycloak would take it for the secret of a new realm.
    expect(JSON.stringify(representation)).not.toContain("**********");
  },
);

it.each([
  ["account", "account-console"],
  ["account-console", "account"],
])("does not leave %s alone, beside which Keycloak makes %s twice, or not at all", (clientId, other) => {
  expect([...danglingReferences({ realm: "demo", clients: [{ clientId }] })]).toEqual([`client ${other}`]);
});

it.each(realmKinds)("$kind: keeps the default role with its realm's word for it", ({ make }) => {
  const { roles, defaultRole } = RealmTemplate.parse(JSON.stringify(make("kind")), "x").representation;
  const names = roles?.realm?.map(({ name }) => name) ?? [];
  expect(names.includes("default-roles-kind")).toBe(defaultRole?.name === "default-roles-kind");
});

it("has a label for what has no name", () => {
  const template = parse({
    users: [{ username: "amy", credentials: [{ value: "x" }, { value: "y" }] }],
    scopeMappings: [{ roles: ["a"] }],
    federatedUsers: [{ username: "bob" }],
  });
  const paths = fieldReport(template).map(({ path }) => path);
  expect(paths).toContain("users[amy].credentials[#2].value");
  expect(paths.join()).not.toContain("undefined");
});

describe("a folder that kc.sh export --dir wrote", () => {
  const folder = mkdtempSync(join(tmpdir(), "kit-export-test-"));
  const write = (name: string, json: object) => writeFileSync(join(folder, name), JSON.stringify(json));
  write("staff-realm.json", { realm: "staff", enabled: true, users: [{ username: "amy" }] });
  write("staff-users-0.json", { realm: "staff", users: [{ username: "bob" }] });
  write("staff-users-10.json", { realm: "staff", users: [{ username: "dan" }] });
  write("staff-users-2.json", { realm: "staff", users: [{ username: "cat" }] });
  write("staff-federated-users-0.json", { realm: "staff", federatedUsers: [{ id: "f:1:eve" }] });
  write("guests-realm.json", { realm: "guests", enabled: true });
  write("README.json", { about: "it" });
  mkdirSync(join(folder, "empty"));

  it.each(["", "staff-realm.json", "staff-users-0.json"])("is a realm with its users, by %j", (name) => {
    const { representation } = RealmTemplate.fromFile(join(folder, name), { realm: "staff" });
    expect(representation.users?.map(({ username }) => username)).toEqual(["amy", "bob", "cat", "dan"]);
    expect(representation).toMatchObject({ federatedUsers: [{ id: "f:1:eve" }] });
  });

  it("holds several realms", () => {
    expect(() => RealmTemplate.fromFile(folder)).toThrow(/guests.*staff.*Choose one by --realm/s);
    expect(JSON.parse(exportText(join(folder, "guests-realm.json")))).toEqual({
      realm: "guests",
      enabled: true,
    });
  });

  it("is refused without a realm", () => {
    expect(() => exportText(join(folder, "empty"))).toThrow(/a folder without a realm.*kc\.sh export --dir/);
  });

  it("is refused with users that cannot be read", () => {
    writeFileSync(join(folder, "guests-users-0.json"), "{");
    expect(() => exportText(folder)).toThrow(/guests-users-0\.json.*not JSON/);
  });
});
