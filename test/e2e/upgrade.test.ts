import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { builtImages } from "../../platform/image-set";
import { docker, environmentPorts } from "../engine";
import { KitProject, type KitRun } from "./support/kit";
import { psql } from "./support/psql";

const ports = environmentPorts();
const settings = {
  ...{ images: "built", gateway: "httpd", directGrants: true, ports },
  storage: { identity: "durable", mail: "memory" },
};
const project = new KitProject("kit-e2e-upg", settings);
const repository = `kit-e2e-upgrade-${process.pid}`;
const path = (name: string) => join(project.directory, name);
const container = (service: string) => `${project.name}-${service}`;
const user = "james-user@localhost";

beforeAll(() => {
  project.cleanUp();
  if (!existsSync("/usr/bin/age")) {
    execFileSync(join(packageRoot, "scripts/apt-install"), ["age"], { stdio: "pipe" });
  }
  execFileSync("age-keygen", ["-o", path("key.txt")], { stdio: "ignore" });
});
afterAll(() => {
  project.remove();
  const own = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `${repository}/*`);
  if (own.length > 0) docker("rmi", "--force", ...own);
});

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

const recipient = () => execFileSync("age-keygen", ["-y", path("key.txt")], { encoding: "utf8" }).trim();
const upgrade = (...args: string[]) => ["upgrade", "--recipient", recipient(), ...args];
const backups = () => (existsSync(path("backups")) ? readdirSync(path("backups")) : []);
const token = async (parameters: Record<string, string>) => {
  const url = `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/token`;
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(parameters) });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};
const sql = (statement: string) => psql(container("postgres"), "keycloak", statement);
const databases = () =>
  sql("SELECT datname FROM pg_database WHERE datname ~ '^keycloak' ORDER BY 1").split("\n");

/** A realm's session of somebody, which must outlive everything. */
let refreshToken = "";
const sessionLives = async () =>
  expect(
    await token({ grant_type: "refresh_token", client_id: "kit-smoke", refresh_token: refreshToken }),
  ).toMatchObject({ status: 200 });

/**
 * Images as a newer release would have them, of which that of Keycloak migrates its database, loses what people have there, and
 * ends. It is no image that others run: names are this test's own.
 */
function brokenImages(): Record<string, string> {
  const { redis, postgres, ldap, james, keycloakPostgres } = builtImages();
  const tags = {
    redis: [redis, "redis:8.2.99"],
    postgres: [postgres, "postgres:15.99"],
    ldap: [ldap, "ldap:2.6.99"],
    james: [james, "james:memory-3.8.1-kit"],
  } as const;
  const references: Record<string, string> = { keycloak: `${repository}/keycloak:26.99.0` };
  for (const [service, [{ reference }, name]] of Object.entries(tags)) {
    references[service] = `${repository}/${name}`;
    execFileSync("docker", ["tag", reference, references[service]]);
  }
  mkdirSync(path("broken"), { recursive: true });
  // Bash reads it before whatever it is to run.
  const spoil = `unset BASH_ENV
libraries=(/opt/keycloak/lib/lib/main/{com.h2database.h2,org.postgresql.postgresql}-*.jar)
java -cp "\${libraries[0]}:\${libraries[1]}" @/opt/keycloak/kit/database -sql 'CREATE TABLE of_a_newer_release (id int); DELETE FROM offline_client_session; DELETE FROM offline_user_session; DELETE FROM component_config'
exit 1
`;
  writeFileSync(path("broken/spoil"), spoil);
  writeFileSync(
    path("broken/Dockerfile"),
    `FROM ${keycloakPostgres.reference}\nCOPY spoil /spoil\nENV BASH_ENV=/spoil\n`,
  );
  execFileSync("docker", ["build", "--tag", references.keycloak as string, path("broken")], {
    stdio: "pipe",
  });
  return references;
}

describe.sequential("an upgrade of a durable environment", () => {
  it("has a copy to go back to once it is up, which nobody else can read", async () => {
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    const copy = join(project.kitDirectory, "deployed");
    const modes = execFileSync("find", [copy, "-printf", "%m %y\n"], { encoding: "utf8" }).trim().split("\n");
    expect([...new Set(modes)].sort()).toEqual(["600 f", "700 d"]);
    const password = JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8"))[user];
    const session = await token({
      ...{ grant_type: "password", client_id: "kit-smoke", username: user, password, scope: "openid" },
    });
    expect(session.status).toBe(200);
    refreshToken = session.body.refresh_token as string;
  });

  it("is planned service by service, and begins with a backup, which somebody must be able to read", async () => {
    const before = project.containerIds();
    const env = { KIT_RESOURCES_JAMES_MEMORY_MB: "800", KIT_RESOURCES_REDIS_MEMORY_MB: "70" };
    const plan = await project.run(["upgrade", "plan"], { env });
    expectExit(plan, 0);
    expect(plan.result).toMatchObject({
      steps: [
        { service: "redis", action: "replace", image: false },
        {
          service: "james",
          action: "replace",
          from: "memory-3.8.1+kit",
          to: "memory-3.8.1+kit",
          image: false,
        },
      ],
      backup: { recipients: 0 },
    });
    const run = await project.run(["upgrade"], { env });
    expectExit(run, 2);
    expect(run.output).toMatch(/nobody is named who can read it/);
    expect(project.containerIds()).toEqual(before);
  });

  it("that is killed between two services goes on when it is run again", async () => {
    const before = project.containerIds();
    const env = { KIT_RESOURCES_JAMES_MEMORY_MB: "800", KIT_RESOURCES_REDIS_MEMORY_MB: "70" };
    const kill = { signal: "SIGKILL" as const, whenPrinted: /"title":"change james"/, afterMs: 100 };
    await project.run(upgrade(), { env, kill });
    const [backup = ""] = backups();
    expect(project.containerIds().redis).not.toBe(before.redis);
    const run = await project.run(upgrade(), { env });
    expectExit(run, 0);
    expect(run.result.backup).toMatch(backup);
    expect(backups()).toEqual([backup]);
    const after = project.containerIds();
    expect(Object.keys(after).filter((service) => after[service] === before[service])).toEqual(
      expect.arrayContaining(["keycloak", "postgres"]),
    );
    expect(existsSync(join(project.kitDirectory, "upgrade"))).toBe(false);
    await sessionLives();
    project.configure({ ...settings, resources: { james: { memoryMb: 800 }, redis: { memoryMb: 70 } } });
  });

  it("that fails goes back by itself: images, configuration, and the database that it has migrated", async () => {
    const before = docker(
      "ps",
      "--format",
      "{{.Names}} {{.Image}}",
      "--filter",
      `name=${project.name}-`,
    ).sort();
    const state = readFileSync(join(project.kitDirectory, "settings.json"), "utf8");
    const now = { ...settings, resources: { james: { memoryMb: 800 }, redis: { memoryMb: 70 } } };
    project.configure({ ...now, images: "registry", imageReferences: brokenImages() });
    const run = await project.run(upgrade());
    expectExit(run, 8);
    expect(run.output).toMatch(/"title":"change keycloak to 26.99.0"/);
    expect(run.output).not.toMatch(/"title":"change james/);
    expect(run.result).toMatchObject({
      wentBack: { databases: [{ database: "keycloak", keptAs: "keycloak_failed_upgrade" }] },
    });
    project.configure(now);
    const after = docker(
      "ps",
      "--format",
      "{{.Names}} {{.Image}}",
      "--filter",
      `name=${project.name}-`,
    ).sort();
    expect(after).toEqual(before);
    expect(readFileSync(join(project.kitDirectory, "settings.json"), "utf8")).toBe(state);
    expect(databases()).toEqual(["keycloak", "keycloak_failed_upgrade"]);
    expect(sql("SELECT to_regclass('of_a_newer_release')")).toBe("");
    await sessionLives();
    const plan = await project.run(["plan"]);
    expect(plan.result).toMatchObject({ changes: [], repairs: [], settings: [] });
    const again = await project.run(["upgrade", "back"]);
    expectExit(again, 2);
    expect(again.output).toMatch(/no upgrade was ended half-way/);
    expect(spawnSync("find", [project.kitDirectory, "-name", "upgrade"], { encoding: "utf8" }).stdout).toBe(
      "",
    );
  });
});
