import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DockerEngine } from "../../constructs/engine/docker/docker-engine";
import {
  configurationFolder,
  renderAccess,
  renderPostgres,
} from "../../constructs/postgres/postgres-configuration";
import { builtImages } from "../../platform/image-set";
import { type MailProtocol, openSession } from "../../smoke/clients/mail-session";
import { base64, plain, type SaslMessage, xoauth2 } from "../../smoke/clients/sasl";
import { docker, environmentPorts } from "../engine";
import { KitProject, type KitRun } from "./support/kit";
import { psql } from "./support/psql";

const ports = environmentPorts();
const user = "james-user@localhost";
const settings = {
  ...{ images: "built", directGrants: true, ports },
  storage: { identity: "durable", mail: "memory" },
  tls: { internal: true },
};
const project = new KitProject("kit-e2e-dur", settings);
beforeAll(() => project.cleanUp());
afterAll(() => project.remove());

const expectExit = (run: KitRun, exitCode: number) => expect(run.exitCode, run.output).toBe(exitCode);
const container = (service: string) => `${project.name}-${service}`;
const sql = (statement: string) => psql(container("postgres"), "postgres", statement);
const patiently = { timeout: 240_000, interval: 500 };
const secrets = (): Record<string, string> =>
  JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8"));

const realmUrl = `http://127.0.0.1:${ports.keycloak}/auth/realms/oidc`;
const oidc = `${realmUrl}/protocol/openid-connect`;

async function post(path: string, form: Record<string, string>) {
  const response = await fetch(`${oidc}/${path}`, {
    ...{ method: "POST", body: new URLSearchParams(form), signal: AbortSignal.timeout(30_000) },
  });
  const text = await response.text();
  return {
    status: response.status,
    ...(text.startsWith("{") && (JSON.parse(text) as Record<string, unknown>)),
  };
}

const login = () =>
  post("token", {
    ...{ grant_type: "password", client_id: "kit-smoke", scope: "openid" },
    ...{ username: user, password: secrets()[user] as string },
  }) as Promise<{ status: number; access_token: string; refresh_token: string }>;
const refresh = (token: string) =>
  post("token", { grant_type: "refresh_token", client_id: "kit-smoke", refresh_token: token });
const introspect = (token: string) =>
  post("token/introspect", {
    ...{ token, client_id: "james", client_secret: secrets().jamesClient as string },
  });
const logout = (token: string) => post("logout", { client_id: "kit-smoke", refresh_token: token });
const jmapSession = (path: string, authorization: string) =>
  fetch(`http://127.0.0.1:${ports.gateway}${path}`, {
    ...{ headers: { authorization }, signal: AbortSignal.timeout(30_000) },
  });
const jmap = (token: string) => jmapSession("/oidc/jmap/session", `Bearer ${token}`);

/** What the first command on a connection is answered. */
async function mailAnswer(protocol: MailProtocol, command: string): Promise<string> {
  const { lines } = await openSession(protocol, { host: "127.0.0.1", port: ports[protocol] });
  try {
    lines.writeLine(command);
    return await lines.readLine();
  } finally {
    lines.close();
  }
}

/** Of the mail in the user's inbox. */
async function subjects(pass: string): Promise<(string | undefined)[]> {
  const imap = new ImapFlow({
    ...{ host: "127.0.0.1", port: ports.imap, secure: false, auth: { user, pass }, logger: false },
  });
  await imap.connect();
  try {
    await imap.mailboxOpen("INBOX");
    const mails = await imap.fetchAll("1:*", { envelope: true });
    return mails.map(({ envelope }) => envelope?.subject);
  } finally {
    await imap.logout();
  }
}

/** What mail servers answer to a login, in the order of `temporary`. */
function mailLogins({ mechanism, message }: SaslMessage): Promise<string[]> {
  const initial = base64(message);
  return Promise.all([
    mailAnswer("imap", `a AUTHENTICATE ${mechanism} ${initial}`),
    mailAnswer("smtp", `AUTH ${mechanism} ${initial}`),
    mailAnswer("sieve", `AUTHENTICATE "${mechanism}" "${initial}"`),
  ]);
}
/** Answers at which a mail program keeps what it logged in with, and tries again. */
const temporary = [/^a NO \[UNAVAILABLE\] /, /^454 4\.7\.0 /, /^NO \(TRYLATER\) /].map((answer) =>
  expect.stringMatching(answer),
);
const welcome = [/^a OK /, /^235 /, /^OK/].map((answer) => expect.stringMatching(answer));
const welcomeOrTemporary = [
  /^a (OK|NO \[UNAVAILABLE\]) /,
  /^(235|454 4\.7\.0) /,
  /^(OK|NO \(TRYLATER\) )/,
].map((answer) => expect.stringMatching(answer));

const keys = async () => {
  const { keys } = (await (await fetch(`${oidc}/certs`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid).sort();
};

const answers = () => vi.waitFor(async () => expect(await keys()).not.toEqual([]), patiently);

describe.sequential("an environment whose accounts last", () => {
  let session: Awaited<ReturnType<typeof login>>;
  let before: string[];

  it("comes up; every step of the smoke test succeeds, and nothing is left to change", async () => {
    expectExit(await project.run(["up"]), 0);
    const plan = await project.run(["plan"]);
    expect(plan.result).toMatchObject({ changes: [], storage: { identity: "durable", mail: "memory" } });
    expect(docker("volume", "ls", "--quiet", "--filter", `name=${container("keycloak-data")}`)).toEqual([]);
    session = await login();
    expect(session.status).toBe(200);
    before = await keys();
  });

  it("status tells of a volume whose disk is full", async () => {
    const name = `${project.name}-small`;
    const label = ["--label", `${DockerEngine.label}=${project.name}`];
    const options = ["type=tmpfs", "device=tmpfs", "o=size=64m"].flatMap((option) => ["--opt", option]);
    docker("volume", "create", ...label, ...options, name);
    docker(
      ...["run", "--detach", "--name", name, ...label, "--volume", `${name}:/data`, "--entrypoint", "sleep"],
      ...[builtImages().postgres.reference, "600"],
    );
    try {
      docker("exec", name, "fallocate", "--length", "60M", "/data/mail");
      const run = await project.run(["status"]);
      expectExit(run, 4);
      expect(run.result.fullDisks).toEqual([{ container: name, path: "/data", leftMb: 4, ofMb: 64 }]);
      expect(run.output).toMatch(/the disk of \/data is full/);
    } finally {
      docker("rm", "--force", name);
      docker("volume", "rm", name);
    }
  });

  it("plan tells what is too small for whom it is to serve: a setting, and this machine", async () => {
    const { result } = await project.run(["plan"], {
      env: {
        ...{ KIT_CAPACITY_PEOPLE: "300", KIT_CAPACITY_MAIL_PER_PERSON_MB: "1000" },
        ...{ KIT_CAPACITY_SESSIONS: "10000", KIT_RESOURCES_KEYCLOAK_HEAP_MB: "256" },
      },
    });
    expect(result.capacity).toMatchObject({
      people: 300,
      tooSmall: [
        { where: "resources.keycloak.heapMb", got: 256, unit: "MiB" },
        { where: "memory of the engine's machine" },
      ],
    });
  });

  it("PostgreSQL is there for Keycloak alone, by TLS, with its own database and no more rights", () => {
    const reaches = (from: string) =>
      spawnSync("docker", [
        ...["exec", container(from), "timeout", "2", "bash", "-c", ": </dev/tcp/postgres.example.com/5432"],
      ]).status === 0;
    const services = ["gateway", "james", "keycloak", "ldap", "redis"];
    expect(services.filter(reaches)).toEqual(["keycloak"]);
    expect(
      sql(
        "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE usename = 'keycloak'",
      ),
    ).toBe("t|t");
    expect(sql("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'keycloak'")).toBe(
      "f|f|f",
    );
    const connect = (role: string, database: string, mode: string) =>
      spawnSync(
        "docker",
        [
          ...["exec", "--env", "PGPASSWORD", container("postgres"), "bash", "-c"],
          `/usr/lib/postgresql/*/bin/psql -XqAt -c 'SELECT 1' "host=127.0.0.1 user=${role} dbname=${database} sslmode=${mode}"`,
        ],
        { encoding: "utf8", env: { ...process.env, PGPASSWORD: secrets().keycloakDatabase } },
      );
    expect(connect("keycloak", "keycloak", "require").stdout).toBe("1\n");
    for (const [role, database, mode] of [
      ["keycloak", "keycloak", "disable"],
      ["keycloak", "postgres", "require"],
      ["postgres", "postgres", "require"],
      ["postgres", "keycloak", "require"],
    ] as const) {
      expect(connect(role, database, mode).stderr, `${role} ${database} ${mode}`).toContain(
        "no pg_hba.conf entry",
      );
    }
  });

  it("a restart, and containers made anew, leave sessions, accounts and the realm's keys", async () => {
    docker("restart", container("keycloak"), container("postgres"));
    await answers();
    expect(await refresh(session.refresh_token)).toMatchObject({ status: 200 });
    docker("rm", "--force", container("keycloak"), container("postgres"));
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    expect(await refresh(session.refresh_token)).toMatchObject({ status: 200 });
    expect(await introspect(session.access_token)).toMatchObject({ active: true });
    expect(await keys()).toEqual(before);
  });

  it("PostgreSQL away: no token of an ended session is good, none is said to be wrong, nobody logs in; all is well when it is back", async () => {
    const [now, ended] = [await login(), await login()];
    expect((await logout(ended.refresh_token)).status).toBe(204);
    docker("kill", container("postgres"));
    expect((await login()).status).toBeGreaterThanOrEqual(400);
    expect((await logout(now.refresh_token)).status).toBeGreaterThanOrEqual(500);
    // Keycloak answers, but knows nothing of what it has to look up.
    const { status, headers } = await jmap(ended.access_token);
    expect([status, headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await mailLogins(xoauth2(user, ended.access_token))).toEqual(temporary);
    // A session that it still has in its memory goes on.
    expect([200, 503]).toContain((await jmap(now.access_token)).status);
    expect(await mailLogins(xoauth2(user, now.access_token))).toEqual(welcomeOrTemporary);
    // Meanwhile Keycloak begins anew, too, and waits.
    docker("restart", container("keycloak"));
    await expect(introspect(session.access_token)).rejects.toThrow();
    docker("start", container("postgres"));
    await answers();
    expect(await refresh(session.refresh_token)).toMatchObject({ status: 200 });
    expect((await jmap(ended.access_token)).status).toBe(401);
    expect(await introspect(ended.access_token)).toMatchObject({ active: false });
    // What was answered with an error was not done.
    expect(await refresh(now.refresh_token)).toMatchObject({ status: 200 });
    docker("restart", "--time", "0", container("postgres"));
    await vi.waitFor(async () => expect((await login()).status).toBe(200), patiently);
  });

  it("the directory away: no password and no token is said to be wrong, no accepted mail is lost, and all are right when it is back", async () => {
    const pass = secrets()[user] as string;
    const password = plain(user, pass);
    const basic = () => jmapSession("/jmap/session", `Basic ${base64(`${user}:${pass}`)}`);
    const { access_token } = await login();
    const token = xoauth2(user, access_token);
    for (const message of [password, token]) expect(await mailLogins(message)).toEqual(welcome);
    const smtp = createTransport({
      ...{ host: "127.0.0.1", port: ports.smtp, ignoreTLS: true, auth: { user, pass } },
      // Of somebody who logged in before.
      ...{ pool: true, maxConnections: 1 },
    });
    const send = (subject: string) => smtp.sendMail({ from: user, to: user, subject, text: "Hello" });
    await send("before");
    docker("kill", container("ldap"));
    expect(await mailLogins(password)).toEqual(temporary);
    await send("meanwhile 1");
    await send("meanwhile 2");
    smtp.close();
    const { status, headers } = await basic();
    expect([status, headers.get("retry-after")]).toEqual([503, "10"]);
    // Keycloak remembers people for a moment, and then takes them for disabled.
    await vi.waitFor(
      async () => expect(await introspect(access_token)).toMatchObject({ active: false }),
      patiently,
    );
    expect(await mailLogins(token)).toEqual(temporary);
    docker("start", container("ldap"));
    for (const message of [password, token]) {
      await vi.waitFor(async () => expect(await mailLogins(message)).toEqual(welcome), patiently);
    }
    expect((await basic()).status).toBe(200);
    await vi.waitFor(
      async () =>
        expect(await subjects(pass)).toEqual(
          expect.arrayContaining(["before", "meanwhile 1", "meanwhile 2"]),
        ),
      patiently,
    );
  });

  it("a password that is another in the database is set again; a rotated one comes to both", async () => {
    sql("ALTER ROLE keycloak PASSWORD 'something else'");
    docker("restart", container("keycloak"));
    const log = () =>
      spawnSync("docker", ["logs", "--since", "1m", container("keycloak")], { encoding: "utf8" });
    await vi.waitFor(() => expect(log().stdout).toContain("password authentication failed"), patiently);
    docker("restart", container("postgres"));
    await answers();
    expectExit(await project.run(["secrets", "rotate", "keycloakDatabase"]), 0);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    expect(await refresh(session.refresh_token)).toMatchObject({ status: 200 });
  });

  it("secrets are in no log, state or process list", () => {
    const password = secrets().keycloakDatabase as string;
    const state = readFileSync(join(project.kitDirectory, "terraform.tfstate"), "utf8");
    const texts = ["keycloak", "postgres"].flatMap((service) => {
      const { stdout, stderr } = spawnSync("docker", ["logs", container(service)], { encoding: "utf8" });
      return [stdout, stderr, docker("top", container(service), "-eo", "args").join("\n")];
    });
    for (const text of [state, ...texts]) expect(text.includes(password)).toBe(false);
  });

  it("what would be lost by an embedded database is told and refused", async () => {
    const run = await project.run(["plan"], { env: { KIT_STORAGE: "memory" } });
    expectExit(run, 2);
    expect(run.output).toMatch(
      /in the environment's own PostgreSQL, and would begin anew in Keycloak's embedded/,
    );
    expect(run.output).toMatch(/users: 1 /);
  });

  it("and so is a realm that would be imported over them", async () => {
    const env = { KIT_CLIENTS_OIDC_REDIRECT_URIS: "[http://localhost:4000/callback]" };
    const run = await project.run(["up"], { env });
    expectExit(run, 2);
    expect(run.output).toMatch(/realm oidc[^\n]*would be imported anew, over what people have in it/);
    expect(await keys()).toEqual(before);
  });

  it("with consent realms begin anew elsewhere, and back again, too", async () => {
    const volumes = () =>
      docker("volume", "ls", "--quiet", "--filter", `label=${DockerEngine.label}=${project.name}`)
        .map((name) => name.slice(project.name.length + 1))
        .filter((name) => /^(keycloak|postgres)-data$/.test(name));
    const allowed = ["up", "--no-smoke", "--allow-loss", "oidc"];
    expectExit(await project.run(allowed, { env: { KIT_STORAGE: "memory" } }), 0);
    expect(project.containerIds().postgres).toBeUndefined();
    expect(volumes()).toEqual(["keycloak-data"]);
    expect((await login()).status).toBe(200);
    expectExit(await project.run(["up", "--no-smoke"]), 2);
    expectExit(await project.run(allowed), 0);
    // What a durable environment has no use for any more stays.
    expect(volumes()).toEqual(["keycloak-data", "postgres-data"]);
    expect((await login()).status).toBe(200);
    expect(await keys()).not.toEqual(before);
  });
});

describe("the start of PostgreSQL", () => {
  const name = `${project.name}-start`;
  const { reference } = builtImages().postgres;
  const kit = mkdtempSync(join(tmpdir(), "james-oidc-kit-e2e-"));
  const remove = () => {
    docker("rm", "--force", "--volumes", name);
    docker("volume", "rm", name);
  };
  beforeAll(() => {
    remove();
    const tuned = renderPostgres({ memoryMb: 128, connections: 10, tls: false });
    writeFileSync(join(kit, "postgresql.conf"), tuned);
    writeFileSync(join(kit, "pg_hba.conf"), renderAccess([], false));
    chmodSync(kit, 0o755);
  });
  afterAll(() => {
    remove();
    rmSync(kit, { recursive: true });
  });
  const label = ["--label", `${DockerEngine.label}=${project.name}`];
  const run = () =>
    docker(
      ...["run", "--detach", "--name", name, "--user", "postgres", ...label],
      ...["--volume", `${name}:/var/lib/postgresql/data`, "--volume", `${kit}:${configurationFolder}:ro`],
      reference,
    );
  const has = (path: string) => spawnSync("docker", ["exec", name, "test", "-e", path]).status === 0;
  const onVolume = (...command: string[]) =>
    docker("run", "--rm", "--volume", `${name}:/volume`, reference, ...command);

  it("that was killed while it made its cluster makes it anew", async () => {
    run();
    await vi.waitFor(() => expect(has("/var/lib/postgresql/data/new")).toBe(true), {
      timeout: 60_000,
      interval: 50,
    });
    docker("kill", name);
    expect(onVolume("ls", "/volume")).toEqual(["lock", "new"]);
    docker("start", name);
    await vi.waitFor(() => expect(has("/dev/shm/ready")).toBe(true), patiently);
  });

  it("leaves the data of another major release as it is, and says which can read it", () => {
    docker("rm", "--force", name);
    onVolume("mv", "/volume/15", "/volume/16");
    run();
    expect(docker("wait", name)).toEqual(["1"]);
    const { stderr } = spawnSync("docker", ["logs", name], { encoding: "utf8" });
    expect(stderr).toMatch(
      /databases of PostgreSQL 16, which PostgreSQL 15 cannot read: run an image of PostgreSQL 16/,
    );
    expect(onVolume("ls", "/volume")).toEqual(["16", "lock"]);
  });
});
