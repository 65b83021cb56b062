import { rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { giveUpRealms } from "../../../operations/losses/give-up-realms";
import { realmsLost, refuseLoss, refuseWithoutUp } from "../../../operations/losses/refuse-loss";
import { keepUnfinished, unfinishedRealms } from "../../../operations/losses/unfinished-realms";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject } from "../../cli/project";

let keycloak: FakeKeycloak;
let folder: string;

const login = "POST /realms/master/protocol/openid-connect/token";
const settings = (realm: string, identity: "import" | "provider") => ({
  ...{ identity, images: "built", ports: { keycloak: keycloak.port }, realm: { name: realm } },
});
/** An environment with one realm of Keycloak's provider. */
const want = (realm: string, identity: "import" | "provider" = "provider") =>
  writeFileSync("environments/unit.yaml", JSON.stringify(settings(realm, identity)));
const deployed = (realm: string) =>
  writeFileSync(
    ".kit/unit/identity.tfstate",
    JSON.stringify({
      resources: [
        { mode: "managed", type: "keycloak_realm", name: "any", instances: [{ attributes: { realm } }] },
      ],
    }),
  );
const refusal = async (allowed: string[] = []) => {
  const losses = await realmsLost(openDeployment("unit"));
  await refuseLoss(openDeployment("unit"), losses, allowed);
  return losses;
};

beforeAll(async () => {
  keycloak = await fakeKeycloak();
  folder = enterProject(settings("oidc", "provider"));
  openDeployment("unit");
  const users = [{ federationLink: "1", totp: true }, { federationLink: "1" }, { totp: false }];
  const answers: Record<string, unknown> = {
    "": { realm: "oidc" },
    "/users": users,
    // A number would be a status.
    "/users/count": "3",
    "/components": [{ id: "1", name: "ldap" }],
    "/client-session-stats": [
      { active: "2", offline: "1" },
      { active: "3", offline: "0" },
    ],
    "/clients": [{ clientId: "account" }, { clientId: "oidc" }],
    "/roles": [{ name: "a" }, { name: "b" }],
    "/groups/count": { count: 4 },
    "/identity-provider/instances": [],
  };
  for (const [path, answer] of Object.entries(answers)) {
    keycloak.answers.set(`GET /admin/realms/oidc${path}`, answer);
  }
});

beforeEach(() => {
  want("mail");
  deployed("oidc");
});

afterAll(() => {
  keycloak.close();
  leaveProject(folder);
});

test("lists what is in a realm that would go", async () => {
  await expect(refusal()).rejects.toMatchObject({
    exitCode: 2,
    problems: [
      {
        where: "realm oidc",
        fix: expect.stringContaining("--allow-loss oidc"),
        lines: [
          expect.stringContaining(
            "users: 3 (of federation ldap: 2, with a one-time password: 1), and their passwords",
          ),
          "sessions of clients: 5, offline ones: 1",
          "clients: 1, roles: 2, groups: 4, identity providers: 0",
          expect.stringContaining("signing keys"),
        ],
      },
    ],
  });
});

test.each([
  ["Keycloak does not answer", 503],
  ["Keycloak refuses its administrator", 401],
])("refuses too when nobody can count: %s", async (summary, status) => {
  want("mail", "import");
  const token = keycloak.answers.get(login);
  keycloak.answers.set(login, status);
  const error = await refusal().catch((error) => error);
  keycloak.answers.set(login, token);
  expect(error.problems).toHaveLength(1);
  expect(error.problems[0].lines).toEqual([
    `${summary}, so nobody could count:`,
    expect.stringMatching(/^users, and their passwords/),
    expect.stringMatching(/^sessions/),
    expect.stringMatching(/^clients/),
    expect.stringContaining("signing keys"),
  ]);
});

test("lets go what is allowed, and what the environment does not protect", async () => {
  await expect(refusal(["oidc"])).resolves.toMatchObject([{ realm: "oidc", by: "provider" }]);
  vi.stubEnv("KIT_DELETION_PROTECTION", "false");
  await expect(refusal()).resolves.toMatchObject([{ realm: "oidc" }]);
  vi.unstubAllEnvs();
});

test("refuses an allowance that nothing needs: it would be left on by habit", async () => {
  want("oidc");
  await expect(refusal()).resolves.toEqual([]);
  await expect(refusal(["oidc"])).rejects.toThrow(/nothing would be lost[\s\S]*all of realm oidc stays/);
});

test("refuses to make a realm that Keycloak has and the state does not know", async () => {
  want("oidc");
  rmSync(".kit/unit/identity.tfstate");
  await expect(refusal()).rejects.toThrow(/realm oidc: is in Keycloak already[\s\S]*users: 3/);
  want("other");
  await expect(refusal()).resolves.toEqual([]);
});

test("a realm whose first making was interrupted is nobody's loss, unless somebody has been in it", async () => {
  want("oidc");
  rmSync(".kit/unit/identity.tfstate");
  const deployment = openDeployment("unit");
  keepUnfinished(deployment, ["oidc"]);
  await expect(refusal()).rejects.toThrow(/realm oidc: is in Keycloak already/);
  const path = "GET /admin/realms/oidc";
  const [count, stats] = [`${path}/users/count`, `${path}/client-session-stats`];
  const before = [count, stats].map((key) => [key, keycloak.answers.get(key)] as const);
  // The text of a number: a number would be a status.
  keycloak.answers.set(count, "0").set(stats, []);
  await expect(refusal()).resolves.toEqual([]);
  keycloak.answers.set("DELETE /admin/realms/oidc", {});
  await giveUpRealms(deployment, []);
  expect(unfinishedRealms(deployment)).toEqual(["oidc"]);
  for (const spoiled of ["null", "{}", "["]) {
    writeFileSync(".kit/unit/unfinished-realms.json", spoiled);
    await expect(refusal()).rejects.toThrow(/realm oidc: is in Keycloak already/);
  }
  keepUnfinished(deployment, []);
  await expect(refusal()).rejects.toThrow(/realm oidc: is in Keycloak already/);
  for (const [key, answer] of before) keycloak.answers.set(key, answer);
});

test("Terraform alone gives up no realm of Keycloak's provider, but federations, and imported realms", async () => {
  expect(() =>
    refuseWithoutUp(openDeployment("unit"), [{ realm: "oidc", by: "provider", what: "", fix: "" }]),
  ).toThrow(/Use up --allow-loss oidc/);
  refuseWithoutUp(openDeployment("unit"), [
    { realm: "oidc", by: "provider", federation: "ldap", what: "", fix: "" },
  ]);
  vi.stubEnv("KIT_IDENTITY", "import");
  refuseWithoutUp(openDeployment("unit"), [{ realm: "oidc", by: "import", what: "", fix: "" }]);
  vi.unstubAllEnvs();
});

const mail = (counts: string[]) => ({
  mail: true as const,
  where: "unit-james",
  what: "would be replaced",
  counts,
  empty: counts.length === 0,
});

test("refuses to lose mail, which it counts, unless it is allowed, or there is none", async () => {
  const deployment = openDeployment("unit");
  const some = mail(["3 mails of 1 person"]);
  await expect(refuseLoss(deployment, [some], [])).rejects.toMatchObject({
    exitCode: 2,
    problems: [
      { where: "unit-james", fix: expect.stringContaining("--allow-loss mail"), lines: some.counts },
    ],
  });
  await refuseLoss(deployment, [some], ["mail"]);
  await refuseLoss(deployment, [mail([])], []);
  await refuseLoss(deployment, [mail([])], ["mail"]);
  await expect(refuseLoss(deployment, [], ["mail"])).rejects.toThrow(
    /nothing would be lost[\s\S]*all mail stays/,
  );
  vi.stubEnv("KIT_DELETION_PROTECTION", "false");
  await refuseLoss(openDeployment("unit"), [some], []);
  vi.unstubAllEnvs();
});

test("a realm that is called as the mail is needs a word of its own where both would be lost", async () => {
  const deployment = openDeployment("unit");
  const realm = { realm: "mail", by: "import", what: "would go", fix: "Keep it" } as const;
  const some = mail(["3 mails of 1 person"]);
  await refuseLoss(deployment, [realm], ["mail"]);
  await expect(refuseLoss(deployment, [realm, some], ["mail"])).rejects.toMatchObject({
    problems: [{ where: "realm mail", fix: expect.stringContaining("--allow-loss realm:mail") }],
  });
  await refuseLoss(deployment, [realm, some], ["mail", "realm:mail"]);
});
