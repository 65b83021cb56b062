import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Authority } from "../authority";
import { docker, environmentPorts, removeRuns, runName } from "../engine";
import { logs, testLabel } from "../gateway/lab/docker";
import { kitImage } from "../gateway/lab/gateway-lab";
import { KitProject, type KitRun } from "./support/kit";
import { startPostgres } from "./support/postgres";
import { psql } from "./support/psql";
import { Reach } from "./support/reach";

/**
 * A domain of Active Directory, by Samba: it takes no password without TLS, and refers whoever searches all of it elsewhere. And a
 * PostgreSQL, with a database of another name than the kit's; in clear, since containers find no DNS name of a test.
 */
const purpose = "kit-active-directory-e2e";
const run = runName(purpose);
const ports = environmentPorts();
const folder = mkdtempSync(join(tmpdir(), "kit-active-directory-"));
const project = new KitProject(purpose, {});
const reach = new Reach(ports, "acme.test");
const database = { name: `${run}-postgres`, database: "logins", password: "of the database" };
const kit = (...args: string[]) =>
  project.run(args, {
    env: {
      KIT_SECRET_DIRECTORY_BIND: "bind of the reader",
      KIT_SECRET_AMY_ACME_TEST: "amy's own",
      KIT_SECRET_KEYCLOAK_DATABASE: database.password,
    },
  });
const inDatabase = (query: string) => psql(database.name, database.database, query);

const settings = (address: string) => ({
  ...{ images: "built", domain: "acme.test", directGrants: true, ports, smokeUser: "amy@acme.test" },
  directory: {
    ...{ preset: "activeDirectory", url: `ldaps://${address}:636`, ca: join(folder, "ca.pem") },
    ...{ usersDn: "DC=acme,DC=test", bindDn: "reader@acme.test" },
  },
  storage: { identity: "durable", mail: "memory" },
  postgres: {
    ...{ host: address, tls: false },
    keycloak: { database: database.database, user: database.database },
  },
});

const samba = (base: string) => `FROM ${base}
RUN install-packages samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules
`;

/** Nothing but LDAP, on one address of the machine. */
const start = `set -e
rm /etc/samba/smb.conf
samba-tool domain provision --realm=ACME.TEST --domain=ACME --server-role=dc --dns-backend=NONE --host-name=dc1 \\
  --host-ip="$ADDRESS" --adminpass=Adm1n-of-the-domain --option="server services=ldap" \\
  --option="interfaces=$ADDRESS" --option="bind interfaces only=yes" \\
  --option="vfs objects=dfs_samba4 acl_xattr xattr_tdb" \\
  --option="tls keyfile=/tls/server.key" --option="tls certfile=/tls/server.pem" --option="tls cafile=/tls/ca.pem"
samba-tool domain passwordsettings set --complexity=off --min-pwd-length=1
samba-tool ou create OU=staff,DC=acme,DC=test
samba-tool user create reader "bind of the reader"
person() { samba-tool user create "$1" "$2" --userou=OU=staff --given-name="$3" --surname=Smith --mail-address="$1@acme.test"; }
person amy "amy's own" Amy
person bob "bob's own" Bob
person robot "of the robot" Robot
samba-tool user disable robot
exec samba --foreground --no-process-group --debug-stdout
`;

const tool = (...args: string[]) => docker("exec", run, "samba-tool", "user", ...args);

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${run}`, run);
  const [address = ""] = docker("network", "inspect", run, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  const files = new Authority(folder).certify(address).map(({ name }) => name);
  project.configure(settings(address));
  const image = execFileSync("docker", ["build", "--quiet", "--tag", "kit-test-samba", "-"], {
    input: samba(await kitImage("base")),
    encoding: "utf8",
  }).trim();
  docker(
    ...["create", "--name", run, "--label", `${testLabel}=${run}`, "--network", "host"],
    ...["--env", `ADDRESS=${address}`, image, "bash", "-c", start],
  );
  const archive = execFileSync("tar", [
    ...["--owner=0", "--group=0", "--mode=600", "--transform", "s,^,tls/,", "-C", folder, "-cf", "-"],
    ...files,
  ]);
  execFileSync("docker", ["cp", "-", `${run}:/`], { input: archive });
  docker("start", run);
  await startPostgres({ ...database, test: run, address });
  await vi.waitFor(async () => expect(await logs(run)).toMatch(/samba: using/), {
    timeout: 300_000,
    interval: 1000,
  });
});
afterAll(() => {
  project.remove();
  removeRuns(testLabel, purpose);
  rmSync(folder, { recursive: true });
});

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

describe.sequential("a domain of Active Directory, and a PostgreSQL of one's own", () => {
  it("comes up by the preset alone, and the whole smoke test succeeds", async () => {
    const up = await kit("up");
    expectExit(up, 0);
    const steps = up.events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean }] : []));
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.filter((step) => !step.ok || "skipped" in step)).toEqual([]);
  });

  it("what Keycloak has is in that PostgreSQL, and the environment runs none", async () => {
    expect(Object.keys(project.containerIds()).sort()).toEqual(["gateway", "james", "keycloak", "redis"]);
    expect(inDatabase("SELECT username FROM user_entity WHERE username = 'amy'")).toBe("amy");
    expect((await kit("plan")).result).toMatchObject({
      changes: [],
      external: [{ service: "ldap" }, { service: "postgres" }],
    });
  });

  it("its people log in by account name and address, and are called as there", () => {
    const token = reach.tokenOf("amy", "amy's own");
    expect(reach.of("amy", "amy's own", token)).toEqual(Reach.everything);
    expect(reach.login("amy@acme.test", "amy's own")).toBe(200);
    expect(claimsOf(token)).toMatchObject({
      ...{ preferred_username: "amy", email: "amy@acme.test", name: "Amy Smith" },
    });
  });

  it("somebody with another name is the same person: objectGUID says who it is", async () => {
    const { sub } = claimsOf(reach.tokenOf("amy", "amy's own"));
    tool("rename", "amy", "--surname=Jones", "--force-new-cn=Amy Jones");
    await vi.waitFor(
      () => {
        const token = reach.tokenOf("amy", "amy's own");
        expect(claimsOf(token)).toMatchObject({ sub, name: "Amy Jones" });
        expect(reach.of("amy", "amy's own", token)).toEqual(Reach.everything);
      },
      { timeout: 60_000, interval: 1000 },
    );
  });

  it("whose account is disabled has no access, and loses it", async () => {
    expect(reach.login("robot", "of the robot")).not.toBe(200);
    expect(reach.of("robot", "of the robot", "")).toMatchObject({ basic: 401, imap: 67 });

    const bob = reach.tokenOf("bob", "bob's own");
    expect(reach.of("bob", "bob's own", bob)).toEqual(Reach.everything);
    tool("disable", "bob");
    const nothing = { login: expect.any(Number), basic: 401, imap: 67, token: 401 };
    await vi.waitFor(() => expect(reach.of("bob", "bob's own", bob)).toEqual(nothing), {
      timeout: 60_000,
      interval: 1000,
    });
    expect(reach.login("bob", "bob's own")).not.toBe(200);
    tool("enable", "bob");
    await vi.waitFor(() => expect(reach.login("bob", "bob's own")).toBe(200), {
      timeout: 60_000,
      interval: 1000,
    });
  });

  it("down leaves nothing but what is in the PostgreSQL", async () => {
    expectExit(await kit("down", "--delete-data", project.name), 0);
    expect(project.leftovers()).toEqual([]);
    expect(inDatabase("SELECT username FROM user_entity WHERE username = 'amy'")).toBe("amy");
  });
});
