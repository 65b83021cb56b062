import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { kitRealm } from "../../constructs/keycloak/representation/realm-template";
import { docker, environmentPorts, removeRuns } from "../engine";
import { testLabel } from "../gateway/lab/docker";
import { imageSettings, KitProject, type KitRun, ofRegistry } from "./support/kit";

const ports = environmentPorts();
const settings = { ...imageSettings, directGrants: true, ports };
const project = new KitProject("kit-e2e", settings);

beforeAll(() => project.cleanUp());
afterAll(() => project.remove());

const services = ["gateway", "james", "keycloak", "ldap", "redis"];

const steps = ({ events }: KitRun) =>
  events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean; skipped?: string }] : []));

/** Fails with everything that was printed, failed steps of the smoke test first: of a long message CI keeps the start. */
function expectExit(run: KitRun, exitCode: number): void {
  const failed = steps(run).filter(({ ok }) => !ok);
  expect(run.exitCode, [...failed.map((step) => JSON.stringify(step)), run.output].join("\n")).toBe(exitCode);
}

/** Key ids of the realm's signing keys: others after a new database. */
async function signingKeys(): Promise<string[]> {
  const url = `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/certs`;
  const { keys } = (await (await fetch(url)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid).sort();
}

describe.sequential("an environment's life", () => {
  it("comes up from nothing, undisturbed by a second command, and every step of the smoke test succeeds", async () => {
    const running = project.run(["up"]);
    await vi.waitUntil(() => existsSync(`${project.kitDirectory}.lock`), { timeout: 300_000 });
    for (const command of ["up", "down"]) expectExit(await project.run([command]), 6);
    const run = await running;
    expectExit(run, 0);
    expect(Object.keys(project.containerIds()).sort()).toEqual(services);
    expect(steps(run).length).toBeGreaterThan(20);
    expect(steps(run).filter(({ ok }) => !ok)).toEqual([]);
    // RFC 8887: browsers close a connection whose subprotocol nobody confirms.
    expect(run.output).not.toContain("does not confirm the subprotocol");
  });

  it("says that it is healthy", async () => {
    expectExit(await project.run(["status"]), 0);
  });

  it("keeps secrets out of synthesis output, state, images, labels, environment, logs and arguments", async () => {
    const secrets: Record<string, string> = JSON.parse(
      readFileSync(join(project.kitDirectory, "secrets.json"), "utf8"),
    );
    const values = Object.values(secrets);
    expect(values.length).toBeGreaterThan(6);
    const files = (folder: string): string[] =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    const containers = Object.values(project.containerIds());
    const shown = {
      synthesis: files(join(project.kitDirectory, "cdktf.out/stacks/platform")).join(),
      state: readFileSync(join(project.kitDirectory, "terraform.tfstate"), "utf8"),
      inspection: docker("inspect", ...containers).join(),
      logs: containers
        .map((id) => execFileSync("sh", ["-c", `docker logs ${id} 2>&1`], { encoding: "utf8" }))
        .join(),
      arguments: containers.flatMap((id) => docker("top", id, "-o", "pid,args")).join(),
    };
    for (const [place, text] of Object.entries(shown)) {
      expect(text.length, place).toBeGreaterThan(100);
      expect(
        values.filter((value) => text.includes(value)),
        place,
      ).toEqual([]);
    }
    expect(statSync(join(project.kitDirectory, "secrets.json")).mode & 0o777).toBe(0o600);
    expect(statSync(project.kitDirectory).mode & 0o777).toBe(0o700);
  });

  it("publishes on 127.0.0.1 only, and no container runs as root, but James's own image", () => {
    const ids = project.containerIds();
    expect(Object.keys(ids)).toHaveLength(services.length);
    for (const [service, id] of Object.entries(ids)) {
      const [bindings = ""] = docker("inspect", "--format", "{{json .HostConfig.PortBindings}}", id);
      expect(bindings.match(/"HostIp":"[^"]*"/g) ?? []).not.toContainEqual(
        expect.not.stringContaining("127.0.0.1"),
      );
      const users = docker("top", id, "-o", "pid,uid")
        .slice(1)
        .map((row) => row.trim().split(/\s+/)[1]);
      expect(users.length).toBeGreaterThan(0);
      if (!ofRegistry || service !== "james") expect(users).not.toContain("0");
    }
  });

  it("Redis keeps commands, not a snapshot, whose format another release may not read", () => {
    const { redis = "" } = project.containerIds();
    const list = 'cd /data/appendonlydir && for file in *; do echo "$file $(head -c 5 "$file")"; done';
    const files = docker("exec", redis, "sh", "-c", list);
    expect(files.length).toBeGreaterThan(1);
    expect(files).not.toContainEqual(expect.stringMatching(/rdb|REDIS/));
  });

  it("a second up changes nothing, and the plan is empty", async () => {
    const before = project.containerIds();
    const run = await project.run(["up", "--no-smoke"]);
    expectExit(run, 0);
    expect(run.result).toMatchObject({ changed: 0 });
    expect(project.containerIds()).toEqual(before);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [] });
  });

  it("cdktf works directly on the same state: synth, diff and deploy see nothing to change", async () => {
    const before = project.containerIds();
    const diff = await project.cdktf(["diff", "--skip-provider-lock"]);
    expectExit(diff, 0);
    expect(diff.output).toMatch(/No changes|matches the configuration/);
    expectExit(await project.cdktf(["deploy", "--auto-approve", "--skip-provider-lock"]), 0);
    expect(project.containerIds()).toEqual(before);
  });

  it("a changed setting replaces the one container that it concerns", async () => {
    const before = project.containerIds();
    const env = { KIT_RESOURCES_REDIS_MEMORY_MB: "100" };
    const run = await project.run(["up", "--no-smoke"], { env });
    expectExit(run, 0);
    const changed = Object.entries(project.containerIds()).filter(([service, id]) => before[service] !== id);
    expect(changed.map(([service]) => service)).toEqual(["redis"]);
  });

  it("renaming the realm, and a password that Keycloak does not take, are refused; nothing is changed", async () => {
    const secrets = () => readFileSync(join(project.kitDirectory, "secrets.json"), "utf8");
    const before = [project.containerIds(), secrets()];
    const renamed = await project.run(["up"], { env: { KIT_REALM_NAME: "mail" } });
    expectExit(renamed, 2);
    expect(renamed.output).toMatch(/realm oidc[\s\S]*users: [1-9]\d* \(of federation ldap: [1-9]/);
    const wrong = await project.run(["up"], { env: { KIT_SECRET_KEYCLOAK_ADMIN: "wrong" } });
    expectExit(wrong, 2);
    expect(wrong.output).toMatch(/KIT_SECRET_KEYCLOAK_ADMIN/);
    expect([project.containerIds(), secrets()]).toEqual(before);
  });

  it("LDIF that the directory's server does not take is refused with file and line, and the directory goes on", async () => {
    const before = project.containerIds();
    const file = join(project.directory, "bad.ldif");
    const person = (uid: string, lines: string) =>
      `dn: uid=${uid},ou=people,dc=localhost\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nmail: ${uid}@localhost\n${lines}\n`;
    writeFileSync(file, `${person("amy", "")}\n${person("bob", "sn: b\nnonsense: x")}`);
    const run = await project.run(["up"], { env: { KIT_LDIF: JSON.stringify([file]) } });
    expectExit(run, 2);
    const { problems } = run.events.at(-1) as { problems: { where: string; what: string }[] };
    expect(problems.map(({ where, what }) => [where.replace(/.*\//, ""), what])).toEqual([
      ["bad.ldif:1", expect.stringMatching(/requires attribute 'sn'/)],
      ["bad.ldif:14", expect.stringMatching(/no schema has attribute nonsense/)],
    ]);
    expect(project.containerIds()).toEqual(before);
    expect(
      docker(
        "exec",
        before.ldap ?? "",
        "ldapwhoami",
        "-x",
        "-D",
        "cn=admin,dc=localhost",
        "-y",
        "/etc/ldap/kit/password",
      ),
    ).toEqual(["dn:cn=admin,dc=localhost"]);
  });

  it("an export of another directory is taken as it is: its people log in, and their pictures are the same", async () => {
    const photo = Buffer.from(Array.from({ length: 142 }, (_, index) => (index * 7 + 0xff) % 256));
    const salt = "abcd";
    const hash = createHash("sha1").update(`exported${salt}`).digest("base64");
    const password = Buffer.from(
      `{SSHA}${Buffer.concat([Buffer.from(hash, "base64"), Buffer.from(salt)]).toString("base64")}`,
    );
    const operational = `entryUUID: 3b7335b0-e341-103c-8b13-df684872bf89
creatorsName: cn=Manager,dc=localhost
createTimestamp: 20221018145938Z
entryCSN: 20221018151429.080994Z#000000#000#000000
modifiersName: cn=Manager,dc=localhost
modifyTimestamp: 20221018151429Z`;
    const file = join(project.directory, "export.ldif");
    writeFileSync(
      file,
      `# as slapcat writes it
dn: uid=gerald,ou=people,dc=localhost
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: shadowAccount
uid: gerald
cn:: ${Buffer.from("Gérald").toString("base64")}
sn: Carter
mail: Gerald.Carter@localhost
uidNumber: 1010
gidNumber: 1010
homeDirectory: /home/gerald
jpegPhoto:: ${photo.toString("base64").replace(/.{70}/g, "$&\n ")}
userPassword:: ${password.toString("base64")}
memberOf: cn=all,ou=people,dc=localhost
pwdChangedTime: 20221018145938Z
structuralObjectClass: inetOrgPerson
${operational}
`,
    );
    const run = await project.run(["up", "--no-smoke"], { env: { KIT_LDIF: JSON.stringify([file]) } });
    expectExit(run, 0);
    const shown = docker(
      "exec",
      project.containerIds().ldap ?? "",
      ...["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-D", "cn=admin,dc=localhost"],
      ...["-y", "/etc/ldap/kit/password", "-b", "ou=people,dc=localhost", "(uid=gerald)", "jpegPhoto"],
    );
    expect(shown).toContain(`jpegPhoto:: ${photo.toString("base64")}`);
    const answer = await fetch(
      `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/token`,
      {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "password",
          client_id: "kit-smoke",
          username: "gerald",
          password: "exported",
        }),
      },
    );
    expect([answer.status, ...(answer.ok ? [] : [await answer.text()])]).toEqual([200]);
  });

  it("a killed container comes back by itself, a removed one by up; the smoke test passes again", async () => {
    const { redis = "", ldap = "" } = project.containerIds();
    docker("kill", "--signal", "KILL", redis);
    docker("rm", "--force", ldap);
    const run = await project.run(["up"]);
    expectExit(run, 0);
    expect(steps(run).filter(({ ok }) => !ok)).toEqual([]);
  });

  it("down --keep-data keeps the keys of the realm, and the secrets; a network that is gone is made anew", async () => {
    const keys = await signingKeys();
    const secrets = readFileSync(join(project.kitDirectory, "secrets.json"), "utf8");
    expectExit(await project.run(["down", "--keep-data"]), 0);
    expect(project.containerIds()).toEqual({});
    expect(docker("network", "rm", `${project.name}-james`)).toHaveLength(1);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    expect(await signingKeys()).toEqual(keys);
    expect(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8")).toBe(secrets);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [] });
  });

  it("cdktf destroy leaves nothing on the engine", async () => {
    expectExit(await project.cdktf(["destroy", "--auto-approve", "--skip-provider-lock"]), 0);
    expect(project.leftovers()).toEqual([]);
  });

  it("down leaves nothing behind, and is fine when nothing is up", async () => {
    expectExit(await project.run(["down"]), 0);
    expect(project.leftovers()).toEqual([]);
    expect(existsSync(project.kitDirectory)).toBe(false);
    expectExit(await project.run(["down"]), 0);
    expectExit(await project.run(["status"]), 4);
  });

  it.each<[NodeJS.Signals, string, RegExp, number]>([
    ["SIGKILL", "while containers are made", /waits for .*keycloak/, 700],
    ["SIGKILL", "while services start", /ldap[^\n]*healthy after/, 500],
    ["SIGINT", "while services start", /ldap[^\n]*healthy after/, 500],
  ])("up ended by %s %s, then run again, ends in the same state", async (signal, _, whenPrinted, afterMs) => {
    await project.run(["down"]);
    const killed = await project.run(["up", "--no-smoke"], { kill: { signal, whenPrinted, afterMs } });
    expect(killed.exitCode, killed.output).not.toBe(0);
    expectExit(await project.run(["up"]), 0);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [] });
    expectExit(await project.run(["down"]), 0);
    expect(project.leftovers()).toEqual([]);
  });
});

describe.sequential("what goes wrong is told, and nothing is half done", () => {
  // Whatever a failure above left up.
  beforeAll(async () => expectExit(await project.run(["down"]), 0));

  it("a port that another program has, and a container name that somebody has", async () => {
    const server = createServer().listen(ports.imap, "127.0.0.1");
    const [image = ""] = docker("images", "--quiet", "--filter", "reference=james-oidc-kit/redis");
    docker("create", "--name", `${project.name}-redis`, "--label", `${testLabel}=${project.name}`, image);
    const run = await project.run(["up"]);
    server.close();
    removeRuns(testLabel, project.purpose);
    expectExit(run, 3);
    expect(run.output).toMatch(new RegExp(`ports\\.imap.*127\\.0\\.0\\.1:${ports.imap}`));
    expect(run.output).toContain(`${project.name}-redis exists`);
    expect(project.leftovers()).toEqual([]);
  });

  it("an environment file with several mistakes", async () => {
    const run = await project.run(["up"], {
      env: { KIT_PORTS_IMAP: "x", KIT_IMAGES: "magic", KIT_NOTHING: "1" },
    });
    expectExit(run, 2);
    for (const where of ["KIT_PORTS_IMAP", "KIT_IMAGES", "KIT_NOTHING"]) expect(run.output).toContain(where);
    expect(project.leftovers()).toEqual([]);
  });

  it("a service that never gets healthy, with its last log lines; down cleans up", async () => {
    // Keycloak ends when it cannot import its realm.
    const template = join(project.directory, "broken.json");
    writeFileSync(template, JSON.stringify({ ...kitRealm(), sslRequired: "nonsense" }));
    const env = { KIT_START_TIMEOUT_SECONDS: "8", KIT_REALM_TEMPLATE: template };
    const run = await project.run(["up"], { env });
    expectExit(run, 4);
    expect(run.output).toMatch(/service keycloak, container[\s\S]*last lines/);
    expectExit(await project.run(["down"]), 0);
    expect(project.leftovers()).toEqual([]);
  });
});
