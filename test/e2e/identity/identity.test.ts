import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { difference } from "../../../constructs/keycloak/compare/difference";
import { normalizeRealm } from "../../../constructs/keycloak/compare/normalize";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { environmentPorts } from "../../engine";
import { imageSettings, KitProject, type KitRun } from "../support/kit";
import { providerUnavailable } from "../support/provider";

const ports = environmentPorts();
const settings = { ...imageSettings, directGrants: true, ports };
const provided = new KitProject("kit-e2e-idp", { ...settings, identity: "provider" });

type Change = { action: string; address: string };
const expectExit = (run: KitRun, exitCode: number) => expect(run.exitCode, run.output).toBe(exitCode);
const secretsFile = join(provided.kitDirectory, "secrets.json");
const secrets = (): Record<string, string> => JSON.parse(readFileSync(secretsFile, "utf8"));

async function admin() {
  const { default: KeycloakAdminClient } = await import("@keycloak/keycloak-admin-client");
  const client = new KeycloakAdminClient({ baseUrl: `http://127.0.0.1:${ports.keycloak}/auth` });
  const password = secrets().keycloakAdmin as string;
  await client.auth({ grantType: "password", clientId: "admin-cli", username: "admin", password });
  return client;
}

async function exported(): Promise<RealmRepresentation> {
  const { realms } = await admin();
  return realms.export({ realm: "oidc", exportClients: true, exportGroupsAndRoles: true });
}

async function changes(env: NodeJS.ProcessEnv = {}): Promise<Change[]> {
  const run = await provided.run(["plan"], { env });
  expectExit(run, 0);
  return run.result.changes as Change[];
}

describe("identity: provider", async () => {
  const reason = await providerUnavailable();
  if (reason) it("a realm's life", ({ skip }) => skip(reason));
  else describe.sequential("a realm's life", life);
});

function life(): void {
  let realm: RealmRepresentation;
  beforeAll(() => provided.cleanUp());
  afterAll(() => provided.remove());

  it("is planned before there is a Keycloak, and then comes up; every step of the smoke test succeeds", async () => {
    const planned = await changes();
    expect(planned.map(({ address }) => address.replace(/\..*/, ""))).toEqual(
      expect.arrayContaining(["docker_container", "keycloak_realm", "keycloak_openid_client"]),
    );
    expectExit(await provided.run(["up"]), 0);
    realm = await exported();
  });

  it("has nothing to change after that", async () => {
    expect(await changes()).toEqual([]);
  });

  it("keeps secrets out of synthesis output and states", () => {
    const values = Object.values(secrets()).filter((value) => typeof value === "string");
    const files = readdirSync(join(provided.kitDirectory, "cdktf.out/stacks"), {
      recursive: true,
      withFileTypes: true,
    }).filter((entry) => entry.isFile() && entry.name.endsWith(".json"));
    const texts = [
      ...files.map((entry) => join(entry.parentPath, entry.name)),
      ...["terraform.tfstate", "identity.tfstate"].map((name) => join(provided.kitDirectory, name)),
    ].map((path) => readFileSync(path, "utf8"));
    expect(texts.length).toBeGreaterThan(3);
    for (const text of texts) expect(values.filter((value) => text.includes(value))).toEqual([]);
  });

  it("changes a client and no container", async () => {
    const before = provided.containerIds();
    const env = { KIT_CLIENTS_OIDC_REDIRECT_URIS: "[http://localhost:4000/callback]" };
    expect((await changes(env)).map(({ action, address }) => [action, address.split(".")[0]])).toEqual([
      ["update", "keycloak_openid_client"],
    ]);
    expectExit(await provided.run(["up", "--no-smoke"], { env }), 0);
    const { clients } = await admin();
    const [oidc] = await clients.find({ realm: "oidc", clientId: "oidc" });
    expect(oidc?.redirectUris).toEqual(["http://localhost:4000/callback"]);
    expectExit(await provided.run(["up", "--no-smoke"]), 0);
    expect(provided.containerIds()).toEqual(before);
  });

  it("makes anew what somebody removed by hand", async () => {
    const { clients } = await admin();
    const [client] = await clients.find({ realm: "oidc", clientId: "james-thunderbird" });
    await clients.del({ realm: "oidc", id: client?.id as string });
    const planned = await changes();
    expect(planned.map(({ action }) => action)).not.toContain("delete");
    expect(planned.find(({ address }) => address.startsWith("keycloak_openid_client."))?.action).toBe(
      "create",
    );
    expectExit(await provided.run(["up"]), 0);
    expect(await changes()).toEqual([]);
    expect(difference(normalizeRealm(realm), normalizeRealm(await exported()))).toEqual([]);
  });

  it("brings a rotated password of the directory to the realm, and refuses an older store", async () => {
    const older = readFileSync(secretsFile);
    expectExit(await provided.run(["secrets", "rotate", "ldapAdmin"]), 0);
    expectExit(await provided.run(["up"]), 0);
    expect(await changes()).toEqual([]);
    const newer = readFileSync(secretsFile);
    writeFileSync(secretsFile, older);
    const run = await provided.run(["secrets", "rotate", "redis"]);
    writeFileSync(secretsFile, newer);
    expectExit(run, 2);
    expect(run.output).toContain("the federation of realm oidc has value number 2, this store number 1");
  });

  it("is not renamed unasked: what would be lost is listed, and nothing is changed", async () => {
    const before = provided.containerIds();
    const env = { KIT_REALM_NAME: "mail" };
    const runs = [
      await provided.run(["plan"], { env }),
      await provided.run(["up", "--no-smoke"], { env }),
      await provided.cdktf(["diff", "identity", "--skip-provider-lock"], env),
    ];
    for (const { exitCode, output } of runs) {
      expect(exitCode, output).not.toBe(0);
      expect(output).toMatch(
        /realm oidc[\s\S]*realm mail takes its place[\s\S]*users: [1-9]\d* \(of federation ldap: [1-9]/,
      );
    }
    expect(provided.containerIds()).toEqual(before);
    expect(await changes()).toEqual([]);
  });

  it("is renamed when asked: the old one is gone, and people get in", async () => {
    const names = async () => (await (await admin()).realms.find()).map((one) => one.realm).sort();
    expectExit(await provided.run(["up", "--allow-loss", "oidc"], { env: { KIT_REALM_NAME: "mail" } }), 0);
    expect(await names()).toEqual(["mail", "master"]);
    expectExit(await provided.run(["up", "--no-smoke", "--allow-loss", "mail"]), 0);
    expect(await names()).toEqual(["master", "oidc"]);
    expect(await changes()).toEqual([]);
  });

  it("works by CDK for Terraform itself", async () => {
    const run = await provided.cdktf(["diff", "identity", "--skip-provider-lock"]);
    expectExit(run, 0);
    expect(run.output).toContain("No changes");
  });

  it("gives the same realm as an import, by which it is replaced when asked, and back", async () => {
    const env = { KIT_IDENTITY: "import" };
    const realm = await exported();
    const refused = await provided.run(["up", "--no-smoke"], { env });
    expectExit(refused, 2);
    expect(refused.output).toContain("would be made anew by an import");
    expectExit(await provided.run(["up", "--no-smoke", "--allow-loss", "oidc"], { env }), 0);
    const differences = difference(normalizeRealm(await exported()), normalizeRealm(realm));
    // Keys are made anew with every realm, those of an import by the kit's own image.
    expect(differences.filter(({ object }) => !object.startsWith("key provider "))).toEqual([]);
    expectExit(await provided.run(["up", "--no-smoke"]), 2);
    expectExit(await provided.run(["up", "--allow-loss", "oidc"]), 0);
    expect(await changes()).toEqual([]);
  });

  it("goes with its environment", async () => {
    expectExit(await provided.run(["down"]), 0);
    expect(provided.leftovers()).toEqual([]);
  });
}
