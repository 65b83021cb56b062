import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { docker, environmentPorts, freePorts } from "../engine";
import { KitProject } from "./support/kit";
import { mbsyncConfiguration } from "./support/mbsync";

const user = "amy@localhost";
const ports = { ...environmentPorts(), ...freePorts("imaps", "submissions") };
/** What mail programs connect to; of the certificate, too. */
const host = "localhost";
const settings = {
  ...{ images: "built", gateway: "httpd", directGrants: true, ports },
  ...{ tls: { mail: "own" }, public: { mail: host } },
  people: [{ mail: user }, { mail: "bob@localhost" }],
};

/** Programs of Debian, none of which knows of the kit. */
const programs = ["curl", "isync", "swaks", "libnet-ssleay-perl", "openssl", "testssl.sh", "haproxy"];

const project = new KitProject("kit-e2e-james-tls", settings);
const home = mkdtempSync(join(tmpdir(), "james-oidc-kit-james-tls-"));
const ca = join(home, "ca.pem");
let password = "";

beforeAll(async () => {
  project.cleanUp();
  execFileSync(join(packageRoot, "scripts/apt-install"), programs, { stdio: "ignore" });
  await up();
  const shown = await project.run(["ca", "show"]);
  expect(shown.exitCode, shown.output).toBe(0);
  writeFileSync(ca, shown.result.certificate as string);
  const { result } = await project.run(["secrets", "show", user]);
  password = (result.secrets as Record<string, string>)[user] as string;
});
afterAll(() => {
  project.remove();
  rmSync(home, { recursive: true, force: true });
});

async function up(...options: string[]) {
  const { exitCode, output } = await project.run(["up", "--no-smoke", ...options]);
  expect(exitCode, output).toBe(0);
}

/** Runs a program; its code, and all that it printed. */
const run = (command: string, args: readonly string[], input = "") =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const child = execFile(
      command,
      args,
      { env: { ...process.env, HOME: home }, timeout: 600_000, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? -1) || -1 : 0, output: stdout + stderr }),
    );
    // What reads no input may have ended before it is there; how, its code tells.
    child.stdin?.on("error", () => {}).end(input);
  });
const write = (name: string, content: string, mode = 0o600) => {
  writeFileSync(join(home, name), content);
  chmodSync(join(home, name), mode);
  return join(home, name);
};
const mail = (subject: string) =>
  `From: ${user}\r\nTo: ${user}\r\nSubject: ${subject}\r\n\r\nSent by a program.\r\n`;
const plain = () => Buffer.from(`\0${user}\0${password}`).toString("base64");
const container = (service: string) => `${project.name}-${service}`;
const logs = (service: string) =>
  execFileSync("docker", ["logs", container(service)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

async function token(): Promise<string> {
  const { output } = await run("curl", [
    ...[
      "--silent",
      "--data",
      "grant_type=password",
      "--data",
      "client_id=kit-smoke",
      "--data",
      "scope=openid",
    ],
    ...["--data-urlencode", `username=${user}`, "--data-urlencode", `password=${password}`],
    ...["--resolve", `sso.example.com:${ports.keycloak}:127.0.0.1`],
    `http://sso.example.com:${ports.keycloak}/auth/realms/oidc/protocol/openid-connect/token`,
  ]);
  return JSON.parse(output).access_token;
}

/** A connection that says what has come so far. */
class Talk {
  private said = "";
  ended = false;

  constructor(private readonly socket: Socket) {
    socket.on("data", (data) => {
      this.said += data;
    });
    socket.on("close", () => {
      this.ended = true;
    });
    socket.on("error", () => {});
  }

  static to(port: number, from = "127.0.0.1"): Talk {
    return new Talk(connectTcp({ port, host: "127.0.0.1", localAddress: from }));
  }

  /** Says something, and gives what comes until the pattern is in it, or the end. */
  async ask(text: string | Buffer, until: RegExp): Promise<string> {
    this.said = "";
    this.socket.write(text);
    return this.read(until);
  }

  async read(until: RegExp): Promise<string> {
    await vi.waitFor(
      () => {
        if (!this.ended && !until.test(this.said)) throw new Error(`${this.said} has no ${until}`);
      },
      { timeout: 60_000, interval: 20 },
    );
    return this.said;
  }

  /** Begins TLS; what is said by it. */
  async secure(): Promise<Talk> {
    if (this.ended) throw new Error("the connection was ended");
    const socket = connectTls({ socket: this.socket, servername: host, ca: readFileSync(ca) });
    const talk = new Talk(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection was ended")));
    });
    return talk;
  }

  close() {
    this.socket.destroy();
  }
}

const protocols = {
  imap: {
    greeting: /\* OK [^\n]*\n/,
    startTls: "a STARTTLS\r\n",
    begins: /^a OK/,
    noop: "b NOOP\r\n",
    done: /^b OK/m,
  },
  smtp: {
    greeting: /220 [^\n]*\n/,
    startTls: "STARTTLS\r\n",
    begins: /^220/,
    noop: "NOOP\r\n",
    done: /^250/m,
  },
  sieve: { greeting: /^OK/m, startTls: "STARTTLS\r\n", begins: /^OK/, noop: "NOOP\r\n", done: /^OK "NOOP/m },
} as const;
type Protocol = keyof typeof protocols;
const names = Object.keys(protocols) as Protocol[];

async function greeted(protocol: Protocol): Promise<Talk> {
  const talk = Talk.to(ports[protocol]);
  await talk.read(protocols[protocol].greeting);
  return talk;
}

/** Serial number of the certificate that a listener shows. */
async function serial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { port, host: "127.0.0.1", servername: host, rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on("error", reject);
  });
}

/** Runs a script in the store of certificates, with the folder of James's pair. */
const inStore = (script: string) =>
  execFileSync("docker", ["exec", container("certificates"), "bash", "-euc", script], { encoding: "utf8" });
const pair = `/certificates/james/$(ls /certificates/james)`;

describe.sequential("James with TLS", () => {
  const curl = (url: string, args: readonly string[], input = "") =>
    run("curl", ["--silent", "--show-error", "--verbose", "--cacert", ca, ...args, url], input);
  const byPassword = () => ["--user", `${user}:${password}`];
  const submits = ["--mail-from", user, "--mail-rcpt", user, "--upload-file", "-"];

  it("curl reads and submits, by STARTTLS and by TLS from the beginning, with a password and with a token", async () => {
    const byToken = ["--user", `${user}:`, "--oauth2-bearer", await token()];
    for (const login of [byPassword(), byToken]) {
      for (const [url, ...more] of [
        [`smtps://${host}:${ports.submissions}`, ...submits],
        [`smtp://${host}:${ports.smtp}`, "--ssl-reqd", ...submits],
        [`imaps://${host}:${ports.imaps}/INBOX`],
        [`imap://${host}:${ports.imap}/INBOX`, "--ssl-reqd"],
      ] as const) {
        const { code, output } = await curl(url, [...login, ...more], mail("by curl"));
        expect(code, output).toBe(0);
        expect(output).toContain("SSL certificate verify ok");
      }
    }
  });

  it("swaks submits by both, and mbsync reads by IMAPS what has come", async () => {
    for (const options of [
      ["--port", `${ports.smtp}`, "--tls"],
      ["--port", `${ports.submissions}`, "--tls-on-connect"],
    ]) {
      const { code, output } = await run("swaks", [
        ...["--server", host, ...options, "--tls-verify", "--tls-ca-path", ca, "--auth", "PLAIN"],
        ...["--auth-user", user, "--auth-password", password, "--from", user, "--to", user],
      ]);
      expect(code, output).toBe(0);
    }
    mkdirSync(join(home, "mail"));
    const config = write(
      "mbsyncrc",
      mbsyncConfiguration(
        `Host ${host}
Port ${ports.imaps}
SSLType IMAPS
CertificateFile ${ca}
User ${user}
Pass "${password}"
AuthMechs PLAIN`,
        join(home, "mail"),
      ),
    );
    await vi.waitFor(
      async () => {
        const { code, output } = await run("mbsync", ["--config", config, "james"]);
        expect(code, output).toBe(0);
        const found = await run("grep", ["-rl", "^Subject: test ", join(home, "mail")]);
        expect(found.output.trim().split("\n")).toHaveLength(2);
      },
      { timeout: 60_000, interval: 1000 },
    );
  });

  it("imapflow reads by STARTTLS, and by TLS from the beginning", async () => {
    for (const options of [
      { port: ports.imap, secure: false, doSTARTTLS: true },
      { port: ports.imaps, secure: true },
    ]) {
      const client = new ImapFlow({
        ...{ host, ...options, logger: false, auth: { user, pass: password } },
        tls: { ca: readFileSync(ca) },
      });
      await client.connect();
      expect(await client.status("INBOX", { messages: true })).toMatchObject({
        messages: expect.any(Number),
      });
      await client.logout();
    }
  });

  it("ManageSieve tells its mechanisms once TLS has begun, and takes a password then", async () => {
    const clear = await greeted("sieve");
    expect(await clear.ask("STARTTLS\r\n", /\n/)).toMatch(/^OK/);
    const talk = await clear.secure();
    const capabilities = await talk.read(/^OK/m);
    expect(capabilities).toContain('"SASL" "PLAIN OAUTHBEARER XOAUTH2"\r\n');
    expect(capabilities).not.toContain("STARTTLS");
    expect(await talk.ask(`AUTHENTICATE "PLAIN" "${plain()}"\r\n`, /\n/)).toMatch(/^OK/);
    expect(await talk.ask('PUTSCRIPT "a" {7+}\r\nkeep;\r\n\r\n', /^(OK|NO)/m)).toMatch(/^OK/m);
    expect(await talk.ask("LISTSCRIPTS\r\n", /^(OK|NO)/m)).toContain('"a"');
    talk.close();
  });

  it("before TLS no mechanism is told, and no password, no token and no mail is taken", async () => {
    const xoauth2 = Buffer.from(`user=${user}\x01auth=Bearer ${await token()}\x01\x01`).toString("base64");
    const imap = await greeted("imap");
    const capabilities = await imap.ask("a CAPABILITY\r\n", /^a /m);
    expect(capabilities).toMatch(/ LOGINDISABLED /);
    expect(capabilities).toMatch(/ STARTTLS /);
    expect(capabilities).not.toMatch(/AUTH=/);
    for (const login of [
      `LOGIN ${user} "${password}"`,
      ...["AUTHENTICATE PLAIN", `AUTHENTICATE PLAIN ${plain()}`],
      ...["XOAUTH2", "OAUTHBEARER"].map((mechanism) => `AUTHENTICATE ${mechanism}`),
      `AUTHENTICATE XOAUTH2 ${xoauth2}`,
    ]) {
      expect(await imap.ask(`b ${login}\r\n`, /\n/), login).toMatch(/^b NO /);
    }
    const smtp = await greeted("smtp");
    const extensions = await smtp.ask("EHLO x\r\n", /^250 /m);
    expect(extensions).toContain("STARTTLS");
    expect(extensions).not.toContain("AUTH");
    for (const command of [
      ...["AUTH PLAIN", `AUTH PLAIN ${plain()}`, "AUTH LOGIN", "AUTH XOAUTH2", `AUTH XOAUTH2 ${xoauth2}`],
      `MAIL FROM:<${user}>`,
    ]) {
      expect(await smtp.ask(`${command}\r\n`, /\n/), command).toMatch(/^530 5\.7\.0 /);
    }
    const sieve = Talk.to(ports.sieve);
    const greeting = await sieve.read(/^OK/m);
    expect(greeting).toContain('"SASL" ""\r\n');
    expect(greeting).toContain('"STARTTLS"\r\n');
    for (const login of [`"PLAIN" "${plain()}"`, '"PLAIN"', `"XOAUTH2" "${xoauth2}"`, '"OAUTHBEARER"']) {
      const said = await sieve.ask(`AUTHENTICATE ${login}\r\n`, /\n/);
      expect(said, login).toMatch(/^NO \(ENCRYPT-NEEDED\) /);
    }
    for (const talk of [imap, smtp, sieve]) talk.close();
  });

  // https://nostarttls.secvuln.info
  it.each(
    names.flatMap((protocol) => {
      const { startTls, noop } = protocols[protocol];
      const spaced = startTls.replace("STARTTLS", "  starttls ");
      return [startTls, ` ${startTls}`, spaced, `${noop}${startTls}`, startTls.replace("\r", "")].flatMap(
        (begin) => [noop, noop.slice(0, 2), "\r\n"].map((more) => [protocol, begin, more] as const),
      );
    }),
  )(
    "%s: what comes in clear after %j, %j, is not taken for what comes by TLS",
    async (protocol, begin, more) => {
      const talk = await greeted(protocol);
      await talk.ask(`${begin}${more}`, /\n/);
      await expect(talk.secure()).rejects.toThrow("the connection was ended");
      talk.close();
    },
  );

  it.each(names)("%s: a client that waits begins TLS, and goes on", async (protocol) => {
    const { startTls, begins, noop, done } = protocols[protocol];
    const talk = await greeted(protocol);
    expect(await talk.ask(startTls, /\n/)).toMatch(begins);
    const secure = await talk.secure();
    // As a client does that answers at once.
    expect(await secure.ask(noop, done)).toMatch(done);
    secure.close();
  });

  it("TLS 1.2 and 1.3 only, and suites with forward secrecy and authenticated encryption, on every listener", async () => {
    for (const [port, ...startTls] of [
      [ports.imaps],
      [ports.submissions],
      ...names.map((protocol) => [ports[protocol], "-starttls", protocol] as const),
    ] as const) {
      const handshake = async (...options: string[]) =>
        (
          await run("openssl", [
            ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", host, ...startTls],
            ...["-CAfile", ca, "-verify_return_error", "-verify_hostname", host, ...options],
          ])
        ).output;
      expect(await handshake("-tls1_3")).toMatch(/New, TLSv1\.3, .*Verify return code: 0/s);
      expect(await handshake("-tls1_2")).toMatch(/New, TLSv1\.2, .*Verify return code: 0/s);
      for (const weak of [
        ["-tls1_1", "-cipher", "ALL@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "ALL:!AESGCM@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "kRSA:kDHE@SECLEVEL=0"],
      ]) {
        expect(await handshake(...weak), weak.join(" ")).toContain("New, (NONE), Cipher is (NONE)");
      }
    }
  });

  it("testssl.sh finds nothing above low that is not the authority's", async () => {
    // Whoever runs an authority of his own knows how to take back certificates; clients are told whom to trust.
    const ofAuthority = ["cert_chain_of_trust", "cert_revocation", "cert_expirationStatus", "cert_notAfter"];
    const listeners = [[ports.imaps], [ports.submissions], [ports.smtp, "--starttls", "smtp"]] as const;
    const findings = await Promise.all(
      listeners.map(async ([port, ...startTls]) => {
        const report = join(home, `testssl-${port}.json`);
        await run("testssl", [
          ...["--quiet", "--color", "0", "--warnings", "off", "--add-ca", ca, "--jsonfile", report],
          ...[...startTls, "--ip", "127.0.0.1", `${host}:${port}`],
        ]);
        return JSON.parse(readFileSync(report, "utf8")) as {
          id: string;
          severity: string;
          finding: string;
        }[];
      }),
    );
    for (const of of findings) {
      expect(of.map(({ id }) => id)).toEqual(expect.arrayContaining(["TLS1_2", "TLS1_3", "BEAST", "RC4"]));
      const bad = of.filter(
        ({ id, severity }) =>
          ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].includes(severity) && !ofAuthority.includes(id),
      );
      expect(bad).toEqual([]);
    }
  });

  it("a renewed certificate is shown to who connects then; who is logged in stays, even idle", async () => {
    const client = new ImapFlow({
      ...{ host, port: ports.imaps, secure: true, logger: false, auth: { user, pass: password } },
      tls: { ca: readFileSync(ca) },
    });
    let closed = false;
    client.on("close", () => {
      closed = true;
    });
    await client.connect();
    await client.mailboxOpen("INBOX");
    const idle = client.idle();
    const before = await serial(ports.imaps);
    inStore(`rm -f ${pair}/source; kill $(pidof sleep)`);
    await vi.waitFor(
      async () => {
        const now = await Promise.all([ports.imaps, ports.submissions].map(serial));
        expect(now).not.toContain(before);
      },
      { timeout: 60_000, interval: 1000 },
    );
    expect(logs("james")).toContain("now, serial number");
    const { code, output } = await curl(
      `smtp://${host}:${ports.smtp}`,
      [...byPassword(), "--ssl-reqd", ...submits],
      mail("after the renewal"),
    );
    expect(code, output).toBe(0);
    await client.noop();
    await idle;
    // It is delivered some time after it was taken.
    await vi.waitFor(
      async () => {
        await client.noop();
        expect(await client.search({ subject: "after the renewal" })).toHaveLength(1);
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(closed).toBe(false);
    await client.logout();
  });

  it("a pair that is none is not taken, and told; James goes on with the one before", async () => {
    const before = await serial(ports.imaps);
    inStore(`folder=$(readlink -f ${pair}); cp -a $folder /tmp/good; chmod u+w $folder $folder/*
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $folder/key.pem`);
    await vi.waitFor(
      () =>
        expect(logs("james")).toContain(
          "cannot be used: GeneralSecurityException: the key is not the certificate's",
        ),
      { timeout: 60_000, interval: 1000 },
    );
    expect(await serial(ports.imaps)).toBe(before);
    inStore(`cp -a /tmp/good/. $(readlink -f ${pair})/`);
  });

  it("waits at its start for the certificate, which may come after it", async () => {
    inStore(`mv ${pair} /certificates/away`);
    docker("restart", container("james"));
    await vi.waitFor(() => expect(logs("james")).toContain("Waits for the certificate"), {
      timeout: 120_000,
      interval: 1000,
    });
    inStore(
      "mv /certificates/away /certificates/james/$(basename $(dirname $(readlink /certificates/away)))",
    );
    await vi.waitFor(async () => expect(await serial(ports.imaps)).toMatch(/^[0-9A-F]+$/), {
      timeout: 120_000,
      interval: 1000,
    });
  });
});

describe.sequential("James behind a proxy", () => {
  const front = freePorts("imap", "imaps", "smtp", "sieve");
  let proxy: ChildProcess | undefined;

  beforeAll(async () => {
    project.configure({
      ...settings,
      proxy: { trusted: ["127.0.0.1"], protocol: "forwarded", mail: "proxy-v2" },
    });
    await up("--allow-loss", "mail");
    const services = (Object.keys(front) as (keyof typeof front)[]).map(
      (name) => `listen ${name}
  bind 127.0.0.1:${front[name]}
  server james 127.0.0.1:${ports[name]} send-proxy-v2`,
    );
    const timeouts = ["connect", "client", "server"].map((what) => `  timeout ${what} 60s`);
    const config = ["defaults", "  mode tcp", ...timeouts, ...services, ""].join("\n");
    proxy = spawn("haproxy", ["-db", "-f", write("haproxy.cfg", config)], { stdio: "ignore" });
    await vi.waitFor(async () => expect(await serial(front.imaps)).toBeTruthy(), {
      timeout: 60_000,
      interval: 500,
    });
  });
  afterAll(() => {
    proxy?.kill();
  });

  const logins: Readonly<Record<Protocol, (secret: string) => string>> = {
    imap: (secret) => `a LOGIN ${user} ${secret}\r\n`,
    smtp: (secret) => `AUTH PLAIN ${Buffer.from(`\0${user}\0${secret}`).toString("base64")}\r\n`,
    sieve: (secret) => `AUTHENTICATE "PLAIN" "${Buffer.from(`\0${user}\0${secret}`).toString("base64")}"\r\n`,
  };

  /** Whether a login through the proxy is taken, of a client at an address of this machine. */
  async function logsIn(protocol: Protocol, from: string, secret: string): Promise<boolean> {
    const { greeting, startTls } = protocols[protocol];
    const talk = Talk.to(front[protocol], from);
    await talk.read(greeting);
    await talk.ask(startTls, /\n/);
    const secure = await talk.secure();
    if (protocol === "sieve") await secure.read(/^OK/m);
    if (protocol === "smtp") await secure.ask("EHLO x\r\n", /^250 /m);
    const answer = await secure.ask(logins[protocol](secret), /\n/);
    secure.close();
    return /^(a OK|235|OK)/.test(answer);
  }

  it.each(names)(
    "%s: wrong passwords are counted by the client's address, which the log tells",
    async (protocol) => {
      const [guesser, other] = [
        `127.0.1.${names.indexOf(protocol) + 1}`,
        `127.0.2.${names.indexOf(protocol) + 1}`,
      ];
      for (let n = 0; n < 12; n++) expect(await logsIn(protocol, guesser, "wrong")).toBe(false);
      expect(logs("james")).toContain(`Too many wrong passwords of ${user} from ${guesser}:`);
      expect(await logsIn(protocol, guesser, password)).toBe(false);
      expect(await logsIn(protocol, other, password)).toBe(true);
      expect(logs("james")).toMatch(new RegExp(`\\[\\S+ ${guesser.replaceAll(".", "\\.")} `));
    },
  );

  it("IMAPS: the header comes before TLS", async () => {
    const { code, output } = await run("curl", [
      ...["--silent", "--show-error", "--cacert", ca, "--user", `${user}:${password}`],
      ...["--interface", "127.0.3.1", `imaps://${host}:${front.imaps}/INBOX`],
    ]);
    expect(code, output).toBe(0);
  });

  it("whoever comes from where the proxy does and sends no header, or version 1, is not greeted", async () => {
    for (const port of [ports.imap, ports.imaps, ports.smtp, ports.submissions, ports.sieve]) {
      for (const text of [logins.imap(password), "PROXY TCP4 203.0.113.9 192.0.2.2 4444 143\r\n"]) {
        const talk = Talk.to(port);
        expect(await talk.ask(text, /./)).toBe("");
        expect(talk.ended).toBe(true);
      }
    }
    expect(logs("james")).toMatch(
      /must begin with a header of the PROXY protocol, version 2: it sends version 1/,
    );
  });

  it("nobody else's header is read", async () => {
    // Version 2, TCP over IPv4, from 203.0.113.9 port 4444.
    const header = String.raw`\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\xc0\x00\x02\x02\x11\x5c\x00\x8f`;
    for (const [protocol, port] of [
      ["imap", 143],
      ["smtp", 587],
      ["sieve", 4190],
    ] as const) {
      const script = `exec 3<>/dev/tcp/james.example.com/${port}; printf '${header}${protocols[protocol].noop.replace("\r\n", "\\r\\n")}' >&3
        timeout 5 cat <&3 || true`;
      const said = execFileSync("docker", ["exec", container("gateway"), "bash", "-c", script], {
        encoding: "utf8",
      });
      // To a greeting that waits for nothing it is a command, of a kind that there is not.
      expect(said, protocol).toMatch(protocols[protocol].greeting);
      expect(said, protocol).toMatch({ imap: /BAD|BYE/, smtp: /^500 /m, sieve: /^NO unknown/m }[protocol]);
    }
    expect(logs("james")).not.toContain("203.0.113.9");
  });
});
