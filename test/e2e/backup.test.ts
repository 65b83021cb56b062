import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { docker, environmentPorts } from "../engine";
import { imageSettings, KitProject, type KitRun } from "./support/kit";
import { S3Proxy } from "./support/s3proxy";

const ports = environmentPorts();
const project = new KitProject("kit-e2e-backup", {
  ...{ ...imageSettings, directGrants: true, ports },
  storage: { identity: "durable", mail: "memory" },
});
const user = "james-user@localhost";
const path = (name: string) => join(project.directory, name);
const container = (service: string) => `${project.name}-${service}`;

const s3 = new S3Proxy();
const bucket = "s3://kit/backups";
const byS3 = { env: { ...s3.variables, KIT_BACKUP_S3_ENDPOINT: s3.endpoint } };

beforeAll(async () => {
  project.cleanUp();
  await s3.start(["kit"]);
  if (!existsSync("/usr/bin/age")) {
    execFileSync(join(packageRoot, "scripts/apt-install"), ["age"], { stdio: "pipe" });
  }
  for (const name of ["key.txt", "other-key.txt"]) {
    execFileSync("age-keygen", ["-o", path(name)], { stdio: "ignore" });
  }
});
afterAll(() => {
  s3.stop();
  project.remove();
});

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

const recipient = () => execFileSync("age-keygen", ["-y", path("key.txt")], { encoding: "utf8" }).trim();
const backup = (...args: string[]) =>
  project.run(["backup", "create", "--folder", "backups", "--recipient", recipient(), ...args]);
const restore = (file: string, ...args: string[]) => ["restore", file, "--identity", "key.txt", ...args];
const backups = () => (existsSync(path("backups")) ? readdirSync(path("backups")) : []);
const secrets = () => readFileSync(join(project.kitDirectory, "secrets.json"), "utf8");
const redis = (...args: string[]) =>
  execFileSync("docker", [
    ...["exec", container("redis"), "bash", "-c"],
    `REDISCLI_AUTH=$(</etc/redis/kit-password) redis-cli ${args.join(" ")}`,
  ])
    .toString()
    .trim();

const keycloak = `http://127.0.0.1:${ports.keycloak}/auth`;
const post = async (url: string, parameters: Record<string, string>) => {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(parameters) });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};
const token = (realm: string, parameters: Record<string, string>) =>
  post(`${keycloak}/realms/${realm}/protocol/openid-connect/token`, parameters);

/** What somebody had before, and must have afterwards. */
let refreshToken = "";
const local = { username: "somebody", password: "a password of nobody's directory" };

async function expectAllThere(): Promise<void> {
  const session = { grant_type: "refresh_token", client_id: "kit-smoke", refresh_token: refreshToken };
  expect(await token("oidc", session)).toMatchObject({ status: 200 });
  const login = { grant_type: "password", client_id: "kit-smoke", ...local };
  expect(await token("oidc", login)).toMatchObject({ status: 200 });
  expect(redis("get", "ended:one")).toBe("1");
  expect(Number(redis("pttl", "ended:two"))).toBeGreaterThan(0);
}

describe.sequential("what people have in a durable environment", () => {
  let file = "";
  let inStore = "";

  it("is there: an account that no directory has, a session, sessions that were ended", async () => {
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    const { keycloakAdmin = "", [user]: password = "" } = JSON.parse(secrets());
    const admin = await token("master", {
      ...{ grant_type: "password", client_id: "admin-cli", username: "admin", password: keycloakAdmin },
    });
    const made = await fetch(`${keycloak}/admin/realms/oidc/users`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${admin.body.access_token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        ...{ username: local.username, enabled: true, email: "somebody@localhost" },
        ...{ firstName: "Some", lastName: "Body" },
        credentials: [{ type: "password", value: local.password, temporary: false }],
      }),
    });
    expect(made.status, await made.text()).toBe(201);
    const session = { grant_type: "password", client_id: "kit-smoke", username: user, password };
    const { status, body } = await token("oidc", { ...session, scope: "openid" });
    expect(status, JSON.stringify(body)).toBe(200);
    refreshToken = body.refresh_token as string;
    redis("set", "ended:one", "1");
    redis("set", "ended:two", "1", "ex", "36000");
    await expectAllThere();
  });

  it("is backed up while it runs; a backup that is killed leaves none", async () => {
    const kill = { signal: "SIGKILL" as const, whenPrinted: /"title":"back up/, afterMs: 300 };
    await project.run(["backup", "create", "--recipient", recipient()], { kill });
    expect(backups().filter((name) => name.endsWith(".age"))).toEqual([]);
    const run = await backup();
    expectExit(run, 0);
    expect(run.result).toMatchObject({
      counts: { accounts: 3, endedSessions: 2 },
      leftOut: ["mail, which James has in its memory"],
    });
    expect(backups()).toHaveLength(1);
    file = run.result.file as string;
    const listed = await project.run(["backup", "list"]);
    expect(listed.result).toMatchObject({ backups: [{ size: run.result.size }] });
    const verified = await project.run(["backup", "verify", file, "--identity", "key.txt"]);
    expectExit(verified, 0);
    expect(verified.result).toMatchObject({ environment: project.name, counts: run.result.counts });
  });

  it("is backed up to an S3 store, which keeps what it is told to", async () => {
    const create = ["backup", "create", "--folder", bucket, "--recipient", recipient()];
    const run = await project.run(create, byS3);
    expectExit(run, 0);
    const older = run.result.file;
    expect(older).toMatch(/^s3:\/\/kit\/backups\/.*\.tar\.gz\.age$/);
    inStore = (await project.run(create, byS3)).result.file as string;
    const listed = await project.run(["backup", "list", "--folder", bucket], byS3);
    expect(listed.result.backups).toMatchObject([{ file: inStore }, { file: older }]);
    const pruned = await project.run(["backup", "prune", "--folder", bucket, "--keep", "1"], byS3);
    expect(pruned.result).toMatchObject({ removed: [older], kept: 1 });
    const verified = await project.run(["backup", "verify", inStore, "--identity", "key.txt"], byS3);
    expectExit(verified, 0);
    expect(verified.result).toMatchObject({ environment: project.name, counts: { accounts: 3 } });
    expect(s3.log).not.toContain(s3.variables.AWS_SECRET_ACCESS_KEY);
  });

  it("is backed up each day by the units of a schedule, which leave one", async () => {
    const schedule = ["backup", "schedule", "--daily", "03:00", "--keep", "1", "--folder", "scheduled"];
    const run = await project.run([...schedule, "--recipient", recipient()]);
    expectExit(run, 0);
    const [service] = run.result.files as { content: string }[];
    const lines = [...(service as { content: string }).content.matchAll(/^ExecStart=(.*)$/gm)];
    expect(lines).toHaveLength(2);
    // As systemd starts them: without variables of whoever installs them.
    for (const [, line] of [...lines, ...lines]) {
      execFileSync("env", ["-i", `PATH=${process.env.PATH}`, "bash", "-c", line as string], {
        cwd: project.directory,
      });
    }
    expect(readdirSync(path("scheduled"))).toHaveLength(1);
    expect((await project.run(["status"])).result).toMatchObject({
      lastBackup: { path: expect.stringContaining("/scheduled/") },
    });
    if (!existsSync("/run/systemd/system")) {
      expectExit(await project.run([...schedule, "--recipient", recipient(), "--install"]), 3);
    }
  });

  it("is not backed up where Redis refuses to write its file anew, in Redis's words", async () => {
    redis("acl", "setuser", "default", "-bgrewriteaof");
    const run = await backup();
    redis("acl", "setuser", "default", "+bgrewriteaof");
    expectExit(run, 4);
    expect(run.output).toMatch(/NOPERM.*bgrewriteaof/);
    expect(backups()).toHaveLength(1);
  });

  it("is read by age, tar and pg_restore; secrets are nowhere in it in clear", () => {
    const tar = execFileSync("age", ["--decrypt", "--identity", path("key.txt"), file], { maxBuffer: 1e9 });
    const names = execFileSync("tar", ["-tz"], { input: tar }).toString().trim().split("\n");
    expect(names).toEqual([
      ...["backup.json", "environment.yaml", "kit/secrets.json", "kit/identity.tfstate"],
      ...["redis/appendonly.aof", "postgres/keycloak.dump", "contents.json"],
    ]);
    const dump = execFileSync("tar", ["-xzO", "--wildcards", "postgres/keycloak.dump*"], {
      input: tar,
      maxBuffer: 1e9,
    });
    const listed = execFileSync(
      "docker",
      [
        "exec",
        "--interactive",
        container("postgres"),
        "bash",
        "-c",
        "/usr/lib/postgresql/*/bin/pg_restore --list",
      ],
      { input: dump, maxBuffer: 1e8 },
    ).toString();
    expect(listed).toMatch(/TABLE DATA public user_entity keycloak/);
    const bytes = readFileSync(file);
    for (const secret of Object.values<string>(JSON.parse(secrets()))) {
      expect(bytes.includes(secret)).toBe(false);
    }
  });

  it("is replaced by no backup that was cut, altered, is newer or for others, nor without being asked", async () => {
    const before = project.containerIds();
    const whole = readFileSync(file);
    mkdirSync(path("spoilt"));
    const altered = Buffer.from(whole);
    altered[whole.length - 100] = (altered[whole.length - 100] as number) ^ 1;
    // As a newer kit would write it, by other programs.
    execFileSync(
      "bash",
      [
        "-euc",
        `mkdir newer && age -d -i key.txt ${file} | tar -xz -C newer
       sed -i 's/"format": 1/"format": 2/' newer/backup.json
       tar -cz -b 1 --format=ustar -C newer backup.json contents.json | age -r ${recipient()} >spoilt/newer`,
      ],
      { cwd: project.directory },
    );
    writeFileSync(path("spoilt/cut-in-half"), whole.subarray(0, whole.length / 2));
    writeFileSync(path("spoilt/cut-at-its-end"), whole.subarray(0, whole.length - 1));
    writeFileSync(path("spoilt/altered"), altered);
    const refusals: [string[], RegExp][] = [
      [restore("spoilt/cut-in-half", "--delete-data", project.name), /cut or altered/],
      [restore("spoilt/cut-at-its-end", "--delete-data", project.name), /cut or altered/],
      [restore("spoilt/altered", "--delete-data", project.name), /cut or altered/],
      [restore("spoilt/newer", "--delete-data", project.name), /made by a newer kit/],
      [
        ["restore", file, "--identity", "other-key.txt", "--delete-data", project.name],
        /encrypted for others/,
      ],
      [restore(file, "--delete-data", "another"), /another name was said/],
      [restore(file), /users: \d.*sessions of clients: \d/],
    ];
    const otherClients = { KIT_DIRECT_GRANTS: "false" };
    const anew = await project.run(restore(file, "--delete-data", project.name), { env: otherClients });
    expectExit(anew, 2);
    expect(anew.output).toMatch(/realm oidc[^}]*another realm of it than the backup has/);
    for (const [args, expected] of refusals) {
      const run = await project.run(args);
      expectExit(run, 2);
      expect(run.output).toMatch(expected);
    }
    expect(project.containerIds()).toEqual(before);
    await expectAllThere();
  });

  it("is not Terraform's to remove", async () => {
    const before = project.containerIds();
    const run = await project.cdktf(["destroy", "platform", "--auto-approve", "--skip-provider-lock"]);
    expect(run.exitCode, run.output).not.toBe(0);
    expect(run.output).toMatch(/Terraform CLI failed/);
    expect(project.containerIds()).toEqual(before);
  });

  it("outlives a down that is killed, and one that is not; the next up goes on with it", async () => {
    const kill = { signal: "SIGKILL" as const, whenPrinted: /"title":"remove environment/, afterMs: 3000 };
    await project.run(["down"], { kill });
    // A James that is just ending cannot be asked for its mail.
    const run = await vi.waitFor(async () => {
      const again = await project.run(["down"]);
      expectExit(again, 0);
      return again;
    }, 60_000);
    expect(run.result).toMatchObject({ keptData: true });
    expect(run.result.kept).toEqual(
      expect.arrayContaining([expect.objectContaining({ volume: container("postgres-data") })]),
    );
    expect(project.containerIds()).toEqual({});
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    await expectAllThere();
  });

  it("goes when somebody says the environment's name", async () => {
    expectExit(await project.run(["down", "--delete-data"]), 2);
    expectExit(await project.run(["down", "--delete-data", project.name]), 0);
    expect(project.leftovers()).toEqual([]);
    expect(existsSync(project.kitDirectory)).toBe(false);
  });

  it("is nobody's to use while a restore is not finished, which may be killed and run again", async () => {
    const kill = { signal: "SIGKILL" as const, whenPrinted: /"title":"restore /, afterMs: 500 };
    await project.run(restore(file, "--no-smoke"), { kill });
    expect(Object.keys(project.containerIds()).sort()).toEqual(["postgres", "redis"]);
    for (const command of ["up", "plan", "status"]) {
      const run = await project.run([command]);
      expectExit(run, 4);
      expect(run.output).toMatch(/a restore was begun there and not finished/);
    }
    const run = await project.run(restore(inStore), byS3);
    expectExit(run, 0);
    expect(run.result).toMatchObject({ counts: { accounts: 3 }, missingPeople: [] });
    expectExit(await project.run(["status"]), 0);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [], repairs: [] });
  });

  it("is there afterwards: account, session, ended sessions", async () => {
    await expectAllThere();
    rmSync(file);
    expect(docker("volume", "ls", "--quiet", "--filter", `name=${project.name}-`).length).toBeGreaterThan(1);
  });
});
