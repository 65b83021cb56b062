import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RealmRepresentation } from "../../../constructs/keycloak/representation/realm-template";
import { type KeycloakAdmin, withAdminApi } from "../../../operations/keycloak/admin-api";
import { builtImages } from "../../../platform/image-set";
import { prepareTerraform } from "../../../setup/machine";
import { createProgress } from "../../../setup/progress/progress";
import { KeycloakProviderUnavailable } from "../../../setup/terraform/keycloak-provider";
import { Authority } from "../../authority";
import { docker, environmentPorts, freePorts, removeRuns, runName } from "../../engine";
import { startContainer, testLabel, until } from "../../gateway/lab/docker";
import { KitProject, type KitRun } from "../support/kit";

/**
 * A Keycloak that is not the kit's, on the engine's machine, where the platform's containers reach it by its address. It
 * has two realms with users of their own: one has other client scopes than Keycloak makes, the other those alone. Its
 * administrator may manage the clients of both and nothing else.
 */
const purpose = "kit-external-sso-e2e";
const run = runName(purpose);
const ports = environmentPorts();
const further = freePorts("imap", "smtp", "sieve");
const { https } = freePorts("https");
const folder = mkdtempSync(join(tmpdir(), "kit-external-sso-"));
const passwords = { admin: "of the administrator", kit: "of the kit", amy: "amy's own", bob: "bob's own" };
const project = new KitProject(purpose, {});
/** What the kit knew before `down`. */
const kept = join(folder, "kept");
let address = "";
let url = "";

const settings = () => ({
  ...{ images: "built", domain: "acme.test", directGrants: true, ports },
  keycloak: { url, ca: join(folder, "ca.pem"), admin: { user: "kit" } },
  ...{ realm: { name: "acme" }, people: [{ mail: "amy@acme.test" }], smokeUser: "amy@acme.test" },
  realms: [
    {
      ...{ name: "plain", domain: "plain.test", people: [{ mail: "bob@plain.test" }] },
      ...{ smokeUser: "bob@plain.test", hosts: { gateway: "jmap.plain.test" }, ports: further },
    },
  ],
  clients: {
    others: [{ name: "portal", kind: "confidential", redirectUris: ["https://portal.acme.test/back"] }],
  },
});
const secrets = {
  KIT_SECRET_KEYCLOAK_ADMIN: passwords.kit,
  KIT_SECRET_AMY_ACME_TEST: passwords.amy,
  KIT_SECRET_BOB_PLAIN_TEST: passwords.bob,
};
const kit = (...args: string[]) => project.run(args, { env: secrets });
const expectExit = (run: KitRun, exitCode: number) => expect(run.exitCode, run.output).toBe(exitCode);

const problemsOf = ({ events }: KitRun) => events.find(({ event }) => event === "error")?.problems;

const kitClients = ["oidc", "james-thunderbird", "james", "kit-smoke", "portal"];

const read = (name: string) => readFileSync(join(folder, name), "utf8");

/** As the administrator of all that Keycloak has. */
const administer = <T>(work: (admin: KeycloakAdmin) => Promise<T>): Promise<T> =>
  withAdminApi(
    {
      ...{ baseUrl: url, username: "admin", password: passwords.admin, ca: read("ca.pem"), unreachable: "" },
      refused: ({ url, message }) => new Error(`${url}: ${message}`) as never,
    },
    work,
  );

const user = (name: string, domain: string, password: string) => ({
  ...{ username: name, email: `${name}@${domain}`, emailVerified: true, enabled: true },
  ...{ firstName: name, lastName: name },
  credentials: [{ type: "password", value: password }],
});

const staffScope = {
  ...{ name: "staff", protocol: "openid-connect" },
  protocolMappers: [
    {
      ...{ name: "staff", protocol: "openid-connect", protocolMapper: "oidc-hardcoded-claim-mapper" },
      config: {
        ...{ "claim.name": "staff", "claim.value": "yes", "jsonType.label": "String" },
        "access.token.claim": "true",
      },
    },
  ],
};

const realms: RealmRepresentation[] = [
  {
    ...{
      realm: "acme",
      displayName: "Acme",
      enabled: true,
      users: [user("amy", "acme.test", passwords.amy)],
    },
    ...{ clientScopes: [staffScope], defaultDefaultClientScopes: ["staff"] },
  },
  { realm: "plain", enabled: true, users: [user("bob", "plain.test", passwords.bob)] },
];

async function makeUsers({ realms, users, clients }: KeycloakAdmin): Promise<void> {
  const realm = "master";
  // It takes several logins of one user at once for guesses.
  await realms.update({ realm }, { bruteForceProtected: true });
  await users.create({ realm, ...user("guest", "sso.test", passwords.kit) });
  const kit = await users.create({ realm, ...user("kit", "sso.test", passwords.kit) });
  for (const name of ["acme", "plain"]) {
    const [client] = await clients.find({ realm, clientId: `${name}-realm` });
    const id = client?.id as string;
    const role = await clients.findRole({ realm, id, roleName: "manage-clients" });
    await users.addClientRoleMappings({
      ...{ realm, id: kit.id, clientUniqueId: id },
      roles: [{ id: role?.id as string, name: role?.name as string }],
    });
  }
}

/** The realms but for the kit's clients, as text. */
async function others(): Promise<string> {
  return administer(async ({ realms }) => {
    const exports = await Promise.all(
      ["acme", "plain"].map((realm) =>
        realms.export({ realm, exportClients: true, exportGroupsAndRoles: true }),
      ),
    );
    return JSON.stringify(
      exports.map((realm) => ({
        ...realm,
        clients: realm.clients?.filter(({ clientId = "" }) => !kitClients.includes(clientId)),
        roles: {
          ...realm.roles,
          client: Object.fromEntries(
            Object.entries(realm.roles?.client ?? {}).filter(([id]) => !kitClients.includes(id)),
          ),
        },
      })),
      null,
      1,
    );
  });
}

const clientOf = (realm: string, clientId: string) =>
  administer(async ({ clients }) => (await clients.find({ realm, clientId }))[0]);

/** Why the provider cannot be had here. */
const unavailable = () =>
  prepareTerraform(createProgress(), { keycloakProvider: true }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof KeycloakProviderUnavailable) return error.message;
      throw error;
    },
  );

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${run}`, run);
  [address = ""] = docker("network", "inspect", run, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  url = `https://${address}:${https}/auth`;
  new Authority(folder).certify(address);
  project.configure(settings());
  const configuration = {
    ...{ hostname: url, "http-host": address, "http-enabled": false, "https-port": https },
    "https-certificate-file": "/opt/keycloak/conf/server.pem",
    "https-certificate-key-file": "/opt/keycloak/conf/server.key",
    "bootstrap-admin-username": "admin",
    "bootstrap-admin-password": passwords.admin,
    "log-level": "WARN",
  };
  const lines = Object.entries(configuration).map(([key, value]) => `${key}=${value}\n`);
  await startContainer({
    ...{ test: run, network: "host", aliases: [], name: run, image: builtImages().keycloak.reference },
    files: [
      { path: "/opt/keycloak/conf/keycloak.conf", content: lines.join("") },
      { path: "/opt/keycloak/conf/server.pem", content: read("server.pem") },
      { path: "/opt/keycloak/conf/server.key", content: read("server.key") },
      ...realms.map((realm) => ({
        path: `/opt/keycloak/kit/import/${realm.realm}.json`,
        content: JSON.stringify(realm),
      })),
    ],
  });
  await until(run, 300, () => administer(async () => true));
  await administer(makeUsers);
}, 400_000);
afterAll(() => {
  project.remove();
  removeRuns(testLabel, purpose);
  rmSync(folder, { recursive: true });
});

describe("a Keycloak of one's own", async () => {
  const reason = await unavailable();
  if (reason) it("with an administrator", ({ skip }) => skip(reason));
  else describe.sequential("with an administrator", withAdministrator);
});

describe.sequential("a Keycloak of one's own, without an administrator", () => {
  const unadministered = () => {
    const { keycloak, realms: _, ...others } = settings();
    return { ...others, directGrants: false, keycloak: { url: keycloak.url, ca: keycloak.ca } };
  };
  const clients = ["oidc", "james-thunderbird", "james", "portal"];
  const told = (env: NodeJS.ProcessEnv = {}) => ({
    env: { KIT_SECRET_JAMES_CLIENT: "of james", KIT_SECRET_AMY_ACME_TEST: passwords.amy, ...env },
  });
  let jamesSecret = "";

  it("says what is not there, before anything is changed", async () => {
    project.configure(unadministered());
    const refused = await project.run(["up"], told());
    expectExit(refused, 2);
    for (const client of clients) expect(refused.output).toContain(`client ${client}, ${url}/realms/acme/`);
    expect(project.leftovers()).toEqual([]);
  });

  it("tells what its administrator must create, as Keycloak imports it", async () => {
    for (const client of clients) {
      const file = join(folder, `${client}.json`);
      const shown = await project.run(["client", "show", client, "--representation", file], told());
      expectExit(shown, 0);
      await administer(({ clients }) =>
        clients.create({ realm: "acme", ...JSON.parse(read(`${client}.json`)) }),
      );
    }
    jamesSecret = (await clientOf("acme", "james"))?.secret ?? "";
    expect(jamesSecret).not.toBe("");
  });

  it("takes no other secret, and no redirect URI that is not there", async () => {
    const refused = await project.run(
      ["plan"],
      told({ KIT_CLIENTS_OIDC_REDIRECT_URIS: '["https://other.test/cb"]' }),
    );
    expectExit(refused, 2);
    expect(refused.output).toMatch(/client james, .*its secret is another/);
    expect(refused.output).toMatch(/client oidc, .*may not come back to this redirect URI/);
  });

  it("comes up beside it, and every smoke step succeeds", async () => {
    const up = await project.run(["up"], told({ KIT_SECRET_JAMES_CLIENT: jamesSecret }));
    expectExit(up, 0);
    const steps = up.events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean }] : []));
    expect(steps.length).toBeGreaterThan(30);
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(Object.keys(project.containerIds()).sort()).toEqual(["gateway", "james", "ldap", "redis"]);
    expect(
      (await project.run(["plan"], told({ KIT_SECRET_JAMES_CLIENT: jamesSecret }))).result.changes,
    ).toEqual([]);
  });

  it("drift tells when nobody can log in by a client any more", async () => {
    const told = { env: { KIT_SECRET_AMY_ACME_TEST: passwords.amy } };
    expectExit(await project.run(["drift"], told), 0);
    const { id = "", ...oidc } = (await clientOf("acme", "oidc")) ?? {};
    const change = (redirectUris: string[] = []) =>
      administer(({ clients }) => clients.update({ realm: "acme", id }, { ...oidc, redirectUris }));
    await change(["https://evil.example/cb"]);
    const drift = await project.run(["drift"], told);
    expectExit(drift, 2);
    expect(drift.output).toContain("client oidc, ");
    await change(oidc.redirectUris);
  });

  it("down leaves the clients where they are", async () => {
    expectExit(await project.run(["down"]), 0);
    expect(project.leftovers()).toEqual([]);
    for (const client of clients) expect((await clientOf("acme", client))?.clientId).toBe(client);
  });
});

type Change = { action: string; name: string; address: string; ends?: string[] };

function withAdministrator(): void {
  let before = "";

  it("says what the administrator lacks, before anything is changed", async () => {
    before = await others();
    const refusal = async (env: object, admin: object) => {
      project.configure({ ...settings(), keycloak: { ...settings().keycloak, admin } });
      const run = await project.run(["up"], { env: { ...secrets, ...env } });
      expectExit(run, 2);
      return problemsOf(run);
    };
    expect(await refusal({}, { user: "kit", realm: "absent" })).toMatchObject([
      { what: expect.stringContaining("there is no realm absent") },
    ]);
    expect(await refusal({}, { user: "guest" })).toMatchObject([
      { fix: "Give the user role manage-clients of client acme-realm, in realm master" },
    ]);
    expect(await refusal({ KIT_SECRET_KEYCLOAK_ADMIN: "wrong" }, { user: "kit" })).toMatchObject([
      {
        where: "KIT_SECRET_KEYCLOAK_ADMIN",
        what: "the password is not that of user kit in realm master",
      },
    ]);
    project.configure(settings());
    expect(project.leftovers()).toEqual([]);
  });

  it("touches no client of somebody else's that has the name of one of its own", async () => {
    const made = await administer(({ clients }) => clients.create({ realm: "plain", clientId: "oidc" }));
    for (const command of ["plan", "up"]) {
      const refused = await kit(command);
      expectExit(refused, 2);
      expect(problemsOf(refused)).toMatchObject([{ where: `client oidc in realm plain of ${url}` }]);
    }
    expect(project.leftovers()).toEqual([]);
    await administer(({ clients }) => clients.del({ realm: "plain", id: made.id }));
  });

  it("plans the clients where they will be, and comes up with no Keycloak of its own; every smoke step succeeds", async () => {
    const plan = await kit("plan");
    expectExit(plan, 0);
    expect((plan.result.changes as Change[]).map(({ name }) => name)).toContain(
      `client oidc in realm acme of ${url}`,
    );
    const up = await kit("up");
    expectExit(up, 0);
    const steps = up.events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean }] : []));
    expect(steps.length).toBeGreaterThan(40);
    expect(steps.filter((step) => !step.ok || "skipped" in step)).toEqual([]);
    expect(Object.keys(project.containerIds()).sort()).toEqual(["gateway", "james", "ldap", "redis"]);
  });

  it("nobody of one realm has a mailbox of the other's domain, whatever address is in the token", async () => {
    const curl = (...args: string[]) =>
      spawnSync("curl", ["--silent", "--cacert", join(folder, "ca.pem"), ...args], { encoding: "utf8" });
    const reaches = (name: string, mail: string) => {
      const { stdout } = curl(
        ...["--data", `client_id=kit-smoke&grant_type=password&username=${name}`],
        ...["--data-urlencode", `password=${passwords.amy}`],
        `${url}/realms/acme/protocol/openid-connect/token`,
      );
      const login = ["--user", mail, "--oauth2-bearer", JSON.parse(stdout).access_token];
      return curl(...login, `imap://127.0.0.1:${ports.imap}/`).status;
    };
    const realm = "acme";
    const mallory = await administer(({ users }) =>
      users.create({ realm, ...user("mallory", "plain.test", passwords.amy) }),
    );
    expect(reaches("amy", "amy@acme.test")).toBe(0);
    expect(reaches("mallory", "mallory@plain.test")).toBe(67);
    await administer(({ users }) => users.del({ realm, id: mallory.id }));
  });

  it("has nothing to change after that, no drift, and keeps secrets out of its state", async () => {
    expect((await kit("plan")).result.changes).toEqual([]);
    for (const command of ["status", "drift"]) {
      const told = await kit(command);
      expectExit(told, 0);
      expect(told.result.external).toEqual(
        ["acme", "plain"].map((name) => ({
          ...{ service: "keycloak", address: `${url}/realms/${name}` },
          made: "the kit's clients of the realm",
        })),
      );
    }
    const state = readFileSync(join(project.kitDirectory, "identity.tfstate"), "utf8");
    const stored = JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8"));
    for (const [name, value] of Object.entries(stored)) expect(state, name).not.toContain(value);
  });

  it("has changed nothing else of the realms", async () => {
    expect(await others()).toBe(before);
  });

  it("finds what somebody changed of its clients, and nothing of others'; up repairs it", async () => {
    const { id = "", ...oidc } = (await clientOf("acme", "oidc")) ?? {};
    await administer(async ({ clients, realms }) => {
      const redirectUris = ["https://evil.example/*"];
      await clients.update({ realm: "acme", id }, { ...oidc, redirectUris });
      await clients.create({ realm: "acme", clientId: "another" });
      await realms.update({ realm: "acme" }, { displayName: "Acme & Sons" });
    });
    const drift = await kit("drift");
    expectExit(drift, 2);
    expect(drift.result.objects).toMatchObject([
      { realm: "acme", differences: [{ path: "valid_redirect_uris", found: ["https://evil.example/*"] }] },
    ]);
    expectExit(await kit("up", "--no-smoke"), 0);
    expectExit(await kit("drift"), 0);
    expect((await clientOf("acme", "oidc"))?.redirectUris).toEqual(oidc.redirectUris);
    await administer(async ({ clients, realms }) => {
      const [another] = await clients.find({ realm: "acme", clientId: "another" });
      await clients.del({ realm: "acme", id: another?.id as string });
      await realms.update({ realm: "acme" }, { displayName: "Acme" });
    });
  });

  it("rotates the secrets of its clients there, and not its administrator's", async () => {
    const refused = await project.run(["secrets", "rotate", "keycloakAdmin"]);
    expectExit(refused, 2);
    expect(refused.output).toMatch(/the Keycloak is not the kit's/);
    const was = (await clientOf("acme", "james"))?.secret;
    expectExit(await kit("secrets", "rotate", "jamesClient"), 0);
    expectExit(await kit("up", "--allow-loss", "mail"), 0);
    const secret = (await clientOf("acme", "james"))?.secret;
    expect(secret).not.toBe(was);
    expect((await project.run(["secrets", "show", "jamesClient"])).output).toContain(secret);
  });

  it("says what ends with a client that the environment has no longer", async () => {
    const plan = await project.run(["plan"], { env: { ...secrets, KIT_CLIENTS_OTHERS: "[]" } });
    expectExit(plan, 0);
    expect(plan.result.changes).toContainEqual(
      expect.objectContaining({
        ...{ action: "delete", name: `client portal in realm acme of ${url}` },
        ends: ["its sessions end: 0, offline ones: 0"],
      }),
    );
  });

  it("is not left behind for another Keycloak unless that is allowed", async () => {
    project.configure({ ...settings(), keycloak: undefined, smokeUser: undefined });
    const refused = await kit("plan");
    project.configure(settings());
    expectExit(refused, 2);
    expect(problemsOf(refused)).toMatchObject(
      ["acme", "plain"].map((name) => ({
        ...{ where: `realm ${name}`, what: expect.stringContaining(`has made in it at ${url}: clients`) },
      })),
    );
  });

  it("down removes the clients there, and leaves the realms as they were", async () => {
    cpSync(project.kitDirectory, kept, { recursive: true });
    const down = await kit("down");
    expectExit(down, 0);
    expect((down.result.clients as { left: string[] }).left).toEqual([]);
    expect(project.leftovers()).toEqual([]);
    for (const clientId of kitClients) expect(await clientOf("acme", clientId), clientId).toBeUndefined();
    expect(await others()).toBe(before);
  });

  it("down works while it is away, and names what it leaves", async () => {
    cpSync(kept, project.kitDirectory, { recursive: true });
    docker("pause", run);
    const down = await kit("down").finally(() => docker("unpause", run));
    expectExit(down, 0);
    const { left, reason } = down.result.clients as { left: string[]; reason: string };
    expect(left).toContain(`client oidc in realm acme of ${url}`);
    expect(reason).toMatch(/Keycloak does not answer/);
    expect(existsSync(project.kitDirectory)).toBe(false);
  });
}
