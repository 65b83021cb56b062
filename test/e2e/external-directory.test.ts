import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { builtImages } from "../../platform/image-set";
import { docker, environmentPorts, freePorts, removeRuns, runName } from "../engine";
import { startContainer, testLabel } from "../gateway/docker";
import { KitProject, type KitRun } from "./kit";

/**
 * A slapd that is not the kit's: LDAPS alone, a certificate of its own authority, another suffix, people of class `person`
 * whose login name and address are in other attributes than the kit's. And a Redis. Both are on the engine's machine, where
 * the platform's containers reach them by its address.
 */
const purpose = "kit-external-e2e";
const run = runName(purpose);
const ports = environmentPorts();
const { ldaps, redis } = freePorts("ldaps", "redis");
const folder = mkdtempSync(join(tmpdir(), "kit-external-"));
const passwords = { bind: "bind of the reader", redis: "of the redis", amy: "amy's own", bob: "bob's own" };
const project = new KitProject(purpose, {});
let address = "";

const settings = () => ({
  ...{ images: "built", domain: "acme.test", directGrants: true, ports },
  directory: {
    url: `ldaps://${address}:${ldaps}`,
    usersDn: "ou=staff,o=acme",
    bindDn: "cn=reader,o=acme",
    ca: join(folder, "ca.pem"),
    userObjectClass: "person",
    loginAttribute: "cn",
    mailAttribute: "mailLocalAddress",
    filter: "(destinationIndicator=mail)",
    smokeUser: "amy@acme.test",
  },
  redis: { host: address, port: redis },
});
const secrets = {
  KIT_SECRET_DIRECTORY_BIND: passwords.bind,
  KIT_SECRET_REDIS: passwords.redis,
  KIT_SECRET_AMY_ACME_TEST: passwords.amy,
};
const kit = (...args: string[]) => project.run(args, { env: secrets });

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
}

function makeAuthority(): void {
  openssl(
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority"],
    ...["-keyout", "ca.key", "-out", "ca.pem"],
  );
}

function makeCertificate(): void {
  openssl(
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-subj",
    "/CN=directory",
    "-keyout",
    "server.key",
    "-out",
    "csr",
  );
  writeFileSync(join(folder, "extensions"), `subjectAltName=IP:${address}\n`);
  openssl(
    ...["x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"],
    ...["-extfile", "extensions", "-out", "server.pem"],
  );
}

const configuration = `${["core", "cosine", "misc"].map((name) => `include /etc/ldap/schema/${name}.schema\n`).join("")}
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile /etc/ldap/kit/ca.pem
TLSCertificateFile /etc/ldap/kit/server.pem
TLSCertificateKeyFile /etc/ldap/kit/server.key
disallow bind_anon
database mdb
suffix "o=acme"
rootdn "cn=root,o=acme"
rootpw of-root
directory /tmp/directory
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,o=acme" read by anonymous auth
`;

const person = (name: string, password: string, purpose = "mail") => `
dn: cn=${name},ou=staff,o=acme
objectClass: person
objectClass: inetLocalMailRecipient
objectClass: extensibleObject
cn: ${name}
sn: ${name}
mailLocalAddress: ${name}@acme.test
destinationIndicator: ${purpose}
userPassword: ${password}
`;

const entries = `dn: o=acme
objectClass: organization
o: acme

dn: cn=reader,o=acme
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ${passwords.bind}

dn: ou=staff,o=acme
objectClass: organizationalUnit
ou: staff
${person("amy", passwords.amy)}${person("bob", passwords.bob)}${person("robot", "of the robot", "none")}`;

const read = (name: string) => readFileSync(join(folder, name), "utf8");

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${run}`, run);
  [address = ""] = docker("network", "inspect", run, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  makeAuthority();
  makeCertificate();
  project.configure(settings());
  const images = builtImages();
  const common = { test: run, network: "host", aliases: [] };
  await startContainer({
    ...common,
    ...{ name: `${run}-slapd`, image: images.ldap.reference },
    files: [
      { path: "/etc/ldap/kit/slapd.conf", content: configuration },
      { path: "/etc/ldap/kit/directory.ldif", content: entries },
      ...["ca.pem", "server.pem", "server.key"].map((name) => ({
        path: `/etc/ldap/kit/${name}`,
        content: read(name),
      })),
    ],
    command: [
      ...["bash", "-c"],
      `ulimit -n 1024; mkdir /tmp/directory && slapadd -q -f /etc/ldap/kit/slapd.conf -l /etc/ldap/kit/directory.ldif &&
       exec slapd -d none -f /etc/ldap/kit/slapd.conf -h ldaps://${address}:${ldaps}/`,
    ],
  });
  await startContainer({
    ...common,
    ...{ name: `${run}-redis`, image: images.redis.reference, files: [] },
    command: ["redis-server", "--bind", address, "--port", String(redis), "--requirepass", passwords.redis],
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

const curl = (...args: string[]) => {
  const names = [`sso.example.com:${ports.keycloak}`, `apisix.example.com:${ports.gateway}`];
  const { status, stdout } = spawnSync(
    "curl",
    ["--silent", "--max-time", "20", ...names.flatMap((name) => ["--resolve", `${name}:127.0.0.1`]), ...args],
    { encoding: "utf8" },
  );
  return { code: status ?? -1, output: stdout };
};
const httpStatus = (...args: string[]) =>
  Number(curl("--output", "/dev/null", "--write-out", "%{http_code}", ...args).output);
const login = (username: string, password: string) => [
  ...["--data-urlencode", `username=${username}`, "--data-urlencode", `password=${password}`],
  ...["--data", "grant_type=password&client_id=kit-smoke&scope=openid"],
  `http://sso.example.com:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/token`,
];
const session = (path: string) => `http://apisix.example.com:${ports.gateway}${path}jmap/session`;
/** What somebody can do with a password, and with a token. */
const reach = (name: string, password: string, token: string) => ({
  login: httpStatus(...login(name, password)),
  basic: httpStatus("--user", `${name}@acme.test:${password}`, session("/")),
  imap: curl("--user", `${name}@acme.test:${password}`, `imap://127.0.0.1:${ports.imap}/`).code,
  token: httpStatus("--header", `Authorization: Bearer ${token}`, session("/oidc/")),
});
const tokenOf = (name: string, password: string): string =>
  JSON.parse(curl(...login(name, password)).output).access_token;

describe.sequential("a directory and a Redis of one's own, in an environment file", () => {
  it("nothing begins before their secrets are told, and all that are missing are named", async () => {
    const refused = await project.run(["up"]);
    expectExit(refused, 2);
    for (const variable of Object.keys(secrets)) expect(refused.output).toContain(variable);
    expect(project.leftovers()).toEqual([]);
  });

  it("comes up without containers of its own for them, and the whole smoke test succeeds", async () => {
    const up = await kit("up");
    expectExit(up, 0);
    const steps = up.events.flatMap(({ smoke }) => (smoke ? [smoke as { id: string; ok: boolean }] : []));
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.filter((step) => !step.ok || "skipped" in step)).toEqual([]);
    expect(Object.keys(project.containerIds()).sort()).toEqual(["gateway", "james", "keycloak"]);
  });

  it("says which services are not the kit's, changes nothing a second time, and finds no drift", async () => {
    const external = [
      { service: "ldap", address: `ldaps://${address}:${ldaps}` },
      { service: "redis", address: `${address}:${redis}` },
    ];
    for (const command of ["status", "plan", "drift"]) {
      const told = await kit(command);
      expectExit(told, 0);
      expect(told.result.external, command).toEqual(external);
    }
    expectExit(await kit("up", "--no-smoke"), 0);
    expect((await kit("plan")).result.changes).toEqual([]);
    // What was told once is known.
    expectExit(await project.run(["smoke"]), 0);
  });

  it("keeps others' secrets as they were told: they are neither made nor rotated here", async () => {
    const rotated = await kit("secrets", "rotate", "directoryBind");
    expect(rotated.exitCode).not.toBe(0);
    expect(rotated.output).toMatch(/not the kit's to choose/);
  });

  it("whom the filter leaves out has no access; who is removed there loses it", async () => {
    const bob = tokenOf("bob", passwords.bob);
    expect(reach("bob", passwords.bob, bob)).toEqual({ login: 200, basic: 200, imap: 0, token: 200 });
    expect(reach("robot", "of the robot", "")).toMatchObject({ basic: 401, imap: 67 });
    expect(httpStatus(...login("robot", "of the robot"))).not.toBe(200);

    execFileSync("docker", [
      ...["exec", "--env", "LDAPTLS_CACERT=/etc/ldap/kit/ca.pem", `${run}-slapd`, "ldapdelete", "-x"],
      ...["-H", `ldaps://${address}:${ldaps}`, "-D", "cn=root,o=acme", "-w", "of-root"],
      "cn=bob,ou=staff,o=acme",
    ]);
    const nothing = { login: expect.any(Number), basic: 401, imap: 67, token: 401 };
    await vi.waitFor(() => expect(reach("bob", passwords.bob, bob)).toEqual(nothing), {
      timeout: 60_000,
      interval: 1000,
    });
    expect(httpStatus(...login("bob", passwords.bob))).not.toBe(200);
    expect(httpStatus(...login("amy", passwords.amy))).toBe(200);
  });

  it("down leaves nothing", async () => {
    expectExit(await kit("down"), 0);
    expect(project.leftovers()).toEqual([]);
  });
});
