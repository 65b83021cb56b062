import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { docker, environmentPorts } from "../engine";
import { KitProject, type KitRun } from "./support/kit";
import { itKeepsServicesApart } from "./support/services-apart";

const ports = environmentPorts();
const people = ["amy", "bob", "carol"].map((name) => ({ mail: `${name}@localhost` }));
const settings = (who: readonly { mail: string }[], ldif: readonly string[] = []) => ({
  ...{ images: "built", directGrants: true, ports, ldif },
  people: who,
});
const project = new KitProject("kit-isolation-e2e", settings(people));

beforeAll(() => project.cleanUp());
afterAll(() => project.remove());

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

function setPeople(who: readonly { mail: string }[], ldif: readonly string[] = []): void {
  project.configure(settings(who, ldif));
}

/** Exit code and output of curl, which knows the platform's names. */
function curl(...args: string[]): { code: number; output: string } {
  const names = [`sso.example.com:${ports.keycloak}`, `apisix.example.com:${ports.gateway}`];
  const resolve = names.flatMap((name) => ["--resolve", `${name}:127.0.0.1`]);
  const { status, stdout } = spawnSync("curl", ["--silent", "--max-time", "20", ...resolve, ...args], {
    encoding: "utf8",
  });
  return { code: status ?? -1, output: stdout };
}

const httpStatus = (...args: string[]) =>
  Number(curl("--output", "/dev/null", "--write-out", "%{http_code}", ...args).output);

const realm = (name: string) =>
  `http://sso.example.com:${ports.keycloak}/auth/realms/${name}/protocol/openid-connect`;
const session = `http://apisix.example.com:${ports.gateway}/oidc/jmap/session`;
const basicSession = `http://apisix.example.com:${ports.gateway}/jmap/session`;

const grant = (name: string, fields: Record<string, string>) => [
  ...Object.entries(fields).flatMap(([key, value]) => ["--data-urlencode", `${key}=${value}`]),
  `${realm(name)}/token`,
];
const login = (username: string, password: string) =>
  grant("oidc", { grant_type: "password", client_id: "kit-smoke", scope: "openid", username, password });

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const addressIn = ({ access_token }: Tokens) =>
  JSON.parse(Buffer.from(access_token.split(".")[1] as string, "base64url").toString()).email;

/** What somebody can do with a password and with tokens. */
function reach(mail: string, password: string, tokens: Tokens) {
  const refresh = {
    grant_type: "refresh_token",
    client_id: "kit-smoke",
    refresh_token: tokens.refresh_token,
  };
  return {
    token: httpStatus("--header", `Authorization: Bearer ${tokens.access_token}`, session),
    refresh: httpStatus(...grant("oidc", refresh)),
    login: httpStatus(...login(mail, password)),
    basic: httpStatus("--user", `${mail}:${password}`, basicSession),
    imap: curl("--user", `${mail}:${password}`, `imap://127.0.0.1:${ports.imap}/`).code,
    imapByToken: curl(
      ...["--user", `${mail}:`, "--oauth2-bearer", tokens.access_token, "--login-options", "AUTH=XOAUTH2"],
      `imap://127.0.0.1:${ports.imap}/`,
    ).code,
  };
}
const everything = { token: 200, refresh: 200, login: 200, basic: 200, imap: 0, imapByToken: 0 };
// curl's 67: the login was denied.
const nothing = {
  ...{ token: 401, refresh: 400, login: 400, basic: 401 },
  ...{ imap: 67, imapByToken: 67 },
};

async function password(mail: string): Promise<string> {
  const { result } = await project.run(["secrets", "show", mail]);
  return (result.secrets as Record<string, string>)[mail] as string;
}

async function loggedIn(mail: string): Promise<{ mail: string; password: string; tokens: Tokens }> {
  const known = await password(mail);
  return { mail, password: known, tokens: JSON.parse(curl(...login(mail, known)).output) };
}

const healthOf = (service: string) =>
  docker("inspect", "--format", "{{.State.Health.Status}}", `${project.name}-${service}`)[0];

/** Changes the directory by LDAP: a second server of the same database, which is not read-only as the kit's. */
const modify = `ulimit -n 1024; grep -v ^readonly /etc/ldap/kit/slapd.conf >/tmp/writable.conf
slapd -d none -f /tmp/writable.conf -h ldap://127.0.0.1:3890 & server=$!
until : 2>/dev/null <>/dev/tcp/127.0.0.1/3890; do sleep 0.1; done
ldapmodify -x -H ldap://127.0.0.1:3890 -D cn=admin,dc=localhost -w "$0"; code=$?
kill $server; wait $server; exit $code`;

describe.sequential("who may reach what, and for how long", () => {
  it("comes up", async () => expectExit(await project.run(["up", "--no-smoke"]), 0));

  itKeepsServicesApart(project.name, ports);

  it("ends all that a removed person can do at once, and sessions of one with another password; nobody else's", async () => {
    const [amy, bob, carol] = await Promise.all(people.map(({ mail }) => loggedIn(mail)));
    if (!amy || !bob || !carol) throw new Error("nobody is logged in");
    for (const { mail, password, tokens } of [amy, bob, carol]) {
      // A refresh makes no difference to the first refresh token.
      expect(reach(mail, password, tokens), mail).toEqual(everything);
    }
    setPeople(people.filter(({ mail }) => mail !== bob.mail));
    expectExit(await project.run(["secrets", "rotate", carol.mail]), 0);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    expect(reach(bob.mail, bob.password, bob.tokens)).toEqual(nothing);
    expect(reach(carol.mail, carol.password, carol.tokens)).toEqual(nothing);
    expect(reach(amy.mail, amy.password, amy.tokens)).toEqual(everything);
    const now = await loggedIn(carol.mail);
    expect(reach(now.mail, now.password, now.tokens)).toEqual(everything);
    expect((await project.run(["plan"])).result).toMatchObject({ changes: [] });
  });

  it("takes somebody back who comes again", async () => {
    setPeople(people);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    const bob = await loggedIn("bob@localhost");
    expect(reach(bob.mail, bob.password, bob.tokens)).toEqual(everything);
  });

  it("somebody with another address is known by it, and nobody by the old one", async () => {
    const dora = (mail: string) => {
      const entry = `dn: uid=dora,ou=people,dc=localhost\nobjectClass: inetOrgPerson\nuid: dora\ncn: Dora\nsn: D\nmail: ${mail}\n`;
      writeFileSync(join(project.directory, "dora.ldif"), `${entry}userPassword: a plain one\n`);
      setPeople(people, ["../dora.ldif"]);
    };
    const tokens = () => JSON.parse(curl(...login("dora", "a plain one")).output) as Tokens;
    let before: Tokens | undefined;
    // Twice: Keycloak itself would keep the first address.
    for (const mail of ["dora@localhost", "dorothea@localhost", "theodora@localhost"]) {
      dora(mail);
      expectExit(await project.run(["up", "--no-smoke"]), 0);
      if (before) expect(reach(mail, "another one", before)).toEqual(nothing);
      before = tokens();
      expect(addressIn(before)).toBe(mail);
      expect(reach(mail, "a plain one", before)).toEqual(everything);
    }
  });

  it("an address that changes in the directory without the kit is followed, and free for somebody else", async () => {
    const dora = JSON.parse(curl(...login("dora", "a plain one")).output) as Tokens;
    const setMail = async (uid: string, mail: string) => {
      const change = `dn: uid=${uid},ou=people,dc=localhost\nchangetype: modify\nreplace: mail\nmail: ${mail}\n`;
      const args = ["exec", "-i", `${project.name}-ldap`, "bash", "-c", modify, await password("ldapAdmin")];
      execFileSync("docker", args, { input: change, stdio: ["pipe", "ignore", "ignore"] });
    };
    const refreshed = () => {
      const { refresh_token } = dora;
      return JSON.parse(
        curl(...grant("oidc", { grant_type: "refresh_token", client_id: "kit-smoke", refresh_token })).output,
      ) as Tokens;
    };
    const jmapUser = ({ access_token }: Tokens) =>
      JSON.parse(curl("--header", `Authorization: Bearer ${access_token}`, session).output || "{}").username;
    expect(addressIn(dora)).toBe("theodora@localhost");
    await setMail("dora", "dolly@localhost");
    await vi.waitFor(() => expect(addressIn(refreshed())).toBe("dolly@localhost"), {
      timeout: 30_000,
      interval: 1000,
    });
    expect(jmapUser(refreshed())).toBe("dolly@localhost");
    // Introspection reads the address anew.
    expect(jmapUser(dora)).toBe("dolly@localhost");

    const { default: KeycloakAdminClient } = await import("@keycloak/keycloak-admin-client");
    const admin = new KeycloakAdminClient({ baseUrl: `http://127.0.0.1:${ports.keycloak}/auth` });
    const known = await password("keycloakAdmin");
    await admin.auth({ grantType: "password", clientId: "admin-cli", username: "admin", password: known });
    const type = "org.keycloak.storage.UserStorageProvider";
    const [federation] = await admin.components.find({ realm: "oidc", type });
    expect(federation?.config?.changedSyncPeriod).toEqual(["300"]);
    await setMail("carol@localhost", "theodora@localhost");
    // What Keycloak does by itself every five minutes.
    const id = federation?.id as string;
    await admin.userStorageProvider.sync({ realm: "oidc", id, action: "triggerChangedUsersSync" });
    const carol = JSON.parse(
      curl(...login("carol@localhost", await password("carol@localhost"))).output,
    ) as Tokens;
    expect(addressIn(carol)).toBe("theodora@localhost");
  });

  it("a service that works is asked every twenty seconds; one that does not, and works again, is noticed", async () => {
    await vi.waitUntil(
      () => {
        const [log = "[]"] = docker(
          ...["inspect", "--format", "{{json .State.Health.Log}}", `${project.name}-ldap`],
        );
        const last = (JSON.parse(log) as { Start: string; End: string }[]).at(-1);
        return last !== undefined && Date.parse(last.End) - Date.parse(last.Start) >= 20_000;
      },
      { timeout: 180_000, interval: 1000 },
    );
    const move = (from: string, to: string) =>
      execFileSync("docker", ["exec", "--user", "0", `${project.name}-ldap`, "mv", from, to]);
    const file = "/etc/ldap/kit/password";
    move(file, `${file}.gone`);
    await vi.waitUntil(() => healthOf("ldap") === "unhealthy", { timeout: 120_000, interval: 500 });
    move(`${file}.gone`, file);
    await vi.waitUntil(() => healthOf("ldap") === "healthy", { timeout: 60_000, interval: 500 });
    // Nor does a check that rests keep a service from being stopped, or a start from being noticed.
    docker("stop", `${project.name}-redis`);
    // 137: the engine waited in vain, and killed it.
    expect(docker("inspect", "--format", "{{.State.ExitCode}}", `${project.name}-redis`)).not.toEqual([
      "137",
    ]);
    docker("start", `${project.name}-redis`);
    await vi.waitUntil(() => healthOf("redis") === "healthy", { timeout: 60_000, interval: 500 });
  });

  it("slows down who guesses the administrator's password, and says so when that is why it cannot work", async () => {
    const admin = (given: string) =>
      grant("master", { grant_type: "password", client_id: "admin-cli", username: "admin", password: given });
    const known = await password("keycloakAdmin");
    expect(httpStatus(...admin(known))).toBe(200);
    for (let guess = 0; guess < 12; guess++) expect(httpStatus(...admin(`guess ${guess}`))).toBe(400);
    expect(httpStatus(...admin(known))).toBe(400);
    const drift = await project.run(["drift"]);
    expect(drift.exitCode, drift.output).not.toBe(0);
    expect(drift.output).toMatch(/after too many wrong passwords of user admin/);
  });

  it("down leaves nothing, and keeps no network", async () => {
    expectExit(await project.run(["down"]), 0);
    expect(project.leftovers()).toEqual([]);
  });
});
