import { afterAll, beforeAll, expect, test } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { withEnds } from "../../../operations/losses/interruptions";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject } from "../../cli/project";

let keycloak: FakeKeycloak;
let folder: string;

beforeAll(async () => {
  keycloak = await fakeKeycloak();
  folder = enterProject({ images: "built", ports: { keycloak: keycloak.port } });
  keycloak.answers
    .set("GET /admin/realms/oidc", { realm: "oidc" })
    .set("GET /admin/realms/oidc/client-session-stats", [{ active: "4", offline: "1" }]);
});

afterAll(() => {
  keycloak.close();
  leaveProject(folder);
});

const replaced = (name: string, files: string[] = []) =>
  ({
    action: "replace",
    name,
    reasons: ["memoryMb is 2 instead of 1"],
    files,
    address: `docker_container.${name}`,
  }) as const;
const imported = replaced("keycloak", [
  "/opt/keycloak/conf/keycloak.conf",
  "/opt/keycloak/kit/import/oidc.json",
]);
const ends = async (...args: Parameters<typeof replaced>) =>
  (await withEnds(openDeployment("unit"), [replaced(...args)], []))[0]?.ends;

test("counts the sessions that end with a realm that is imported anew", async () => {
  const [keycloak] = await withEnds(openDeployment("unit"), [imported], []);
  expect(keycloak?.ends).toEqual([
    expect.stringContaining("nobody can log in"),
    "realm oidc is imported anew, which ends its sessions of clients: 4, offline ones: 1",
  ]);
  expect(await ends("keycloak")).toEqual([expect.stringContaining("nobody can log in")]);
});

test("says so where nobody can count", async () => {
  keycloak.answers.set("GET /admin/realms/oidc", 503);
  const [change] = await withEnds(openDeployment("unit"), [imported], []);
  expect(change?.ends?.[1]).toContain("which nobody could count");
});

test("tells what mail is lost with James, and nothing of what is no service", async () => {
  const mail = {
    mail: true,
    where: "unit-james",
    what: "",
    counts: ["3 mails of 1 person"],
    empty: false,
  } as const;
  const [james, volume] = await withEnds(
    openDeployment("unit"),
    [replaced("james"), replaced("volume data")],
    [mail],
  );
  expect(james?.ends).toContain("lost: 3 mails of 1 person");
  expect(volume?.ends).toBeUndefined();
});
