import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Environment, loadEnvironment } from "../../../config/environment";
import { SecretStore } from "../../../config/secrets";
import { packageRoot } from "../../../kit/package-root";
import type { Deployment } from "../../../operations/deployment/deployment";
import {
  deployedRealms,
  type ManagedRealm,
  wantedIdentities,
} from "../../../operations/losses/deployed-realms";
import { realmLosses } from "../../../operations/losses/realm-losses";
import { reimportedRealms } from "../../../operations/losses/reimported-realms";

/** Of environment `offline` with settings of the test's. */
function wanted(env: NodeJS.ProcessEnv = {}): ManagedRealm[] {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const environment = loadEnvironment("offline", { directory: join(packageRoot, "environments"), env });
  const secrets = new SecretStore(join(directory, "secrets.json"), { env: {} });
  return wantedIdentities({ environment, secrets });
}

const provider = { KIT_IDENTITY: "provider" };
const domain = { KIT_DOMAIN: "example.org", KIT_PEOPLE: "[{ mail: a@example.org }]", KIT_LDIF: "[]" };

describe("the realms of an environment", () => {
  it.each(["import", "provider"] as const)("with identity: %s", (identity) => {
    const ldap = { name: "ldap", providerId: "ldap", usersDn: "ou=people,dc=localhost" };
    expect(wanted({ KIT_IDENTITY: identity })).toEqual([
      {
        realm: "oidc",
        by: identity,
        federations: [{ ...ldap, uuidLDAPAttribute: "entryUUID" }],
      },
    ]);
  });
});

describe("a realm does not go by itself from one database to another", () => {
  const durable = { KIT_STORAGE: "{ identity: durable, mail: memory }" };
  const others = { ...durable, KIT_POSTGRES_HOST: "db.test" };
  it.each<[string, NodeJS.ProcessEnv, NodeJS.ProcessEnv, RegExp]>([
    [
      "into PostgreSQL",
      {},
      durable,
      /in Keycloak's embedded database, and would begin anew in the environment's own/,
    ],
    [
      "out of it",
      durable,
      {},
      /in the environment's own PostgreSQL, and would .* Keycloak's embedded database/,
    ],
    ["into another one", durable, others, /would begin anew in PostgreSQL db\.test:5432\/keycloak/],
  ])("%s", (_, before, after, what) => {
    expect(realmLosses(wanted(before), wanted(after))).toMatchObject([
      { realm: "oidc", by: "import", left: true, what: expect.stringMatching(what) },
    ]);
  });

  it("nothing is lost where the environment's own PostgreSQL gets another name", () => {
    expect(realmLosses(wanted(durable), wanted({ ...durable, KIT_HOSTS_POSTGRES: "db.test" }))).toEqual([]);
  });
});

it("of a durable realm an import is a loss, once; of others it is not, nor what does not change the realm", () => {
  const environment = (identity: string) => ({ platform: { storage: { identity } } }) as Environment;
  const change = (file: string) => [{ name: "keycloak", files: [file] }];
  const realm = change("/opt/keycloak/kit/import/oidc.json");
  expect(reimportedRealms({ environment: environment("durable") }, realm, [])).toMatchObject([
    { realm: "oidc", by: "import", what: expect.stringContaining("imported anew") },
  ]);
  expect(reimportedRealms({ environment: environment("durable") }, realm, [{ realm: "oidc" }])).toEqual([]);
  expect(reimportedRealms({ environment: environment("memory") }, realm, [])).toEqual([]);
  const other = change("/opt/keycloak/conf/keycloak.conf");
  expect(reimportedRealms({ environment: environment("durable") }, other, [])).toEqual([]);
});

describe("the realms of a state", () => {
  const directory = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  const deployment = {
    stateFile: join(directory, "terraform.tfstate"),
    identityStateFile: join(directory, "identity.tfstate"),
  } as Deployment;
  const write = (file: string, resources: object[]) => writeFileSync(file, JSON.stringify({ resources }));
  const resource = (type: string, attributes: object, mode = "managed") => ({
    mode,
    type,
    name: "any",
    instances: [{ attributes }],
  });

  it("none: nothing was deployed", () => {
    expect(deployedRealms(deployment)).toEqual([]);
  });

  it("those of Keycloak's provider, with their federations", () => {
    write(deployment.identityStateFile, [
      resource("keycloak_realm", { realm: "other" }, "data"),
      resource("keycloak_realm", { realm: "mail" }),
      resource("keycloak_ldap_user_federation", {
        name: "ldap",
        realm_id: "mail",
        users_dn: "ou=people,dc=localhost",
        uuid_ldap_attribute: "entryUUID",
      }),
      resource("keycloak_custom_user_federation", { name: "k", realm_id: "mail", provider_id: "kerberos" }),
      resource("keycloak_ldap_custom_mapper", { name: "mail", realm_id: "mail" }),
    ]);
    expect(deployedRealms(deployment)).toMatchObject([
      { realm: "mail", by: "provider", federations: [{ name: "ldap" }, { providerId: "kerberos" }] },
    ]);
  });

  it("imported ones; a provider's state from before the import counts no longer", () => {
    const value = JSON.stringify([{ realm: "mail", federations: [] }]);
    const labels = [{ label: "james-oidc-kit.realms", value }];
    write(deployment.stateFile, [resource("docker_container", { labels }), resource("docker_container", {})]);
    expect(deployedRealms(deployment)).toEqual([{ realm: "mail", by: "import", federations: [] }]);
    labels.push({ label: "james-oidc-kit.database", value: "own" });
    write(deployment.stateFile, [resource("docker_container", { labels })]);
    expect(deployedRealms(deployment)).toMatchObject([{ realm: "mail", database: "own" }]);
  });
});

describe("what would be lost", () => {
  const losses = (before: NodeJS.ProcessEnv, after: NodeJS.ProcessEnv) =>
    realmLosses(wanted(before), wanted(after)).map(({ realm, federation, what }) => [
      realm,
      federation,
      what,
    ]);

  it.each([
    ["nothing changed", {}, {}],
    ["another client, host and port", {}, { KIT_PORTS_KEYCLOAK: "8081", KIT_HOSTS_LDAP: "directory.test" }],
    ["of a provider", provider, { ...provider, KIT_CLIENTS_OIDC_REDIRECT_URIS: "[https://a.test/cb]" }],
  ])("nothing: %s", (_, before, after) => {
    expect(losses(before, after)).toEqual([]);
  });

  it.each([
    ["renamed, imported", {}, { KIT_REALM_NAME: "mail" }, /left behind .*realm mail/],
    ["renamed, provider", provider, { ...provider, KIT_REALM_NAME: "mail" }, /would be removed: realm mail/],
    ["from import to provider", {}, provider, /made by an import, .* anew by Keycloak's Terraform provider/],
    ["from provider to import", provider, {}, /made by Keycloak's Terraform provider, .* anew by an import/],
    ["renamed and moved", {}, { ...provider, KIT_REALM_NAME: "mail" }, /would be removed: realm mail/],
  ])("the realm: %s", (_, before, after, what) => {
    expect(losses(before, after)).toEqual([["oidc", undefined, expect.stringMatching(what)]]);
  });

  it("one of several realms that goes without another one in its place", () => {
    const realms = (...names: string[]) =>
      names.map((realm): ManagedRealm => ({ realm, by: "provider", federations: [] }));
    expect(realmLosses(realms("a", "b"), realms("a"))).toMatchObject([
      { realm: "b", what: "would be removed" },
    ]);
    expect(realmLosses(realms("a"), realms("a", "b"))).toEqual([]);
  });

  it.each([
    ["import", {}],
    ["provider", provider],
  ])("users of a federation whose directory has another suffix, by %s", (_, env) => {
    expect(losses(env, { ...env, ...domain })).toEqual([
      [
        "oidc",
        "ldap",
        expect.stringContaining("by usersDn ou=people,dc=example,dc=org instead of ou=people,"),
      ],
    ]);
  });

  it("a federation that is renamed, or of another kind; not one whose DN is only written otherwise", () => {
    const realm = (name: string, providerId: string, usersDn = "ou=People, dc=a"): ManagedRealm => ({
      realm: "mail",
      by: "import",
      federations: [{ name, providerId, usersDn }],
    });
    const old = [realm("ldap", "ldap")];
    const what = /^would be removed, and its users with it; there would be/;
    for (const next of [realm("people", "ldap"), realm("ldap", "kerberos")]) {
      expect(realmLosses(old, [next])).toMatchObject([
        { federation: "ldap", what: expect.stringMatching(what) },
      ]);
    }
    expect(realmLosses(old, [realm("ldap", "ldap", "OU=people,dc=a")])).toEqual([]);
  });
});
