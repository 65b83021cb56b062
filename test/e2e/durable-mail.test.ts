import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { packageRoot } from "../../kit/package-root";
import { defaultReferences } from "../../platform/image-references";
import { answerTo, requestOf } from "../../smoke/clients/jmap";
import { loginSieve } from "../../smoke/clients/login";
import { base64, plain } from "../../smoke/clients/sasl";
import { listScripts, putScript } from "../../smoke/clients/sieve";
import { accepted as loggedIn } from "../../smoke/steps/expect";
import { docker, environmentPorts } from "../engine";
import { hasImage, KitProject, type KitRun, registrySettings } from "./support/kit";
import { mbsyncConfiguration } from "./support/mbsync";

const ports = environmentPorts();
const user = "james-user@localhost";
const other = "bob@localhost";
const settings = (quotaMb: number) => ({
  ...{ ...registrySettings, directGrants: true, ports },
  storage: { identity: "memory", mail: "durable" },
  people: [{ mail: user }, { mail: other }],
  limits: { messageMb: 1, quotaMb },
});
const project = new KitProject("kit-e2e-dmail", settings(2));
const home = mkdtempSync(join(tmpdir(), "james-oidc-kit-durable-mail-"));

beforeAll(() => project.cleanUp());
afterAll(() => {
  project.remove();
  rmSync(home, { recursive: true, force: true });
});

/** James that keeps mail cannot be built from package registries. */
const wanted = [defaultReferences.jamesPostgres, defaultReferences.jdk, defaultReferences.postgres];
const missing = wanted.filter((reference) => !hasImage(reference));
if (missing.length > 0) {
  it("mail that lasts", ({ skip }) => skip(`the engine has no ${missing.join(", ")}`));
} else describe.sequential("mail that lasts", life);

function life(): void {
  const expectExit = (run: KitRun, exitCode: number) => expect(run.exitCode, run.output).toBe(exitCode);
  const container = (service: string) => `${project.name}-${service}`;
  const patiently = { timeout: 240_000, interval: 1000 };
  const password = (who = user) =>
    (JSON.parse(readFileSync(join(project.kitDirectory, "secrets.json"), "utf8")) as Record<string, string>)[
      who
    ] as string;

  const withImap = async <T>(use: (imap: ImapFlow) => Promise<T>, who = user): Promise<T> => {
    const auth = { user: who, pass: password(who) };
    const imap = new ImapFlow({ host: "127.0.0.1", port: ports.imap, secure: false, auth, logger: false });
    await imap.connect();
    try {
      return await use(imap);
    } finally {
      await imap.logout();
    }
  };
  /** All of it that somebody looks for: flags and octets of each mail, by subject. */
  const contents = (folder: string, who = user) =>
    withImap(async (imap) => {
      await imap.mailboxOpen(folder);
      const all = await imap.fetchAll("1:*", { source: true, flags: true, envelope: true });
      return all
        .map(({ source, flags, envelope }) => ({
          ...{ subject: envelope?.subject ?? "", source: source?.toString() },
          // Nobody knows of this one how long it is set.
          flags: [...(flags ?? [])].filter((flag) => flag !== "\\Recent").sort(),
        }))
        .sort((a, b) => a.subject.localeCompare(b.subject));
    }, who);
  const jmap = async (method: string, args: object) => {
    const headers = {
      ...{ accept: "application/json", "content-type": "application/json" },
      authorization: `Basic ${base64(`${user}:${password()}`)}`,
    };
    const gateway = `http://127.0.0.1:${ports.gateway}/jmap`;
    const session = (await (await fetch(`${gateway}/session`, { headers })).json()) as {
      primaryAccounts: Record<string, string>;
    };
    const call = [
      method,
      { accountId: session.primaryAccounts["urn:ietf:params:jmap:mail"], ...args },
    ] as const;
    const body = JSON.stringify(requestOf(call));
    return answerTo(call, await (await fetch(gateway, { method: "POST", headers, body })).json());
  };
  const sieve = async () =>
    loggedIn(
      await loginSieve({ host: "127.0.0.1", port: ports.sieve }, plain(user, password())),
      "the password",
    );
  const expectAllThere = async () => {
    expect(await contents("INBOX")).toEqual(inbox);
    expect(await contents("Projects")).toEqual(before);
    const lines = await sieve();
    expect(await listScripts(lines)).toEqual(["vacation"]);
    lines.close();
  };
  const mail = (subject: string, length = 200, from = user) =>
    `From: ${from}\r\nTo: ${user}\r\nSubject: ${subject}\r\n\r\n${`${subject} `.repeat(length / subject.length)}\r\n`;
  const send = (subject: string, from = user) => {
    writeFileSync(join(home, "mail"), mail(subject, 200, from));
    return promisify(execFile)("curl", [
      ...["--silent", "--max-time", "20", "--url", `smtp://127.0.0.1:${ports.smtp}`, "--user"],
      ...[`${from}:${password(from)}`, "--mail-from", from, "--mail-rcpt", user],
      ...["--upload-file", join(home, "mail")],
    ]);
  };
  const quotaMb = () =>
    withImap(async (imap) => {
      const quota = await imap.getQuota("INBOX");
      return quota && (quota.storage?.limit ?? 0) / 2 ** 20;
    });
  /** Asks webadmin about a person's own quota, as an administrator does. */
  const ownQuota = (method: "PUT" | "DELETE", body = "") =>
    docker(
      ...["exec", container("james"), "bash", "-c"],
      `exec 3<>/dev/tcp/127.0.0.1/8000; printf '%s %s HTTP/1.0\\r\\nHost: localhost\\r\\nContent-Length: %d\\r\\n\\r\\n%s' "$@" >&3; cat <&3`,
      ...["webadmin", method, `/quota/users/${user}/size`, String(body.length), body],
    )[0];
  const large = Array.from({ length: 8 }, (_, n) => mail(`large-${n}`, 12_000 + n * 2500));
  let before: Awaited<ReturnType<typeof contents>>;
  let inbox: typeof before;

  it("comes up, every step of the smoke test succeeds, none left out, and nothing is left to change", async () => {
    const up = await project.run(["up"]);
    expectExit(up, 0);
    const leftOut = up.events.filter(({ smoke }) => (smoke as { skipped?: string } | undefined)?.skipped);
    expect(leftOut).toEqual([]);
    const plan = await project.run(["plan"]);
    expect(plan.result).toMatchObject({ changes: [], storage: { identity: "memory", mail: "durable" } });
  });

  it("mbsync gets large mails octet for octet", async () => {
    await withImap(async (imap) => {
      await imap.mailboxCreate("Projects");
      for (const one of large) await imap.append("Projects", one, ["\\Seen", "$todo"]);
    });
    before = await contents("Projects");
    expect(before.map(({ source }) => source)).toEqual(large);
    execFileSync(join(packageRoot, "scripts/apt-install"), ["isync"], { stdio: "ignore" });
    const account = `Host 127.0.0.1\nPort ${ports.imap}\nUser ${user}\nPass "${password()}"\nSSLType None\nAuthMechs LOGIN`;
    writeFileSync(
      join(home, "mbsyncrc"),
      mbsyncConfiguration(account, home).replace("Near :local:", "Near :local:\nPatterns Projects"),
    );
    await promisify(execFile)("mbsync", ["--config", join(home, "mbsyncrc"), "--all"], {
      env: { ...process.env, HOME: home },
      timeout: 60_000,
    });
    const folder = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) =>
      /Projects\/(cur|new)\/./.test(name),
    );
    const unix = (text: string) => text.replaceAll("\r\n", "\n").replace(/^X-TUID:.*\n/m, "");
    const fetched = folder.map((name) => unix(readFileSync(join(home, name), "utf8"))).sort();
    expect(fetched).toEqual(large.map(unix).sort());
  });

  it("lists the newest mails in the order in which a search of all of them does", async () => {
    const dates = [3, 1, 5, 2, 4].map((day) => new Date(Date.UTC(2026, 0, day)));
    await withImap(async (imap) => {
      await imap.mailboxCreate("Dated");
      for (const date of dates) await imap.append("Dated", mail(`of ${date.getUTCDate()}`), [], date);
      await imap.append("Dated", mail("deleted"), ["\\Deleted"]);
      await imap.mailboxOpen("Dated");
      await imap.messageCopy("1", "Projects");
      await imap.messageCopy("1", "Dated");
    });
    const { list } = await jmap("Mailbox/get", { ids: null });
    const inMailbox = (list as { id: string; name: string }[]).find(({ name }) => name === "Dated")?.id;
    const query = async (filter: object, rest: object = {}) => {
      const sort = [{ property: "receivedAt", isAscending: false }];
      return (await jmap("Email/query", { filter, sort, ...rest })).ids as string[];
    };
    // James searches all mails for what has a size.
    const found = await query({ inMailbox, minSize: 0 });
    expect(found).toHaveLength(dates.length);
    expect(await query({ inMailbox })).toEqual(found);
    expect(await query({ inMailbox }, { position: 1, limit: 2 })).toEqual(found.slice(1, 3));
    const everywhere = await query({});
    expect(everywhere.slice(-found.length)).toEqual(found);
    expect(new Set(everywhere).size).toBe(everywhere.length);
    expect([...everywhere].sort()).toEqual((await query({ minSize: 0 })).sort());
    await withImap(async (imap) => {
      await imap.mailboxDelete("Dated");
      await imap.mailboxOpen("Projects");
      await imap.messageDelete(String(before.length + 1));
    });
    expect(await contents("Projects")).toEqual(before);
  });

  it("loses nothing that it has accepted while James and PostgreSQL are killed", async () => {
    const accepted: string[] = [];
    // Each is away for three mails that are not accepted.
    const kills = [
      { service: "james", after: 8 },
      { service: "postgres", after: 16 },
    ];
    let [killed, refused]: [string | undefined, number] = [undefined, 0];
    await vi.waitFor(async () => {
      for (let n = 0; accepted.length < 24 && n < 20; n++) {
        const [next] = kills;
        if (next && accepted.length >= next.after) {
          kills.shift();
          [killed, refused] = [container(next.service), 0];
          docker("kill", killed);
        }
        const subject = `sent-${accepted.length}-${refused}`;
        await send(subject).then(
          () => accepted.push(subject),
          () => {
            refused += 1;
          },
        );
        if (killed && refused === 3) docker("start", killed);
      }
      expect(accepted.length).toBe(24);
    }, patiently);
    await vi.waitFor(async () => {
      const subjects = (await contents("INBOX")).map(({ subject }) => subject);
      expect(subjects).toEqual(expect.arrayContaining(accepted));
      expect(new Set(subjects).size).toBe(subjects.length);
    }, patiently);
    expect(await contents("Projects")).toEqual(before);
  });

  it("takes no more than somebody's quota, which an administrator changes", async () => {
    expect(await quotaMb()).toBe(2);
    const third = mail("kept", 700_000);
    await withImap(async (imap) => {
      await imap.mailboxCreate("Kept");
      for (let n = 0; n < 2; n++) await imap.append("Kept", third);
      await expect(imap.append("Kept", third)).rejects.toMatchObject({ serverResponseCode: "OVERQUOTA" });
      expect(ownQuota("PUT", String(10 * 2 ** 20))).toContain("204");
      await imap.append("Kept", third);
    });
    expect(await quotaMb()).toBe(10);
    // The next `up` finds it.
    project.configure(settings(1));
  });

  it("has all of it in containers that are made anew, and after down and up", async () => {
    const lines = await sieve();
    await putScript(lines, "vacation", "keep;\r\n");
    lines.close();
    inbox = await contents("INBOX");
    docker("rm", "--force", container("james"), container("postgres"));
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    await expectAllThere();
    expectExit(await project.run(["down"]), 0);
    expectExit(await project.run(["up", "--no-smoke"]), 0);
    await expectAllThere();
  });

  it("has the quota that the environment says now for whom an administrator gave none, and refuses what is over it", async () => {
    expect(await quotaMb()).toBe(10);
    expect(ownQuota("DELETE")).toContain("204");
    expect(await quotaMb()).toBe(1);
    const smtp = createTransport({
      ...{ host: "127.0.0.1", port: ports.smtp, ignoreTLS: true },
      auth: { user: other, pass: password(other) },
    });
    const tooMuch = smtp.sendMail({ from: other, to: user, subject: "too much", text: "Hello" });
    await expect(tooMuch).rejects.toMatchObject({ responseCode: 552 });
    // Who has room gets it all the same.
    await smtp.sendMail({ from: other, to: [user, other], subject: "to both", text: "Hello" });
    const arrived = () =>
      withImap(async (imap) => {
        await imap.mailboxOpen("INBOX");
        return imap.search({ header: { subject: "to both" } });
      }, other);
    await vi.waitFor(async () => expect(await arrived()).toHaveLength(1), patiently);
    expect(await contents("INBOX")).toEqual(inbox);
    await withImap((imap) => imap.mailboxDelete("Kept"));
  });

  it("has all of it again from a backup", async () => {
    execFileSync(join(packageRoot, "scripts/apt-install"), ["age"], { stdio: "ignore" });
    const key = join(home, "key.txt");
    execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
    const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();
    expectExit(await project.run(["backup", "create", "--folder", home, "--recipient", recipient]), 0);
    await withImap(async (imap) => {
      await imap.mailboxDelete("Projects");
      await imap.mailboxOpen("INBOX");
      await imap.messageDelete("1:*");
    });
    expect(await contents("INBOX")).toEqual([]);
    const file = readdirSync(home).find((name) => name.endsWith(".age")) as string;
    const said = ["--identity", key, "--delete-data", project.name, "--no-smoke"];
    expectExit(await project.run(["restore", join(home, file), ...said]), 0);
    await expectAllThere();
  });

  it("tells what mail would go before it does, and goes with all of it", async () => {
    const refused = await project.run(["down", "--delete-data"]);
    expectExit(refused, 2);
    expect(refused.output).toMatch(/\d+ mails of 2 people/);
    expectExit(await project.run(["down", "--delete-data", project.name]), 0);
    expect(project.leftovers()).toEqual([]);
  });
}
