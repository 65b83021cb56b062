import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { secretsRotate, secretsShow } from "../../cli/commands/secrets";
import { openDeployment } from "../../operations/deployment/deployment";
import { synthesize } from "../../operations/deployment/synthesize";
import { enterProject, type FakeKeycloak, fakeKeycloak, leaveProject, recordingOutput } from "./project";

let keycloak: FakeKeycloak;
let folder: string;

beforeAll(async () => {
  keycloak = await fakeKeycloak();
  folder = enterProject({
    images: "built",
    ports: { keycloak: keycloak.port },
    clients: { others: [{ name: "webmail", kind: "confidential", redirectUris: ["https://w.test/cb"] }] },
  });
  synthesize(openDeployment("unit"));
});

beforeEach(() => {
  keycloak.answers.set("GET /admin/realms/oidc", { realm: "oidc" });
  keycloak.answers.set("GET /admin/realms/oidc/clients", [{ clientId: "james" }]);
});

afterAll(() => {
  keycloak.close();
  leaveProject(folder);
});

async function rotate(name: string) {
  const output = recordingOutput();
  await secretsRotate("unit", name, output);
  return output.results[0] as (typeof output.results)[number];
}

const stored = (): Record<string, string> => JSON.parse(readFileSync(".kit/unit/secrets.json", "utf8"));

test("secrets show says that an environment has none yet", () => {
  writeFileSync("environments/fresh.yaml", "name: new");
  expect(() => secretsShow("fresh", undefined, recordingOutput())).toThrow(
    /environment new has no secrets yet/,
  );
});

test("secrets show prints what is stored, and stores nothing that is given meanwhile", () => {
  const before = stored();
  vi.stubEnv("KIT_SECRET_REDIS", "given");
  const output = recordingOutput();
  secretsShow("unit", "redis", output);
  vi.unstubAllEnvs();
  expect([output.results[0]?.text, stored()]).toEqual([before.redis, before]);
});

describe("secrets rotate", () => {
  test.each([
    ["jamesClient", ["gateway", "james", "keycloak"]],
    ["client-webmail", ["keycloak"]],
    ["ldapAdmin", ["james", "keycloak", "ldap"]],
    ["redis", ["redis"]],
    ["james-user@localhost", ["ldap"]],
  ])("%s: another value, counted; tells whose containers `up` makes anew", async (name, services) => {
    const before = stored();
    const { data, text } = await rotate(name);
    expect(data).toMatchObject({ secret: name, version: 2, compared: true });
    expect([...(data.services as string[])].sort()).toEqual(services);
    const { [name]: value, rotations: _, ...rest } = stored();
    expect(value).not.toBe(before[name]);
    const { [name]: __, rotations: ___, ...restBefore } = before;
    expect(rest).toEqual(restBefore);
    expect(text).not.toContain(value);
  });

  test("the authority: another one, and whose container is made anew", async () => {
    writeFileSync("environments/own.yaml", JSON.stringify({ images: "built", tls: { mode: "own" } }));
    vi.stubEnv("KIT_PORTS_KEYCLOAK_ADMIN", `${keycloak.port}`);
    synthesize(openDeployment("own"));
    const { authority } = JSON.parse(readFileSync(".kit/own/secrets.json", "utf8"));
    const output = recordingOutput();
    await secretsRotate("own", "authority", output);
    vi.unstubAllEnvs();
    expect(output.results[0]?.data).toMatchObject({ secret: "authority", services: ["certificates"] });
    const { authority: rotated } = JSON.parse(readFileSync(".kit/own/secrets.json", "utf8"));
    expect(rotated).toContain("BEGIN CERTIFICATE");
    expect(rotated).not.toBe(authority);
  });

  test("says that an imported realm loses its sessions", async () => {
    const { text } = await rotate("jamesClient");
    expect(text).toContain("everybody logs in again");
    expect(text).toContain("--allow-loss mail");
    expect((await rotate("redis")).text).not.toContain("logs in again");
  });

  test("refuses when the running realm knows a newer value: somebody rotated it elsewhere", async () => {
    const attributes = { "kit.secret.version": "9" };
    keycloak.answers.set("GET /admin/realms/oidc/clients", [{ clientId: "james", attributes }]);
    const before = stored();
    await expect(rotate("redis")).rejects.toThrow(/older than the running realm's[\s\S]*secret jamesClient/);
    expect(stored()).toEqual(before);
  });

  test("refuses when the running realm knows a newer password of its federation", async () => {
    const attributes = { "kit.secret.version.bindCredential": "9" };
    keycloak.answers.set("GET /admin/realms/oidc", { realm: "oidc", attributes });
    await expect(rotate("redis")).rejects.toThrow(
      /secret ldapAdmin: the federation of realm oidc has value number 9/,
    );
  });

  test("a realm that has the same value, or none yet, is no reason to refuse", async () => {
    keycloak.answers.delete("GET /admin/realms/oidc");
    expect((await rotate("redis")).data).toMatchObject({ compared: true });
  });

  test("changes the administrator's password in Keycloak, which keeps it itself", async () => {
    const reset = "PUT /admin/realms/master/users/1/reset-password";
    keycloak.answers.set("GET /admin/realms/master/users", [{ id: "1", username: "admin" }]);
    keycloak.answers.set(reset, 400);
    const before = stored();
    await expect(rotate("keycloakAdmin")).rejects.toThrow();
    expect(stored()).toEqual(before);
    keycloak.answers.set(reset, {});
    await rotate("keycloakAdmin");
    expect(stored().keycloakAdmin).not.toBe(before.keycloakAdmin);
  });

  test("refuses what there is not, what keys the state's hashes, and what a variable gives", async () => {
    vi.stubEnv("KIT_SECRET_REDIS", "given");
    await expect(rotate("redis")).rejects.toThrow(/KIT_SECRET_REDIS: it gives secret redis/);
    vi.unstubAllEnvs();
    await expect(rotate("nothing")).rejects.toThrow(/no secret nothing/);
    await expect(rotate("fingerprint")).rejects.toThrow(/not rotated/);
  });
});
