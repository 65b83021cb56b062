import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { SecretStore } from "../../config/secrets";
import type { Deployment } from "../../operations/deployment/deployment";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { runSmoke, type SmokeTarget } from "../../smoke";
import { type Login, loginImap, loginSieve, loginSmtp } from "../../smoke/clients/login";
import { plain } from "../../smoke/clients/sasl";
import type { Address } from "../../smoke/clients/socket";
import { Authority } from "../authority";
import { docker, freePort } from "../engine";
import { imageSettings, KitProject } from "./support/kit";
import { install, lackOf, type ProxyExample, proxyExamples, settingsOf } from "./support/proxies";

/**
 * The examples of docs/proxies, each run by its program before an environment with the settings that it names. Both listen on
 * the ports that the examples say, at loopback addresses of the test's own; clients connect from others.
 */
const place = {
  publicAddress: "127.0.0.43",
  inside: "127.0.0.44",
  folder: mkdtempSync(join(tmpdir(), "kit-proxies-")),
};
const [mailHost, loginHost] = ["mail.acme.org", "login.acme.org"];
const user = "amy@localhost";
const base = {
  ...{ ...imageSettings, gateway: "httpd", directGrants: true, deletionProtection: false },
  people: [{ mail: user }],
};
/** Of nobody here: what clients say that they come from. */
const forged = "203.0.113.66";
const wrong = "not the password";
/** Wrong passwords after which an address may try a user no more (images/james/extension/common/Guesses.java), and one. */
const tooMany = 11;

describe.sequential("a proxy before an environment", () => {
  const project = new KitProject("kit-e2e-proxies", {});
  const authority = new Authority(place.folder, "authority-of-the-test");
  const adminPort = freePort();
  let current = "";
  let deployment: Deployment;
  let target: SmokeTarget;
  let proxy: ChildProcess | undefined;
  let printed = "";
  const relays: Server[] = [];

  beforeAll(() => {
    project.cleanUp();
    authority.certify(mailHost, loginHost);
    for (const [from, to] of [
      ["server.pem", "chain.pem"],
      ["server.key", "key.pem"],
    ] as const)
      writeFileSync(join(place.folder, to), readFileSync(join(place.folder, from)));
  });
  afterAll(async () => {
    for (const relay of relays) relay.close();
    await stop();
    project.remove();
    rmSync(place.folder, { recursive: true, force: true });
  });

  const stop = async () => {
    const child = proxy;
    proxy = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };

  /** Brings the environment up with the settings of an example. */
  const deploy = async (example: ProxyExample) => {
    const named = settingsOf(example, place) as { ports?: object; tls?: object };
    const settings = {
      ...{ ...base, ...named },
      // 8081 of 127.0.0.1 may be another's.
      ports: { ...named.ports, keycloakAdmin: adminPort },
      tls: { ...named.tls, ca: authority.path },
    };
    if (JSON.stringify(settings) === current) return;
    project.configure(settings);
    const up = await project.run(["up", "--no-smoke"]);
    expect(up.exitCode, up.output).toBe(0);
    current = JSON.stringify(settings);
    if (JSON.stringify(named.tls).includes('"own"')) {
      const shown = await project.run(["ca", "show"]);
      expect(shown.exitCode, shown.output).toBe(0);
      writeFileSync(join(place.folder, "authority.pem"), `${shown.result.certificate}`);
    }
  };

  const start = async (example: ProxyExample) => {
    printed = "";
    const child = spawn(example.program, example.prepare(place), {
      env: { ...process.env, HOME: place.folder, XDG_DATA_HOME: place.folder, XDG_CONFIG_HOME: place.folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        printed += chunk;
      });
    proxy = child;
    await vi.waitUntil(
      async () => {
        if (child.exitCode !== null) throw new Error(`${example.name} has ended: ${printed}`);
        return (await curl("127.0.0.1", `https://${loginHost}/`)).code === 0;
      },
      { timeout: 120_000, interval: 250 },
    );
  };

  /** In PEM, of those who have issued what the proxy shows. */
  let webAuthority = "";
  const authorityFile = ({ authority: whose }: ProxyExample) =>
    ({
      test: authority.path,
      own: join(place.folder, "caddy/pki/authorities/local/root.crt"),
      environment: join(place.folder, "authority.pem"),
    })[whose];

  /** As clients see it who resolve the public names. */
  const throughProxy = (example: ProxyExample): SmokeTarget => {
    const [realm] = deployment.environment.platform.realms;
    const seen = smokeTarget(deployment, realm, "public");
    const ca = readFileSync(authorityFile(example), "utf8");
    const at = (address: Address): Address => ({ ...address, host: place.publicAddress });
    const web = (address: Address): Address => ({
      ...at(address),
      ...(address.tls && { tls: { ...address.tls, ca } }),
    });
    const { gateway, sso, imap, smtp, sieve, imaps, submissions } = seen;
    return {
      ...seen,
      gateway: web(gateway),
      ...(sso && { sso: web(sso) }),
      redirect: { host: place.publicAddress, port: 80 },
      ...{ imap: at(imap), smtp: at(smtp), sieve: at(sieve) },
      ...(imaps && { imaps: at(imaps) }),
      ...(submissions && { submissions: at(submissions) }),
      // Nothing leaves this machine.
      isLocal: true,
    };
  };

  interface Answer {
    readonly code: number;
    readonly status: number;
    readonly output: string;
  }
  const run = (command: string, args: readonly string[]) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      execFile(command, args, { timeout: 120_000 }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? -1) || -1 : 0, output: stdout + stderr }),
      );
    });
  /** Asks the proxy, from an address of this machine. */
  const curl = async (from: string, url: string, ...args: string[]): Promise<Answer> => {
    const { code, output } = await run("curl", [
      ...["--silent", "--show-error", "--max-time", "60", "--interface", from, "--cacert", webAuthority],
      ...[mailHost, loginHost].flatMap((host) => ["--resolve", `${host}:443:${place.publicAddress}`]),
      ...["--write-out", "\n%{http_code}", ...args, url],
    ]);
    return { code, output, status: Number(/\n(\d{3})\s*$/.exec(output)?.[1]) };
  };
  const password = () => deployment.secrets.get(user).reveal();
  const lies = ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "X-Client-IP"].flatMap((name) => [
    "--header",
    `${name}: ${forged}`,
  ]);
  lies.push("--header", `Forwarded: for=${forged}`);
  const basic = (from: string, guess: string) =>
    curl(from, `https://${mailHost}/jmap/session`, "--user", `${user}:${guess}`, ...lies);
  const tokenUrl = () => `${target.ssoUrl}/protocol/openid-connect/token`;
  const grant = (guess: string) => [
    ...["--data", "grant_type=password&client_id=kit-smoke&scope=openid"],
    ...["--data-urlencode", `username=${user}`, "--data-urlencode", `password=${guess}`],
  ];

  const container = (service: string) => `${project.name}-${service}`;
  const allLogs = async (service: string) => (await run("docker", ["logs", container(service)])).output;
  /** Waits until a line of a service's log is as said. */
  const logged = (service: string, line: RegExp) =>
    expect
      .poll(async () => line.test(await allLogs(service)), {
        timeout: 20_000,
        message: `${service}: ${line}`,
      })
      .toBe(true);
  /** Address of a service for one of its neighbours, and the neighbour's for it. */
  const between = (service: string, neighbour: string) => {
    const networks = (name: string): Record<string, { IPAddress: string }> =>
      JSON.parse(
        docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", container(name)).join(""),
      );
    const [of, its] = [networks(service), networks(neighbour)];
    const shared = Object.keys(of).find((network) => network in its) ?? "";
    return { address: of[shared]?.IPAddress ?? "", from: its[shared]?.IPAddress ?? "" };
  };
  /** Runs a program of this machine where a container's programs are, on the network. */
  const inside = (service: string, command: string, ...args: string[]) => {
    const [pid = ""] = docker("inspect", "--format", "{{.State.Pid}}", container(service));
    return run("nsenter", [`--net=/proc/${pid}/ns/net`, command, ...args]);
  };
  /** A header of the PROXY protocol, version 2, of a connection that nobody has made. */
  const proxyHeader = Buffer.concat([
    Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1"),
    Buffer.from([0x21, 0x11, 0, 12, ...forged.split(".").map(Number), 192, 0, 2, 1, 0xc3, 0x50, 0, 143]),
  ]);

  /** Leads to a port of the proxy, from an address of this machine. */
  const relay = async (from: string, port: number): Promise<number> => {
    const server = createServer((client) => {
      const there = connect({ host: place.publicAddress, port, localAddress: from });
      for (const [one, other] of [
        [client, there],
        [there, client],
      ] as const)
        one
          .on("error", () => other.destroy())
          .on("close", () => other.destroy())
          .pipe(other);
    });
    relays.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const logins = { imap: loginImap, smtp: loginSmtp, sieve: loginSieve };
  const mailLogin = async (protocol: keyof typeof logins, from: string, guess: string): Promise<Login> => {
    const address = target[protocol];
    const port = await relay(from, address.port);
    const login = await logins[protocol]({ ...address, host: "127.0.0.1", port }, plain(user, guess));
    if (login.accepted) login.lines.close();
    return login;
  };

  describe.each(proxyExamples.map((example, index) => [example.name, example, index] as const))(
    "%s",
    (_, example, index) => {
      const lack = lackOf(example);
      if (lack !== undefined) {
        it("is run", ({ skip }) => skip(lack));
        return;
      }
      /** Addresses of clients, of this example alone. */
      const client = (number: number) => `127.0.${100 + index}.${number}`;

      beforeAll(async () => {
        install(example);
        await deploy(example);
        deployment = {
          environment: loadEnvironment(project.environmentFile, { env: {} }),
          secrets: new SecretStore(join(project.kitDirectory, "secrets.json"), { env: {} }),
        } as Deployment;
        webAuthority = authorityFile(example);
        await start(example);
        target = throughProxy(example);
      });
      afterAll(stop);

      it("the smoke test passes through it", async () => {
        const { steps } = await runSmoke(target);
        expect(steps.filter(({ ok, skipped }) => !ok && skipped === undefined)).toEqual([]);
        expect(steps.find(({ id }) => id === "tls.redirect")?.ok).toBe(true);
        expect(steps.filter(({ skipped }) => skipped !== undefined)).toEqual([]);
      });

      it("the gateway logs a client's address, whatever the client says", async () => {
        const { status, output } = await curl(client(1), `https://${mailHost}/oidc/jmap/session`, ...lies);
        expect(status, output).toBe(401);
        await logged("gateway", new RegExp(`^${client(1)} .* 401 `, "m"));
      });

      it("Keycloak logs it", async () => {
        const { output } = await curl(client(2), tokenUrl(), ...grant(wrong), ...lies);
        expect(output).toContain("invalid_grant");
        await logged("keycloak", new RegExp(`LOGIN_ERROR.*ipAddress="${client(2)}"`));
      });

      it("wrong passwords by HTTP Basic count on the client, whatever it says, and on nobody else", async () => {
        for (let guess = 0; guess < tooMany; guess++)
          expect((await basic(client(3), wrong)).status).toBe(401);
        expect((await basic(client(3), password())).status).toBe(401);
        expect((await basic(client(4), password())).status).toBe(200);
        await logged("james", new RegExp(`of ${user} from ${client(3)}:`));
      });

      if (example.mail) {
        it.each(["imap", "smtp", "sieve"] as const)("and by %s", async (protocol) => {
          const from = client(10 + ["imap", "smtp", "sieve"].indexOf(protocol));
          for (let guess = 0; guess < tooMany; guess++)
            expect((await mailLogin(protocol, from, wrong)).accepted).toBe(false);
          expect((await mailLogin(protocol, from, password())).accepted).toBe(false);
          expect((await mailLogin(protocol, client(20), password())).accepted).toBe(true);
          await logged("james", new RegExp(`of ${user} from ${from}:`));
        });

        it("a client's own header of the PROXY protocol is nothing but a command that James does not know", async () => {
          const port = await relay(client(30), target.imap.port);
          const answer = await talk(port, proxyHeader);
          expect(answer).toMatch(/^\* OK /);
          expect(answer).not.toMatch(/^a1 OK/m);
        });
      }

      it("neighbours in containers are not believed", async () => {
        // James, by the gateway.
        const james = between("james", "gateway");
        const hex = Buffer.concat([proxyHeader, Buffer.from("a1 CAPABILITY\r\n")]).toString("hex");
        const asked = await inside("gateway", process.execPath, "-e", talking, james.address, "143", hex);
        expect(asked.output).toMatch(/^\* OK /);
        expect(asked.output).not.toMatch(/^a1 OK/m);

        // The gateway, by James.
        const gateway = between("gateway", "james");
        const { tls, port } = deployment.environment.platform.services.gateway;
        const scheme = tls ? "https" : "http";
        const jmap = await inside(
          "james",
          "curl",
          ...["--silent", "--insecure", "--max-time", "60", ...lies, "--output", "/dev/null"],
          ...["--write-out", "%{http_code}", "--connect-to", `::${gateway.address}:${tls?.port ?? port}`],
          `${scheme}://${mailHost}/oidc/jmap/session`,
        );
        expect(jmap.output).toBe("401");
        await logged("gateway", new RegExp(`^${gateway.from} .* 401 `, "m"));

        const { proxy: trusted } = deployment.environment.platform;
        const redirectPort = tls?.redirectPort;
        if (trusted?.protocol === "proxy-v2" && redirectPort !== undefined) {
          const plain = Buffer.from(`GET / HTTP/1.1\r\nHost: ${mailHost}\r\nConnection: close\r\n\r\n`);
          const knock = (said: Buffer) =>
            inside(
              "james",
              process.execPath,
              ...["-e", talking, gateway.address, `${redirectPort}`, said.toString("hex")],
            );
          expect((await knock(plain)).output).toMatch(/^HTTP\/1\.1 308 /);
          expect((await knock(Buffer.concat([proxyHeader, plain]))).output).not.toMatch(/^HTTP\/1\.1 [^4]/);
        }

        // Keycloak, by James. Behind the gateway it believes all who are on its network.
        if (deployment.environment.platform.services.keycloak.behindGateway) return;
        const keycloak = between("keycloak", "james");
        const { pathname } = new URL(tokenUrl());
        const login = await inside(
          "james",
          "curl",
          ...["--silent", "--max-time", "60", ...grant(wrong), ...lies],
          `http://${keycloak.address}:8080${pathname}`,
        );
        expect(login.output).toContain("invalid_grant");
        await logged("keycloak", new RegExp(`LOGIN_ERROR.*ipAddress="${keycloak.from}"`));
      });

      it("nobody has believed a client, nor complained", async () => {
        for (const service of ["gateway", "keycloak", "james"])
          expect((await allLogs(service)).includes(forged), service).toBe(false);
        expect(printed).not.toMatch(/\[(?:emerg|alert|crit|error)\]|"level":"error"| ERR /i);
      });
    },
  );

  /** What is answered within two seconds to what is said. */
  const talk = (port: number, said: Buffer) =>
    new Promise<string>((resolve) => {
      let answer = "";
      const socket = connect({ host: "127.0.0.1", port });
      socket.on("error", () => {}).on("close", () => resolve(answer));
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.write(Buffer.concat([said, Buffer.from("a1 CAPABILITY\r\n")]));
      setTimeout(() => socket.destroy(), 2_000);
    });
  /** The same, for where only programs are: address, port and what is said in hexadecimal. */
  const talking = `
    const [host, port, said] = process.argv.slice(1);
    const socket = require("node:net").connect({ host, port });
    socket.on("error", (error) => console.log(error.message)).on("close", () => process.exit());
    socket.pipe(process.stdout);
    socket.write(Buffer.from(said, "hex"));
    setTimeout(() => socket.destroy(), 2_000);`;
});
