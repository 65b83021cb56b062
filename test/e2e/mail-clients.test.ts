import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEnvironment } from "../../config/environment";
import { SecretStore } from "../../config/secrets";
import { packageRoot } from "../../kit/package-root";
import type { Deployment } from "../../operations/deployment/deployment";
import { smokeTarget } from "../../operations/verify/smoke-target";
import { createHttp, type Http } from "../../smoke/clients/http";
import { connectLines } from "../../smoke/clients/line-client";
import { loginImapByCommand, loginSieve } from "../../smoke/clients/login";
import { sieveReply } from "../../smoke/clients/mail-session";
import { createClient, discover, logOut, passwordGrant, type Tokens } from "../../smoke/clients/oidc";
import { base64 } from "../../smoke/clients/sasl";
import { listScripts, putScript } from "../../smoke/clients/sieve";
import { createContext, type SmokeContext } from "../../smoke/steps/context";
import { accepted } from "../../smoke/steps/expect";
import { environmentPorts } from "../engine";
import { imageSettings, KitProject } from "./support/kit";
import { mbsyncConfiguration } from "./support/mbsync";

const user = "amy@localhost";
const ports = environmentPorts();
const password = "pässwörd, ß=€";
const settings = {
  ...{ ...imageSettings, gateway: "httpd", directGrants: true, ports },
  people: [{ mail: user }, { mail: "bob@localhost" }],
  secrets: { [user]: password, "bob@localhost": "a plain one" },
};

/** Programs of Debian, none of which knows of the kit. */
const programs = ["curl", "msmtp", "isync", "swaks", "libsasl2-modules-kdexoauth2"];

describe.sequential("mail programs", () => {
  const project = new KitProject("kit-e2e-mail-clients", settings);
  const home = mkdtempSync(join(tmpdir(), "james-oidc-kit-mail-clients-"));
  let http: Http;
  let context: SmokeContext;
  let tokens: Tokens;

  beforeAll(async () => {
    project.cleanUp();
    execFileSync(join(packageRoot, "scripts/apt-install"), programs, { stdio: "ignore" });
    const up = await project.run(["up", "--no-smoke"]);
    expect(up.exitCode, up.output).toBe(0);
    const environment = loadEnvironment(project.environmentFile, { env: {} });
    const secrets = new SecretStore(join(project.kitDirectory, "secrets.json"), { env: {} });
    const [realm] = environment.platform.realms;
    const target = smokeTarget({ environment, secrets } as Deployment, realm);
    http = createHttp(target);
    context = createContext(target, http);
    tokens = await newTokens();
  });
  afterAll(async () => {
    await http?.close();
    project.remove();
    rmSync(home, { recursive: true, force: true });
  });

  const newTokens = async () => {
    const client = await createClient(http, await discover(http, context.target.ssoUrl), {
      clientId: "kit-smoke",
    });
    return passwordGrant(client, context.user);
  };

  /** Runs a program; its code, and all that it printed. */
  const run = (command: string, args: readonly string[], input = "") =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const child = execFile(
        command,
        args,
        { env: { ...process.env, HOME: home }, timeout: 120_000 },
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
  /** A program that prints the token, as they ask for one. */
  const printToken = () => write("token", `#!/bin/sh\nprintf '%s\\n' '${tokens.accessToken}'\n`, 0o700);

  const curlOptions = () => [
    ...["--silent", "--show-error", "--verbose"],
    ...["--user", `${user}:`, "--oauth2-bearer", tokens.accessToken],
  ];
  /** Each says whether it was let in, in what the program calls success. */
  const clients: Record<string, () => Promise<{ code: number; output: string }>> = {
    "curl reads IMAP": () => run("curl", [...curlOptions(), `imap://127.0.0.1:${ports.imap}/INBOX`]),
    "curl submits": () =>
      run(
        "curl",
        [
          ...curlOptions(),
          ...["--mail-from", user, "--mail-rcpt", user, "--upload-file", "-"],
          `smtp://127.0.0.1:${ports.smtp}`,
        ],
        mail("by curl"),
      ),
    "msmtp submits with OAUTHBEARER": () => msmtp("oauthbearer"),
    "msmtp submits with XOAUTH2": () => msmtp("xoauth2"),
    "mbsync reads IMAP with XOAUTH2": () => {
      mkdirSync(join(home, "mail"), { recursive: true });
      const settings = mbsyncConfiguration(
        `Host 127.0.0.1
Port ${ports.imap}
SSLType None
User ${user}
PassCmd "${printToken()}"
AuthMechs XOAUTH2`,
        join(home, "mail"),
      );
      return run("mbsync", ["--config", write("mbsyncrc", settings), "james"]);
    },
  };
  const msmtp = (mechanism: string) =>
    run(
      "msmtp",
      [
        ...["--host=127.0.0.1", `--port=${ports.smtp}`, "--tls=off", `--auth=${mechanism}`, `--user=${user}`],
        ...[`--passwordeval=${printToken()}`, `--from=${user}`, user],
      ],
      mail(`by msmtp, ${mechanism}`),
    );
  const imapflow = async () => {
    const client = new ImapFlow({
      ...{ host: "127.0.0.1", port: ports.imap, secure: false, doSTARTTLS: false, logger: false },
      auth: { user, accessToken: tokens.accessToken },
    });
    await client.connect();
    return client;
  };

  it("somebody's first login, with a token, finds the mailboxes that a first login with a password finds", async () => {
    const byPassword = accepted(
      await loginImapByCommand(context.imap, "bob@localhost", "a plain one"),
      "bob",
    );
    byPassword.writeLine('a2 LIST "" *');
    const lines = [];
    for (let line = ""; !line.startsWith("a2 "); line = await byPassword.readLine()) lines.push(line);
    byPassword.close();
    const expected = lines.flatMap((line) => /^\* LIST .* "?([^" ]+)"?$/.exec(line)?.[1] ?? []);
    expect(expected).toContain("INBOX");

    // ImapFlow chooses OAUTHBEARER by itself.
    const client = await imapflow();
    const found = (await client.list()).map(({ path }) => path);
    await client.logout();
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it.each(Object.keys(clients))("%s", async (name) => {
    const { code, output } = await (clients[name] as () => ReturnType<typeof run>)();
    expect(code, output).toBe(0);
    if (name.startsWith("curl")) expect(output).toMatch(/(AUTHENTICATE|AUTH) OAUTHBEARER/);
  });

  it("what they submitted has arrived, and mbsync fetched it", async () => {
    const sent = ["curl", "msmtp, oauthbearer", "msmtp, xoauth2"].map((by) => `Subject: by ${by}`);
    const fetched = async () => {
      await clients["mbsync reads IMAP with XOAUTH2"]?.();
      const folder = join(home, "mail/INBOX/new");
      return readdirSync(folder)
        .map((file) => /^Subject: .*$/m.exec(readFileSync(join(folder, file), "utf8"))?.[0].trim())
        .toSorted();
    };
    await expect.poll(fetched, { timeout: 120_000 }).toEqual(sent.toSorted());
  });

  /** A mail of so many bytes, no line of which is as another. */
  const large = (subject: string, bytes: number) => {
    const head = mail(subject);
    const count = Math.floor((bytes - head.length) / 72) - 1;
    const lines = Array.from({ length: count }, (_, n) => `${`${n}`.padEnd(70, ".-")}\r\n`).join("");
    return Buffer.from(`${head}${lines}${"x".repeat(bytes - head.length - lines.length - 2)}\r\n`);
  };

  it("ImapFlow appends mails up to the largest, two at once, and reads what it wrote", async () => {
    const [one, other] = [await imapflow(), await imapflow()];
    expect(one.capabilities.has("LITERAL+")).toBe(true);
    const mebibyte = 2 ** 20;
    const limit = Number(one.capabilities.get("APPENDLIMIT"));
    // No more than a person may have.
    for (const sizes of [[mebibyte, 3 * mebibyte], [7 * mebibyte], [limit]]) {
      await one.mailboxCreate("large");
      const appended = [one, other].flatMap((client, n) =>
        sizes[n] === undefined ? [] : [client.append("large", large(`${n}`, sizes[n]))],
      );
      // ImapFlow tells by `false` that it was refused.
      expect(await Promise.all(appended)).not.toContain(false);
      const found = async () => {
        await one.mailboxOpen("large");
        const sources = (await one.fetchAll("1:*", { source: true })).flatMap(({ source }) => source ?? []);
        await one.mailboxClose();
        const sorted = sources.toSorted((a, b) => a.length - b.length);
        return sorted.map((source, n) => source.equals(large(`${n}`, sizes[n] ?? 0)));
      };
      // Beside another session James may show a mail a moment late.
      await expect.poll(found, { timeout: 60_000 }).toEqual(sizes.map(() => true));
      await one.mailboxDelete("large");
    }
    await one.logout();
    await other.logout();
  });

  it("mbsync writes large mails, several at once", async () => {
    const sizes = [100_000, 2 ** 20, 3 * 2 ** 20];
    for (const size of sizes) {
      const name = `${Date.now()}.${size}.here`;
      write(`mail/INBOX/new/${name}`, large(`by mbsync, ${size}`, size).toString().replaceAll("\r\n", "\n"));
    }
    const { code, output } = (await clients["mbsync reads IMAP with XOAUTH2"]?.()) ?? {};
    expect(code, output).toBe(0);
    const client = await imapflow();
    await client.mailboxOpen("INBOX");
    const all = await client.fetchAll("1:*", { source: true });
    await client.logout();
    for (const size of sizes) {
      const source = all.map((one) => `${one.source}`).find((one) => one.includes(`by mbsync, ${size}`));
      // It adds a line of its own to the header.
      expect(source?.replace(/^X-TUID: .*\r\n/m, "") === large(`by mbsync, ${size}`, size).toString()).toBe(
        true,
      );
    }
  });

  it("swaks submits with a password", async () => {
    for (const mechanism of ["PLAIN", "LOGIN"]) {
      const { code, output } = await run("swaks", [
        ...["--server", "127.0.0.1", "--port", `${ports.smtp}`, "--auth", mechanism],
        ...["--auth-user", user, "--auth-password", password, "--from", user, "--to", user],
      ]);
      expect(code, output).toBe(0);
    }
  });

  /** Says the lines, each after the answer to the one before it; the answers. */
  const talk = async (protocol: "imap" | "smtp" | "sieve", said: readonly string[]) => {
    const lines = await connectLines(context[protocol], 20_000);
    try {
      if (protocol === "sieve") await sieveReply(lines);
      else await lines.readLine();
      const answers: string[] = [];
      for (const line of said) {
        lines.writeLine(line);
        let answer = await lines.readLine();
        while (/^\d{3}-/.test(answer)) answer = await lines.readLine();
        answers.push(answer);
      }
      return answers;
    } finally {
      lines.close();
    }
  };

  describe("a token on a line of its own", () => {
    it.each(["XOAUTH2", "OAUTHBEARER"] as const)("%s", async (mechanism) => {
      const { message } = (mechanism === "XOAUTH2" ? context.xoauth2 : context.oauthBearer)(
        tokens.accessToken,
      );
      const token = base64(message);
      expect(await talk("imap", [`a AUTHENTICATE ${mechanism}`, token])).toEqual([
        "+ ",
        "a OK AUTHENTICATE completed.",
      ]);
      expect((await talk("smtp", ["EHLO x", `AUTH ${mechanism}`, token])).slice(1)).toEqual([
        "334 ",
        "235 Authentication successful.",
      ]);
      const literal = `{${token.length}+}\r\n${token}`;
      expect(await talk("sieve", [`AUTHENTICATE "${mechanism}"`, literal])).toEqual(['""', "OK"]);
      expect(await talk("sieve", [`AUTHENTICATE "${mechanism}" ${literal}`])).toEqual(["OK"]);
    });
  });

  it("a refusal gives its reason, waits for the client's empty answer, and takes a new login; * gives up", async () => {
    const bad = base64(`n,a=${user},\x01auth=Bearer a.b.c\x01\x01`);
    const good = base64(context.xoauth2(tokens.accessToken).message);
    const reason = (text = "") =>
      JSON.parse(Buffer.from(text.replace(/^(\+|334) |"/g, ""), "base64").toString());
    const invalid = {
      status: "invalid_token",
      "openid-configuration": expect.stringContaining("/.well-known/openid-configuration"),
    };

    const imap = await talk("imap", [
      `a AUTHENTICATE OAUTHBEARER ${bad}`,
      "AQ==",
      `b AUTHENTICATE XOAUTH2 ${good}`,
    ]);
    expect(reason(imap[0])).toMatchObject(invalid);
    expect(imap.slice(1)).toEqual([expect.stringMatching(/^a NO /), "b OK AUTHENTICATE completed."]);
    // mbsync hangs when XOAUTH2 is given a reason there.
    expect(await talk("imap", [`a AUTHENTICATE XOAUTH2 ${bad}`])).toEqual([expect.stringMatching(/^a NO /)]);
    for (const [mechanism, expected] of [
      ["OAUTHBEARER", invalid],
      ["XOAUTH2", { status: "401" }],
    ] as const) {
      const smtp = await talk("smtp", ["EHLO x", `AUTH ${mechanism} ${bad}`, "", `AUTH XOAUTH2 ${good}`]);
      expect(reason(smtp[1])).toMatchObject(expected);
      expect(smtp.slice(2)).toEqual([expect.stringMatching(/^535 /), expect.stringMatching(/^235 /)]);
      const sieve = await talk("sieve", [`AUTHENTICATE "${mechanism}" "${bad}"`, '"AQ=="', "LISTSCRIPTS"]);
      expect(reason(sieve[0])).toMatchObject(expected);
      expect(sieve.slice(1)).toEqual([expect.stringMatching(/^NO /), "NO"]);

      expect((await talk("imap", [`a AUTHENTICATE ${mechanism}`, "*"]))[1]).toMatch(/^a (NO|BAD) /);
      expect((await talk("smtp", ["EHLO x", `AUTH ${mechanism}`, "*"]))[2]).toMatch(/^501 /);
      expect((await talk("sieve", [`AUTHENTICATE "${mechanism}"`, '"*"']))[1]).toMatch(/^NO /);
    }
  });

  it("a token alone is enough: it says who it is for", async () => {
    const token = base64(
      `n,,\x01host=127.0.0.1\x01port=${ports.imap}\x01auth=Bearer ${tokens.accessToken}\x01\x01`,
    );
    expect(await talk("imap", [`a AUTHENTICATE OAUTHBEARER ${token}`])).toEqual([
      "a OK AUTHENTICATE completed.",
    ]);
    expect((await talk("smtp", ["EHLO x", `AUTH OAUTHBEARER ${token}`]))[1]).toMatch(/^235 /);
    expect(await talk("sieve", [`AUTHENTICATE "OAUTHBEARER" "${token}"`])).toEqual(["OK"]);
  });

  it("ManageSieve: a script is put and listed with a token; no STARTTLS is offered where there is none", async () => {
    const lines = accepted(
      await loginSieve(context.sieve, context.oauthBearer(tokens.accessToken)),
      "the token",
    );
    await putScript(lines, "by-token", "keep;\r\n");
    expect(await listScripts(lines)).toContain("by-token");
    lines.writeLine("CAPABILITY");
    const capabilities = await sieveReply(lines);
    lines.close();
    expect(capabilities).toContain('"SASL" "PLAIN OAUTHBEARER XOAUTH2"');
    expect(capabilities).not.toContain('"STARTTLS"');
  });

  it("ManageSieve: a command without end ends the connection, not James's heap", async () => {
    const lines = await connectLines(context.sieve, 20_000);
    await sieveReply(lines);
    lines.writeLine('PUTSCRIPT "x" {100000000+}');
    for (let line = 0; line < 100; line++) lines.writeLine("x".repeat(1000));
    await expect(lines.readLine()).rejects.toThrow(/closed|ECONNRESET|EPIPE/);
  });

  it("passwords beyond ASCII are taken by every protocol, whichever way they come", async () => {
    const plain = base64(`\0${user}\0${password}`);
    const literal = `{${Buffer.byteLength(password)}+}\r\n${password}`;
    expect(await talk("imap", [`a LOGIN ${user} "${password}"`])).toEqual(["a OK LOGIN completed."]);
    expect(await talk("imap", [`a LOGIN ${user} ${literal}`])).toEqual(["a OK LOGIN completed."]);
    expect((await talk("imap", ["a AUTHENTICATE PLAIN", plain]))[1]).toMatch(/^a OK /);
    expect((await talk("smtp", ["EHLO x", "AUTH PLAIN", plain]))[2]).toMatch(/^235 /);
    expect(await talk("sieve", [`AUTHENTICATE "PLAIN" "${plain}"`])).toEqual(["OK"]);
    expect(await talk("sieve", ['AUTHENTICATE "PLAIN"', `"${plain}"`])).toEqual(['""', "OK"]);
    const wrong = base64(`\0${user}\0passwort`);
    expect(await talk("sieve", [`AUTHENTICATE "PLAIN" "${wrong}"`])).toEqual([expect.stringMatching(/^NO /)]);
  });

  it("after the logout every program is refused; a connection that was open lives on, as the docs say", async () => {
    const open = await imapflow();
    const client = { clientId: "kit-smoke" };
    await logOut(http, await discover(http, context.target.ssoUrl), client, tokens);
    for (const [name, attempt] of Object.entries(clients)) {
      const { code, output } = await attempt();
      expect(code, `${name}: ${output}`).not.toBe(0);
    }
    await expect(imapflow()).rejects.toThrow();
    for (const message of [context.xoauth2(tokens.accessToken), context.oauthBearer(tokens.accessToken)])
      expect((await loginSieve(context.sieve, message)).accepted).toBe(false);
    expect((await open.list()).map(({ path }) => path)).toContain("INBOX");
    await open.logout();
  });
});
