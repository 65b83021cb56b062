import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAuthority, parseAuthority } from "../../constructs/certificates/authority";
import { renderOwnCertificate } from "../../constructs/certificates/own-certificate";
import { Secret } from "../../constructs/workload/secret";
import { packageRoot } from "../../kit/package-root";
import { Authority } from "../authority";
import { freePort } from "../engine";

const authority = parseAuthority(new Secret("authority", createAuthority("unit")));
const running: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(end));
});

/** Ends a store and what it runs. */
async function end(store: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => store.once("exit", resolve));
  if (store.exitCode !== null) return store.exitCode;
  process.kill(-(store.pid as number), "SIGTERM");
  return ended;
}

/** A store of certificates without a container: its programs, with a folder in the place of the root. */
class Store {
  readonly root = mkdtempSync(join(tmpdir(), "kit-certificates-"));
  log = "";

  constructor() {
    for (const image of ["certificates", "acme"]) {
      const folder = join(packageRoot, "images", image);
      const programs = readdirSync(folder).filter((name) => /^(start|lifetime|obtain-.*)$/.test(name));
      for (const program of programs) {
        const text = readFileSync(join(folder, program), "utf8");
        this.program(
          program,
          text.replace(
            /(?<=[ =>])\/(etc\/certificates|run\/certificates|certificates|var\/lib\/acme)\b/g,
            `${this.root}$&`,
          ),
        );
      }
    }
  }

  program(name: string, text: string): void {
    const file = join(this.root, "bin", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  want(path: string, content: string): void {
    const file = join(this.root, "etc/certificates", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  own(path: string, host: string): void {
    this.want("authority.key", authority.key.reveal());
    this.want(`own/${path}/openssl.cnf`, renderOwnCertificate([host], "service"));
    this.want(`own/${path}/authority.pem`, authority.certificate);
  }

  start(lifetime = 3600): ChildProcess {
    rmSync(join(this.root, "run/certificates/problems"), { force: true });
    const store = spawn(join(this.root, "bin/start"), {
      env: { PATH: `${join(this.root, "bin")}:${process.env.PATH}`, OWN_LIFETIME: String(lifetime) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [store.stdout, store.stderr]) {
      stream.on("data", (data) => {
        this.log += data;
      });
    }
    running.push(store);
    return store;
  }

  /** Waits until it has looked at everything. */
  async problems(): Promise<string> {
    const file = join(this.root, "run/certificates/problems");
    await vi.waitFor(() => expect(existsSync(file), this.log).toBe(true), 60_000);
    return readFileSync(file, "utf8");
  }

  async says(text: string | RegExp): Promise<void> {
    await vi.waitFor(() => expect(this.log).toMatch(text), 60_000);
  }

  pair(path: string): { chain: string; key: string; version: string } {
    const link = join(this.root, "certificates", path);
    const read = (name: string) => readFileSync(join(link, name), "utf8");
    return { chain: read("chain.pem"), key: read("key.pem"), version: readlinkSync(link) };
  }
}

/** A certificate of localhost, and its key, of an authority of a test. */
function files(store: Store, path: string, host = "localhost"): { chain: string; key: string } {
  const [, chain = "", key = ""] = new Authority(mkdtempSync(join(store.root, "authority-")))
    .certify(host)
    .map(({ content }) => content);
  store.want(`files/${path}/chain.pem`, chain);
  store.want(`files/${path}/key.pem`, key);
  return { chain, key };
}

function isPair({ chain, key }: { chain: string; key: string }): boolean {
  return new X509Certificate(chain).checkPrivateKey(createPrivateKey(key));
}

describe("the store's start program", () => {
  it("issues by the environment's authority what openssl takes for a server's", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    const started = store.start();
    expect(await store.problems()).toBe("");
    const pair = store.pair("james/mail");
    expect(isPair(pair)).toBe(true);
    expect(pair.key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const ca = join(store.root, "ca.pem");
    writeFileSync(ca, authority.certificate);
    const chain = join(store.root, "certificates/james/mail/chain.pem");
    const verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname"];
    expect(
      execFileSync("openssl", [...verify, "mail.example.org", "-CAfile", ca, chain], { encoding: "utf8" }),
    ).toContain("OK");
    const { validFrom, validTo, subject } = new X509Certificate(pair.chain);
    expect(subject).toBe("CN=mail.example.org");
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(3636_000);
    expect(Date.parse(validFrom)).toBeLessThan(Date.now() - 30_000);
    await store.says(/^james\/mail: a new certificate, which ends at \d{4}-[^\n]+Z\n$/);
    expect(await end(started)).toBe(0);
  });

  it("every user of a container can read a pair; nobody writes to it", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    store.start();
    await store.problems();
    const modes = execFileSync(
      "find",
      [join(store.root, "certificates"), "-type", "d,f", "-printf", "%m %y %f\n"],
      { encoding: "utf8" },
    );
    expect(modes.split("\n").sort().filter(Boolean)).toEqual(
      [
        "444 f chain.pem",
        "444 f key.pem",
        "444 f source",
        ...["certificates", "james", ".versions", "mail", "1"].map((name) => `755 d ${name}`),
      ].sort(),
    );
  });

  it("keeps what it has over its own restart, and replaces it when something else is wanted", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    const first = store.start();
    await store.problems();
    const before = store.pair("james/mail");
    await end(first);
    const second = store.start();
    await store.problems();
    await end(second);
    expect(store.pair("james/mail")).toEqual(before);
    store.own("james/mail", "imap.example.org");
    store.start();
    await vi.waitFor(() => expect(store.pair("james/mail").version).toBe(".versions/mail/2"), 60_000);
    expect(new X509Certificate(store.pair("james/mail").chain).subject).toBe("CN=imap.example.org");
  });

  it("makes anew what cannot be read any more, and disturbs no other one", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    const given = files(store, "gateway/mail");
    const first = store.start();
    expect(await store.problems()).toBe("");
    await end(first);
    for (const path of ["james/mail", "gateway/mail"]) {
      const chain = join(store.root, "certificates", path, "chain.pem");
      chmodSync(chain, 0o644);
      writeFileSync(chain, store.pair(path).chain.slice(0, 100));
    }
    store.start();
    expect(await store.problems()).toBe("");
    expect(isPair(store.pair("james/mail"))).toBe(true);
    expect(store.pair("gateway/mail")).toMatchObject(given);
  });

  it("renews by itself, and keeps the pair before for who has begun to read it, but no older one", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    store.start(6);
    const seen = new Map<string, string>();
    const version = () => {
      const pair = store.pair("james/mail");
      expect(isPair(pair)).toBe(true);
      seen.set(pair.version, pair.chain);
      return Number(pair.version.split("/").at(-1));
    };
    await vi.waitFor(() => expect(version(), store.log).toBeGreaterThan(2), {
      timeout: 60_000,
      interval: 20,
    });
    expect(new Set(seen.values()).size).toBe(seen.size);
    const versions = join(store.root, "certificates/james/.versions/mail");
    await vi.waitFor(
      () => expect(readdirSync(versions).sort()).toEqual([String(version() - 1), String(version())]),
      60_000,
    );
  });

  it("gives files on as they are; of several services and names none disturbs another one", async () => {
    const store = new Store();
    const mail = files(store, "james/mail");
    const longer = files(store, "james/mail.2", "127.0.0.1");
    const gateway = files(store, "gateway/mail");
    store.start();
    expect(await store.problems()).toBe("");
    expect(store.pair("james/mail")).toMatchObject(mail);
    expect(store.pair("james/mail.2")).toMatchObject(longer);
    expect(store.pair("gateway/mail")).toMatchObject(gateway);
    expect(existsSync(join(store.root, "certificates/gateway/mail.2"))).toBe(false);
  });

  it("is not healthy without a certificate that is wanted; once it can be had the reason is no more", async () => {
    const store = new Store();
    const obtainOwn = readFileSync(join(store.root, "bin/obtain-own"), "utf8");
    store.program("obtain-own", "#!/bin/sh\necho no space is left >&2\nexit 1\n");
    store.own("james/mail", "mail.example.org");
    files(store, "gateway/mail");
    const first = store.start();
    const problem = "james/mail: the certificate that is wanted is not there\n";
    expect(await store.problems()).toBe(problem);
    await store.says("james/mail: no new certificate: no space is left\n");
    await store.says(problem);
    expect(existsSync(join(store.root, "certificates/gateway/mail/chain.pem"))).toBe(true);
    await end(first);
    store.program("obtain-own", obtainOwn);
    store.start();
    await vi.waitFor(async () => expect(await store.problems()).toBe(""), 60_000);
  });

  it("keeps the pair when no other one can be had, says why, and is not healthy from its end on", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    store.start(9);
    await store.problems();
    const pair = store.pair("james/mail");
    store.program("obtain-own", "#!/bin/sh\necho no space is left >&2\nexit 1\n");
    await store.says("james/mail: no new certificate: no space is left\n");
    await vi.waitFor(
      async () => expect(await store.problems()).toBe("james/mail: the certificate has ended\n"),
      60_000,
    );
    expect(store.pair("james/mail")).toEqual(pair);
  });

  it("is not healthy with files that have ended, which nobody but who gave them can replace", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    const folder = mkdtempSync(join(store.root, "ended-"));
    execFileSync(
      join(store.root, "bin/obtain-own"),
      [join(store.root, "etc/certificates/own/james/mail"), folder],
      {
        env: { ...process.env, OWN_LIFETIME: "1" },
        stdio: "ignore",
      },
    );
    for (const name of ["chain.pem", "key.pem"])
      store.want(`files/gateway/mail/${name}`, readFileSync(join(folder, name), "utf8"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    store.start();
    expect(await store.problems()).toBe("gateway/mail: the certificate has ended\n");
    expect(existsSync(join(store.root, "certificates/gateway/mail/chain.pem"))).toBe(true);
    await store.says("gateway/mail: the certificate has ended\n");
  });

  it("ends at once when it is told to", async () => {
    const store = new Store();
    store.own("james/mail", "mail.example.org");
    const started = store.start();
    await store.problems();
    started.kill("SIGTERM");
    expect(await new Promise((resolve) => started.once("exit", resolve))).toBe(0);
  });
});

describe("a certificate by ACME", () => {
  /** A client that refuses, and writes down when it is asked, at a time that the test says. */
  function refusing(): { store: Store; asked: () => number; at: (time: number) => void; ask: () => string } {
    const store = new Store();
    store.want("acme/james/mail/lego.env", "LEGO_DOMAINS=mail.example.org\n");
    store.want("acme.settings/lego.env", "LEGO_EMAIL=a@example.org\n");
    const log = join(store.root, "asked");
    writeFileSync(log, "");
    store.program(
      "lego",
      `#!/bin/sh\necho "$LEGO_DOMAINS $LEGO_EMAIL" >>${log}\necho "2026 ERROR no, thanks"\nexit 1\n`,
    );
    const pair = mkdtempSync(join(store.root, "pair-"));
    return {
      store,
      asked: () => readFileSync(log, "utf8").split("mail.example.org a@example.org\n").length - 1,
      at: (time) =>
        store.program("date", `#!/bin/sh\n[ "$*" = +%s ] && exec echo ${time}\nexec /bin/date "$@"\n`),
      ask: () => {
        const { status, stdout } = spawnSync(
          join(store.root, "bin/obtain-acme"),
          [join(store.root, "etc/certificates/acme/james/mail"), pair],
          {
            env: { PATH: `${join(store.root, "bin")}:${process.env.PATH}` },
            stdio: ["ignore", "pipe", "pipe"],
            encoding: "utf8",
          },
        );
        expect(status).toBe(1);
        return stdout;
      },
    };
  }

  it("is asked for less and less often while the authority refuses, twice a day in the end", () => {
    const { asked, at, ask } = refusing();
    const start = 1_800_000_000;
    const times: number[] = [];
    for (let minute = 0; minute < 60 * 48; minute += minute < 60 ? 1 : 60) {
      const before = asked();
      at(start + minute * 60);
      expect(ask()).toContain("no, thanks");
      if (asked() > before) times.push(minute);
    }
    expect(times).toEqual([0, 1, 6, 36, 240, 960, 1680, 2400]);
  });

  it("is asked for at once when something else is written", () => {
    const { store, asked, at, ask } = refusing();
    at(1_800_000_000);
    ask();
    expect(ask()).toBe("no, thanks; the next attempt is at 2027-01-15T08:01:00Z\n");
    expect(asked()).toBe(1);
    store.want("acme.settings/secrets/TOKEN", "another one");
    expect(ask()).toBe("no, thanks\n");
    expect(asked()).toBe(2);
  });

  it("is not asked for before the gateway listens, which counts as no attempt", () => {
    const { store, asked, ask } = refusing();
    store.want("acme.settings/gateway", `127.0.0.1 ${freePort()}\n`);
    store.program("sleep", "#!/bin/sh\n");
    expect(ask()).toMatch(/^the gateway, .* does not listen at 127\.0\.0\.1:\d+\n$/);
    expect(asked()).toBe(0);
    rmSync(join(store.root, "etc/certificates/acme.settings/gateway"));
    expect(ask()).toBe("no, thanks\n");
  });
});
