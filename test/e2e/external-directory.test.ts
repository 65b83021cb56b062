import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { builtImages } from "../../platform/image-set";
import { Authority } from "../authority";
import { docker, environmentPorts, freePorts, removeRuns, runName } from "../engine";
import { startContainer, testLabel } from "../gateway/lab/docker";
import { KitProject, type KitRun } from "./support/kit";
import { Reach } from "./support/reach";
import { startSlapd } from "./support/slapd";

/**
 * Two slapds that are not the kit's: no password without TLS, a certificate of their own authority, another suffix, people of
 * class `person` whose login name and address are in other attributes than the kit's. And a Redis. All are on the engine's
 * machine, where the platform's containers reach them by its address.
 */
const purpose = "kit-external-e2e";
const run = runName(purpose);
const ports = environmentPorts();
const { redis, ...ldap } = freePorts("ldaps", "starttls", "furtherLdaps", "furtherStarttls", "redis");
const folder = mkdtempSync(join(tmpdir(), "kit-external-"));
const passwords = { bind: "bind of the reader", redis: "of the redis", amy: "amy's own", bob: "bob's own" };
const project = new KitProject(purpose, {});
const reach = new Reach(ports, "acme.test");
let address = "";

const settings = () => ({
  ...{ images: "built", domain: "acme.test", directGrants: true, ports },
  directory: {
    url: `ldaps://${address}:${ldap.ldaps}`,
    furtherUrls: [`ldaps://${address}:${ldap.furtherLdaps}`],
    usersDn: "ou=staff,o=acme",
    bindDn: "cn=reader,o=acme",
    ca: join(folder, "ca.pem"),
    userObjectClass: "person",
    loginAttribute: "cn",
    mailAttribute: "mailLocalAddress",
    filter: "(destinationIndicator=mail)",
  },
  smokeUser: "amy@acme.test",
  redis: { url: `redis://${address}:${redis}` },
  // httpd keeps nothing in Redis without.
  introspection: { intervalSeconds: 5 },
});
/** The same directory with other words about it. */
const withDirectory = (change: object) => {
  const { directory, ...others } = settings();
  return { ...others, directory: { ...directory, ...change } };
};
const secrets = {
  KIT_SECRET_DIRECTORY_BIND: passwords.bind,
  KIT_SECRET_REDIS: passwords.redis,
  KIT_SECRET_AMY_ACME_TEST: passwords.amy,
};
const kit = (...args: string[]) => project.run(args, { env: secrets });

const configuration = `${["core", "cosine", "misc"].map((name) => `include /etc/ldap/schema/${name}.schema\n`).join("")}
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile /etc/ldap/kit/ca.pem
TLSCertificateFile /etc/ldap/kit/server.pem
TLSCertificateKeyFile /etc/ldap/kit/server.key
disallow bind_anon
security simple_bind=128
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

beforeAll(async () => {
  removeRuns(testLabel, purpose);
  docker("network", "create", "--label", `${testLabel}=${run}`, run);
  [address = ""] = docker("network", "inspect", run, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  new Authority(folder, "other");
  const certificate = new Authority(folder).certify(address);
  project.configure(settings());
  const slapd = (name: string, ldaps: number, starttls: number) =>
    startSlapd({
      ...{ name: `${run}-${name}`, test: run, configuration, ldif: entries, certificate },
      urls: [`ldaps://${address}:${ldaps}/`, `ldap://${address}:${starttls}/`],
    });
  await slapd("slapd", ldap.ldaps, ldap.starttls);
  await slapd("further", ldap.furtherLdaps, ldap.furtherStarttls);
  await startContainer({
    ...{ name: `${run}-redis`, test: run, network: "host", aliases: [], files: [] },
    image: builtImages().redis.reference,
    command: ["redis-server", "--bind", address, "--port", String(redis), "--requirepass", passwords.redis],
  });
});
afterAll(() => {
  project.remove();
  removeRuns(testLabel, purpose);
  rmSync(folder, { recursive: true });
});

/** A directory that refuses StartTLS, and what it was told. */
async function withoutTls(): Promise<[Server, Buffer[]]> {
  const said: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      said.push(data);
      // An extended response to the message of this id (RFC 4511, section 4.12): protocolError.
      const id = data[data.indexOf(2) + 2] ?? 0;
      socket.write(Buffer.from([0x30, 12, 2, 1, id, 0x78, 7, 0x0a, 1, 2, 4, 0, 4, 0]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return [server, said];
}

function expectExit(run: KitRun, exitCode: number): void {
  expect(run.exitCode, run.output).toBe(exitCode);
}

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

  it("what httpd was told about tokens is kept in the Redis", async () => {
    const token = reach.tokenOf("amy", passwords.amy);
    expect(reach.of("amy", passwords.amy, token)).toEqual(Reach.everything);
    const [keys = ""] = docker(
      ...["exec", "--env", `REDISCLI_AUTH=${passwords.redis}`, `${run}-redis`],
      ...["redis-cli", "-h", address, "-p", String(redis), "dbsize"],
    );
    expect(Number(keys)).toBeGreaterThan(0);
  });

  it("logins go on by the further server while the first one is away, and by the first one again", async () => {
    const reached = () => reach.of("amy", passwords.amy, reach.tokenOf("amy", passwords.amy));
    for (const away of ["slapd", "further"]) {
      docker("stop", "--time", "1", `${run}-${away}`);
      await vi.waitFor(() => expect(reached()).toEqual(Reach.everything), {
        timeout: 30_000,
        interval: 1000,
      });
      docker("start", `${run}-${away}`);
    }
  });

  it("says which services are not the kit's, changes nothing a second time, and finds no drift", async () => {
    const external = [
      {
        service: "ldap",
        address: `ldaps://${address}:${ldap.ldaps} ldaps://${address}:${ldap.furtherLdaps}`,
      },
      { service: "redis", address: `redis://${address}:${redis}` },
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
    const bob = reach.tokenOf("bob", passwords.bob);
    expect(reach.of("bob", passwords.bob, bob)).toEqual(Reach.everything);
    expect(reach.of("robot", "of the robot", "")).toMatchObject({ basic: 401, imap: 67 });
    expect(reach.login("robot", "of the robot")).not.toBe(200);

    for (const [name, port] of [
      ["slapd", ldap.ldaps],
      ["further", ldap.furtherLdaps],
    ]) {
      execFileSync("docker", [
        ...["exec", "--env", "LDAPTLS_CACERT=/etc/ldap/kit/ca.pem", `${run}-${name}`, "ldapdelete", "-x"],
        ...["-H", `ldaps://${address}:${port}`, "-D", "cn=root,o=acme", "-w", "of-root"],
        "cn=bob,ou=staff,o=acme",
      ]);
    }
    const nothing = { login: expect.any(Number), basic: 401, imap: 67, token: 401 };
    await vi.waitFor(() => expect(reach.of("bob", passwords.bob, bob)).toEqual(nothing), {
      timeout: 60_000,
      interval: 1000,
    });
    expect(reach.login("bob", passwords.bob)).not.toBe(200);
    expect(reach.login("amy", passwords.amy)).toBe(200);
  });

  it("by StartTLS, where no password is taken without", async () => {
    project.configure(
      withDirectory({
        url: `ldap://${address}:${ldap.starttls}`,
        furtherUrls: [`ldap://${address}:${ldap.furtherStarttls}`],
        startTls: true,
      }),
    );
    expectExit(await kit("up", "--no-smoke"), 0);
    expect(reach.of("amy", passwords.amy, reach.tokenOf("amy", passwords.amy))).toEqual(Reach.everything);
    docker("stop", "--time", "1", `${run}-slapd`);
    const reached = () => reach.of("amy", passwords.amy, reach.tokenOf("amy", passwords.amy));
    await vi.waitFor(() => expect(reached()).toEqual(Reach.everything), { timeout: 30_000, interval: 1000 });
    docker("start", `${run}-slapd`);
  });

  it("does not come up, and says so soon, with another authority than the directory's; no password is said without TLS", async () => {
    const [server, said] = await withoutTls();
    const begun = Date.now();
    try {
      project.configure(
        withDirectory({
          url: `ldap://${address}:${(server.address() as AddressInfo).port}`,
          furtherUrls: [`ldap://${address}:${ldap.furtherStarttls}`],
          startTls: true,
          ca: join(folder, "other.pem"),
        }),
      );
      const up = await kit("up", "--no-smoke");
      expectExit(up, 4);
      expect(up.output).toMatch(/PKIX path validation failed|PKIX path building failed/);
      expect(up.output).toMatch(/James cannot use the directory: .* directory\.ca/);
      // Not the time within which services must be healthy.
      expect(Date.now() - begun).toBeLessThan(180_000);
      expect(reach.login("amy", passwords.amy)).not.toBe(200);
    } finally {
      server.close();
    }
    expect(said.length).toBeGreaterThan(0);
    const all = Buffer.concat(said).toString("latin1");
    for (const password of Object.values(passwords)) expect(all).not.toContain(password);
  });

  it("down leaves nothing", async () => {
    expectExit(await kit("down"), 0);
    expect(project.leftovers()).toEqual([]);
  });
});
