import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Environment, loadEnvironment } from "../../../config/environment";
import { SecretStore } from "../../../config/secrets";
import { type BackupAbout, FORMAT, REDIS } from "../../../operations/backup/archive/format";
import { checkRestore, missingPeople } from "../../../operations/backup/restore/check-restore";
import { databasesOf, importsOf, lastingVolumes, releasesOf } from "../../../operations/backup/stores";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-restore-"));
afterAll(() => rmSync(folder, { recursive: true }));

function environment(settings: object): Environment {
  writeFileSync(join(folder, "unit.yaml"), JSON.stringify({ images: "built", ...settings }));
  return loadEnvironment("unit", { directory: folder, env: {} });
}

const durable = { storage: { identity: "durable", mail: "memory" } };
const secrets = new SecretStore(join(folder, "secrets.json"), { env: {} });
const fitting = environment(durable);
const about: BackupAbout = {
  ...{ format: FORMAT, kit: "0.1.0", environment: "unit", createdAt: "2026-11-30T12:00:00.000Z" },
  releases: releasesOf(fitting),
  realms: [{ name: "oidc", domain: "localhost" }],
  people: ["james-user@localhost", "leaver@localhost"],
  ...{ identity: "import", imported: importsOf(fitting, secrets), leftOut: [] },
};
const members = [
  REDIS,
  "kit/secrets.json",
  ...databasesOf(fitting).map(({ database }) => `postgres/${database}.dump`),
].map((name) => ({ name, bytes: 1, sha256: "" }));

const check =
  (change: Partial<BackupAbout>, target = fitting, names = members) =>
  () =>
    checkRestore(
      "file",
      { about: { ...about, ...change }, contents: { members: names, counts: {} } },
      target,
      secrets,
    );

describe("a backup fits an environment", () => {
  it("of the same realms, of this release or an older one", () => {
    expect(check({})).not.toThrow();
    expect(check({ releases: { keycloak: "25.0.1", postgres: "14" } })).not.toThrow();
    expect(check({ releases: { postgres: "15.99" } })).not.toThrow();
  });

  it.each<[string, Partial<BackupAbout>, RegExp]>([
    ["other realms", { realms: [{ name: "acme", domain: "acme.example" }] }, /acme for acme.example/],
    [
      "realms that are made another way",
      { identity: "provider" },
      /identity: the realms were made by provider/,
    ],
    ["a newer PostgreSQL", { releases: { postgres: "17.6" } }, /postgres: .*newer release.*17.6 or newer/],
    ["a newer Keycloak", { releases: { keycloak: "99.0.0" } }, /keycloak: .*newer release.*99.0.0 or newer/],
  ])("not with %s", (_, change, expected) => {
    expect(check(change)).toThrow(expected);
  });

  it("not in memory, and not without a database that is in it; all is told at once", () => {
    const memory = environment({});
    const more = [...members, { name: "postgres/james.dump", bytes: 1, sha256: "" }];
    expect(check({ identity: "provider" }, memory, more)).toThrow(
      /storage: what is restored is to last[\s\S]*identity: [\s\S]*no database for postgres\/james.dump/,
    );
  });

  it("not where its realm would be imported anew over people's accounts; another name and other ports are none", () => {
    expect(check({}, environment({ ...durable, directGrants: true }))).toThrow(
      /realm oidc: the settings make another realm.*identity: provider/,
    );
    expect(
      check(
        {},
        environment({ ...durable, name: "other", ports: { imap: 1143, keycloak: 18080, gateway: 18081 } }),
      ),
    ).not.toThrow();
  });

  it("and all that lasts in one is known", () => {
    expect(
      lastingVolumes(fitting, secrets)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["postgres-data", "redis-data"]);
  });

  it("people whom it knows and the environment does not are told", () => {
    expect(missingPeople(about, fitting)).toEqual(["leaver@localhost"]);
  });
});
