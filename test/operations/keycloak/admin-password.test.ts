import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openDeployment } from "../../../operations/deployment/deployment";
import { proveAdminPassword } from "../../../operations/keycloak/admin-password";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject } from "../../cli/project";

let keycloak: FakeKeycloak;
let folder: string;

const login = "POST /realms/master/protocol/openid-connect/token";
const state = ".kit/unit/terraform.tfstate";
const stored = () => JSON.parse(readFileSync(".kit/unit/secrets.json", "utf8")).keycloakAdmin;

beforeAll(async () => {
  keycloak = await fakeKeycloak();
  folder = enterProject({ images: "built", ports: { keycloak: keycloak.port } });
  openDeployment("unit");
});

beforeEach(() => {
  writeFileSync(".kit/unit/secrets.json", JSON.stringify({ keycloakAdmin: "stored" }));
  vi.stubEnv("KIT_SECRET_KEYCLOAK_ADMIN", "given");
});

afterEach(() => vi.unstubAllEnvs());

afterAll(() => {
  keycloak.close();
  leaveProject(folder);
});

test("a given password that Keycloak takes is stored", async () => {
  await proveAdminPassword(openDeployment("unit"));
  expect(stored()).toBe("given");
});

const volume = (name: string) => `{"resources":[{"attributes":{"name":"unit-${name}"}}]}`;
const elsewhere =
  '{"resources":[{"attributes":{"labels":[{"label":"james-oidc-kit.database","value":"db.test:5432/keycloak"}]}}]}';

const unanswered = /cannot be checked[\s\S]*KIT_SECRET_KEYCLOAK_ADMIN/;

test.each<[string, number, string, RegExp]>([
  [
    "refuses it",
    401,
    volume("keycloak-data"),
    /KIT_SECRET_KEYCLOAK_ADMIN: the password here is not that of user admin/,
  ],
  ["does not answer, and has been started before", 503, volume("keycloak-data"), unanswered],
  ["does not answer, and has been in PostgreSQL", 503, volume("postgres-data"), unanswered],
  ["does not answer, and has been in a PostgreSQL elsewhere", 503, elsewhere, unanswered],
])("nothing is stored when Keycloak %s", async (_, status, deployed, message) => {
  const token = keycloak.answers.get(login);
  keycloak.answers.set(login, status);
  writeFileSync(state, deployed);
  await expect(proveAdminPassword(openDeployment("unit"))).rejects.toThrow(message);
  expect(stored()).toBe("stored");
  rmSync(state);
  keycloak.answers.set(login, token);
});

test("it is stored before Keycloak's first start, which makes it the administrator's", async () => {
  const token = keycloak.answers.get(login);
  keycloak.answers.set(login, 503);
  await proveAdminPassword(openDeployment("unit"));
  expect(stored()).toBe("given");
  keycloak.answers.set(login, token);
});
