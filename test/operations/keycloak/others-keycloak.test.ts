import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { proveAdministrator } from "../../../operations/keycloak/admin-password";
import { refuseClientsInTheWay } from "../../../operations/keycloak/clients-in-the-way";
import { isMasterUnprotected, protectMaster } from "../../../operations/keycloak/protect-master";
import { removeClients } from "../../../operations/keycloak/remove-clients";
import { runningDifferences } from "../../../operations/keycloak/running-differences";
import { refuseStaleSecrets } from "../../../operations/keycloak/stale-secrets";
import { giveUpRealms } from "../../../operations/losses/give-up-realms";
import { realmsLost, refuseLoss } from "../../../operations/losses/refuse-loss";
import { wantedRealms } from "../../../stacks/wanted-realms";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject } from "../../cli/project";

/** A Keycloak that is not the kit's, with one realm, in which user `kit` of realm `staff` may manage clients. */
let keycloak: FakeKeycloak;
let folder: string;
let url: string;

const login = "POST /realms/staff/protocol/openid-connect/token";
const clients = "GET /admin/realms/acme/clients";
const stateFile = ".kit/unit/identity.tfstate";
const settings = (changed: object = {}) => ({
  ...{ images: "built", domain: "acme.test", realm: { name: "acme" } },
  keycloak: { url, admin: { user: "kit", realm: "staff" }, ...changed },
});
const configure = (written: object) => writeFileSync("environments/unit.yaml", JSON.stringify(written));
const resource = (type: string, name: string, attributes: object) => ({
  ...{ mode: "managed", type, name, instances: [{ attributes }] },
});
const deployed = (...resources: object[]) => writeFileSync(stateFile, JSON.stringify({ resources }));
const client = (clientId: string, id: string) =>
  resource("keycloak_openid_client", clientId, { realm_id: "acme", client_id: clientId, id });
const ready = (at: string) =>
  resource("terraform_data", "keycloak-ready", { triggers_replace: { value: { url: at } } });

beforeAll(async () => {
  keycloak = await fakeKeycloak();
  // By an address that is not taken for the containers' own.
  url = `http://0.0.0.0:${keycloak.port}/auth`;
  folder = enterProject(settings());
  vi.stubEnv("KIT_SECRET_KEYCLOAK_ADMIN", "given");
  openDeployment("unit");
});

beforeEach(() => {
  vi.stubEnv("KIT_SECRET_KEYCLOAK_ADMIN", "given");
  configure(settings());
  deployed();
  const token = keycloak.answers.get("POST /realms/master/protocol/openid-connect/token");
  for (const request of keycloak.answers.keys()) {
    if (request.includes("/admin/")) keycloak.answers.delete(request);
  }
  keycloak.answers.set(login, token);
  keycloak.answers.set(clients, [{ id: "1", clientId: "account", access: { manage: true } }]);
});

afterEach(() => vi.unstubAllEnvs());

afterAll(() => {
  keycloak.close();
  leaveProject(folder);
});

describe("its administrator", () => {
  it("is who may manage the realm's clients", async () => {
    await expect(proveAdministrator(openDeployment("unit"))).resolves.toBeUndefined();
  });

  it("is waited for where a login fails as it does while Keycloak finds its database again", async () => {
    const token = keycloak.answers.get(login);
    keycloak.answers.set(login, 500);
    const proven = proveAdministrator(openDeployment("unit"));
    setTimeout(() => keycloak.answers.set(login, token), 400);
    await expect(proven).resolves.toBeUndefined();
  });

  it.each([
    ["a wrong password", login, 401, /the password is not that of user kit in realm staff/],
    ["no such realm for the user", login, 404, /there is no realm staff, in which user kit would be/],
    ["no such realm", clients, 404, /there is no realm acme/],
    ["no role", clients, 403, /nobody gave the right to manage clients of realm acme\. Take a user of/],
    ["a role that only looks", clients, [{ access: { view: true, manage: false } }], /Take a user of realm/],
    ["nothing there", login, 503, /Keycloak does not answer[\s\S]*keycloak\.url/],
  ])("is refused with the reason: %s", async (_, request, answer, message) => {
    keycloak.answers.set(request, answer);
    await expect(proveAdministrator(openDeployment("unit"))).rejects.toThrow(message);
  });

  it.each([
    ["master", /Give the user role manage-clients of client acme-realm, in realm master/],
    ["acme", /Give the user role manage-clients of client realm-management, in realm acme/],
  ])("of realm %s is told the role that is missing", async (realm, message) => {
    configure(settings({ admin: { user: "kit", realm } }));
    keycloak.answers.set(`POST /realms/${realm}/protocol/openid-connect/token`, keycloak.answers.get(login));
    keycloak.answers.set(clients, 403);
    await expect(proveAdministrator(openDeployment("unit"))).rejects.toThrow(message);
  });
});

test("clients of the same names are refused, but for those that the state knows", async () => {
  keycloak.answers.set(clients, [{ id: "1", clientId: "oidc" }]);
  const names = ["oidc", "james-thunderbird", "james"];
  await expect(refuseClientsInTheWay(openDeployment("unit"))).rejects.toMatchObject({
    problems: names.map((name) => ({ where: `client ${name} in realm acme of ${url}` })),
  });
  deployed(ready(url), client("oidc", "1"));
  await expect(refuseClientsInTheWay(openDeployment("unit"))).resolves.toBeUndefined();
});

test("realm master is left as it is, and not looked at", async () => {
  await protectMaster(openDeployment("unit"));
  expect(await isMasterUnprotected(openDeployment("unit"))).toBe(false);
});

test("secrets older than those of its clients are found", async () => {
  keycloak.answers.set("GET /admin/realms/acme", { realm: "acme" });
  keycloak.answers.set(clients, [{ clientId: "james", attributes: { "kit.secret.version": "2" } }]);
  await expect(refuseStaleSecrets(openDeployment("unit"))).rejects.toThrow(
    /client james has value number 2, this store number 1/,
  );
});

test("drift is about the kit's clients alone, and not about their client scopes", async () => {
  const { environment, secrets } = openDeployment("unit");
  const [{ representation }] = wantedRealms(environment, secrets);
  const [wanted] = representation.clients ?? [];
  const there = { ...wanted, id: "1", defaultClientScopes: ["staff"] };
  const find = async (found: object) => {
    keycloak.answers.set(clients, [found]);
    const all = await runningDifferences(openDeployment("unit"));
    return all.filter(({ object }) => object === "client oidc");
  };
  expect(await find(there)).toEqual([]);
  expect(await find({ ...there, redirectUris: ["https://evil.example/*"] })).toMatchObject([
    { realm: "acme", path: "redirectUris", found: ["https://evil.example/*"] },
  ]);
  expect(await find({ ...there, clientId: "another" })).toMatchObject([{ path: "" }]);
});

describe("what the kit has made there", () => {
  const left = ["client oidc in realm acme of "];

  it("is removed, by its id; what is gone is gone", async () => {
    deployed(ready(url), client("oidc", "1"), client("james", "2"));
    keycloak.answers.set("GET /admin/realms/acme/clients/1", { id: "1" });
    keycloak.answers.set("DELETE /admin/realms/acme/clients/1", {});
    const files = openDeployment("unit");
    expect(await removeClients(files, () => openDeployment("unit"))).toEqual({
      removed: [`client oidc in realm acme of ${url}`, `client james in realm acme of ${url}`],
      left: [],
    });
  });

  it.each([
    ["it does not answer", 503, {}, "Keycloak does not answer"],
    ["the environment names another", undefined, { url: "http://other.test/auth" }, "no longer names"],
  ])("is told when it must stay: %s", async (_, status, changed, reason) => {
    deployed(ready(url), client("oidc", "1"));
    configure(settings(changed));
    if (status) keycloak.answers.set(login, status);
    expect(await removeClients(openDeployment("unit"), () => openDeployment("unit"))).toEqual({
      ...{ removed: [], left: left.map((start) => start + url) },
      reason: expect.stringContaining(reason),
    });
  });

  it("is not lost from sight by another Keycloak; the state then is given up, and no realm there is touched", async () => {
    deployed(ready("http://old.test/auth"), client("oidc", "1"));
    const losses = await realmsLost(openDeployment("unit"));
    await expect(refuseLoss(openDeployment("unit"), losses, [])).rejects.toThrow(
      /left behind in a Keycloak that is not the kit's[\s\S]*realm acme: .*http:\/\/old\.test\/auth: clients oidc/,
    );
    await giveUpRealms(openDeployment("unit"), losses);
    expect(await realmsLost(openDeployment("unit"))).toEqual([]);
  });

  it("is the same by another URL of the same Keycloak", async () => {
    deployed(ready("http://old.test/auth"), client("oidc", "1"));
    keycloak.answers.set("GET /admin/realms/acme/clients/1", { id: "1" });
    expect(await realmsLost(openDeployment("unit"))).toEqual([]);
  });
});

test("a realm of the kit's own Keycloak is never given up in somebody else's, where one may have its name", async () => {
  deployed(resource("keycloak_realm", "acme", { realm: "acme" }));
  const losses = await realmsLost(openDeployment("unit"));
  expect(losses).toMatchObject([{ realm: "acme", by: "provider", what: "would be removed" }]);
  // There, and with no answer to what would remove it.
  keycloak.answers.set("GET /admin/realms/acme", { realm: "acme" });
  await giveUpRealms(openDeployment("unit"), losses);
  expect(await realmsLost(openDeployment("unit"))).toEqual([]);
});
