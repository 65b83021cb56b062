import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { jamesLimits } from "../../constructs/james/james-limits";
import { docker, environmentPorts } from "../engine";
import { imageSettings, KitProject } from "./support/kit";

const run = promisify(execFile);
const ports = environmentPorts();
const gateway = "mail.james.example";
const people = ["amy", "bob", "carol", "dan"];
const project = new KitProject("kit-e2e-james", {
  ...imageSettings,
  gateway: "httpd",
  ports,
  hosts: { gateway },
  people: people.map((name) => ({ mail: `${name}@localhost` })),
});
const heapMb = 192;
const limits = jamesLimits(heapMb);
const passwords: Record<string, string> = {};

beforeAll(() => project.cleanUp());
afterAll(() => project.remove());

const james = () => project.containerIds().james as string;
const jamesAddress = () =>
  docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", james())[0]
    ?.trim()
    .split(" ")[0] as string;
/** Since when James runs: another moment after a restart. */
const since = () => docker("inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}", james())[0];

/** What curl says, its exchange with the server on the lines that begin with "<". */
async function curl(...args: string[]): Promise<string> {
  const options = ["--silent", "--show-error", "--verbose", "--max-time", "300"];
  const resolve = ["--resolve", `${gateway}:${ports.gateway}:127.0.0.1`];
  try {
    const { stdout, stderr } = await run("curl", [...options, ...resolve, ...args], { maxBuffer: 2 ** 28 });
    return stderr + stdout;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const login = (person: string) => ["--user", `${person}@localhost:${passwords[person]}`];

/** A mail of so many bytes as a file: half of it text, half of it an attachment. */
function mailFile(bytes: number): string {
  const path = join(project.directory, `mail-${bytes}`);
  const line = `${"YWJj".repeat(19)}\r\n`;
  const head = [
    "From: amy@localhost",
    "Subject: large",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: application/octet-stream",
    "Content-Disposition: attachment; filename=a.bin",
    "Content-Transfer-Encoding: base64",
    "",
    "",
  ].join("\r\n");
  const tail = "--b--\r\n";
  const lines = Math.floor((bytes - head.length - tail.length) / line.length);
  writeFileSync(path, head + line.repeat(lines) + tail);
  return path;
}

const send = (to: string, file: string) =>
  curl(
    ...[`smtp://127.0.0.1:${ports.smtp}`, "--mail-from", "amy@localhost", "--mail-rcpt", `${to}@localhost`],
    ...["--upload-file", file, ...login("amy")],
  );
const append = (person: string, file: string, mailbox = "INBOX") =>
  curl(`imap://127.0.0.1:${ports.imap}/${mailbox}`, "--upload-file", file, ...login(person));

async function messages(person: string): Promise<number> {
  const said = await curl(
    ...[`imap://127.0.0.1:${ports.imap}/`, "--request", "STATUS INBOX (MESSAGES)", ...login(person)],
  );
  return Number(/MESSAGES (\d+)/.exec(said)?.[1]);
}

/** Status of an upload. */
async function upload(person: string, account: string, file: string): Promise<number> {
  const said = await curl(
    ...[`http://${gateway}:${ports.gateway}/upload/${account}`, ...login(person)],
    ...["--header", "Content-Type: application/octet-stream", "--data-binary", `@${file}`],
  );
  return Number([...said.matchAll(/^< HTTP\/1\.1 (\d+)/gm)].at(-1)?.[1]);
}

async function accountOf(person: string): Promise<string> {
  const said = await curl(`http://${gateway}:${ports.gateway}/jmap/session`, ...login(person));
  return /"accounts":\{"([^"]+)"/.exec(said)?.[1] as string;
}

/** The response to one method call. */
async function jmap(person: string, method: string, args: object): Promise<Record<string, unknown>> {
  const request = join(project.directory, "request");
  const using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
  writeFileSync(request, JSON.stringify({ using, methodCalls: [[method, args, "0"]] }));
  const { stdout } = await run("curl", [
    ...["--silent", "--show-error", "--fail", "--max-time", "300"],
    ...["--resolve", `${gateway}:${ports.gateway}:127.0.0.1`, ...login(person)],
    ...["--header", "Content-Type: application/json", "--data-binary", `@${request}`],
    `http://${gateway}:${ports.gateway}/jmap`,
  ]);
  return JSON.parse(stdout).methodResponses[0][1];
}

/** Says lines to a port of this machine, each after the end of an answer of SMTP or IMAP; what came back. */
function talk(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    const rest = [...lines];
    socket.on("data", (data) => {
      said += data;
      // "* OK" is the end of a greeting only: of a SELECT, for example, it is not.
      if (!/^\* OK[^\n]*\n$|(^|\n)(\d{3} |[a-z] )[^\n]*\n$/.test(said.slice(-1000))) return;
      const line = rest.shift();
      if (line === undefined) socket.end();
      else socket.write(`${line}\r\n`);
    });
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
  });
}

/** A request to James whose body of so many bytes comes one a second. */
function drip(authorization: string | undefined, bytes: number) {
  const socket = connect(80, jamesAddress());
  const request = { said: "", end: () => socket.destroy() };
  const header = authorization === undefined ? "" : `Authorization: ${authorization}\r\n`;
  socket.write(`POST /jmap HTTP/1.1\r\nHost: james\r\n${header}Content-Length: ${bytes}\r\n\r\n`);
  const timer = setInterval(() => socket.write(" "), 1000);
  socket.on("data", (data) => {
    request.said += data;
  });
  socket.on("close", () => clearInterval(timer));
  socket.on("error", () => {});
  return request;
}

/** Appends small mails without end (LITERAL+, RFC 7888), until one is refused or there are so many; how many there are then. */
function appendMany(person: string, most: number): Promise<{ taken: number; refusal?: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(ports.imap, "127.0.0.1");
    const mail = `From: amy@localhost\r\nSubject: small\r\n\r\n${"x".repeat(950)}\r\n`;
    const append = () => socket.write(`a APPEND INBOX {${mail.length}+}\r\n${mail}\r\n`);
    let taken = 0;
    let rest = "";
    socket.on("data", (data) => {
      const lines = (rest + data).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (/^l OK/.test(line)) append();
        else if (/^(a|l) (NO|BAD)/.test(line)) socket.end(() => resolve({ taken, refusal: line }));
        else if (/^a OK/.test(line)) {
          taken += 1;
          if (taken < most) append();
          else socket.end(() => resolve({ taken }));
        }
      }
    });
    socket.on("error", reject);
    socket.write(`l LOGIN ${person}@localhost ${passwords[person]}\r\n`);
  });
}

describe.sequential("James", () => {
  it("comes up, and the smoke test finds no door open", async () => {
    const run = await project.run(["up"]);
    expect(run.exitCode, run.output).toBe(0);
    for (const person of people) {
      const shown = await project.run(["secrets", "show", `${person}@localhost`]);
      passwords[person] = Object.values(shown.result.secrets as Record<string, string>)[0] as string;
    }
  });

  it("is nobody's who only reaches it: X-User needs the gateway's secret, webadmin is its own", async () => {
    const session = `http://${jamesAddress()}/jmap/session`;
    expect(await curl(session, "--header", "X-User: amy@localhost")).toMatch(/< HTTP\/1\.1 401/);
    const guessed = ["--header", "X-User: amy@localhost", "--header", "X-User-Secret: guess"];
    expect(await curl(session, ...guessed)).toMatch(/< HTTP\/1\.1 401/);
    expect(await curl(`http://${jamesAddress()}:8000/users`)).toMatch(/refused|Failed to connect/);
    const users = ["exec", james(), "bash", "-c"];
    const ask = "exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET /users HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    expect(docker(...users, ask).join()).toContain("amy@localhost");
  });

  it("refuses strangers for good, whether or not the recipient exists", async () => {
    for (const recipient of ["amy", "nobody"]) {
      const said = await talk(ports.smtp, [
        "EHLO x",
        "MAIL FROM:<x@example.org>",
        `RCPT TO:<${recipient}@localhost>`,
      ]);
      expect(said.split("\r\n").filter(Boolean).at(-1)).toMatch(/^550 /);
    }
  });

  it("refuses strangers' tokens that fill its memory when they are unpacked, and what is no token, with its reason", async () => {
    const before = since();
    const part = (value: object | Buffer) =>
      (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString("base64url");
    const unpacked = deflateSync(Buffer.from(`{"a":"${"0".repeat(30_000_000)}"}`), { level: 9 });
    const packed = ["zip", "calg"].map(
      (name) => `${part({ alg: "RS256", [name]: "DEF" })}.${part(unpacked)}.AAAA`,
    );
    const response = (user: string, token: string) =>
      Buffer.from(`user=${user}\x01auth=Bearer ${token}\x01\x01`).toString("base64");
    const imap = (user: string, token: string) =>
      talk(ports.imap, [`a AUTHENTICATE XOAUTH2 ${response(user, token)}`, "b LOGOUT"]);
    const many = packed.flatMap((token) => Array<string>(6).fill(token));
    for (const said of await Promise.all(many.map((token) => imap("amy@localhost", token)))) {
      expect(said).toMatch(/^a NO/m);
    }
    for (const token of ["...", `${part([])}.e30.AAAA`]) {
      expect(await imap("amy@localhost", token)).toMatch(/^a NO/m);
    }
    expect(await imap("a@b@c", "e30.e30.AAAA")).toMatch(/^a NO/m);
    const smtp = await talk(ports.smtp, ["EHLO x", `AUTH XOAUTH2 ${response("a@b@c", "...")}`, "QUIT"]);
    expect(smtp).toMatch(/^(334|535) /m);
    expect(since()).toBe(before);
    const log = execFileSync("sh", ["-c", `docker logs ${james()} 2>&1`], { encoding: "utf8" });
    expect(log).not.toMatch(/ArrayIndexOutOfBounds|ClassCast|Username length|username should/);
  });

  it("answers all commands that come at once, in their order, and says goodbye before it ends a connection", async () => {
    const mail = "Subject: one\r\n\r\n";
    const login = `LOGIN bob@localhost ${passwords.bob}`;
    await talk(ports.imap, [`a ${login}`, `b APPEND Sent {${mail.length}+}\r\n${mail}`]);
    const some = ["NOOP", "SELECT INBOX", "SELECT Sent", "FETCH 1 UID", 'LIST "" *', "CAPABILITY"];
    const commands = Array.from({ length: 24 }, (_, n) => `a${n} ${some[n % some.length]}`);
    for (let n = 0; n < 20; n++) {
      const said = await talk(ports.imap, [
        ...[`a ${login}`, "b SELECT INBOX"],
        [...commands, "c LOGOUT"].join("\r\n"),
      ]);
      const tags = [...["a", "b"], ...commands.map((_, n) => `a${n}`), "c"];
      expect(said.match(/^\w+(?= OK)/gm), said).toEqual(tags);
      expect(said.match(/^\* 1 FETCH \(UID 1\)/gm), said).toHaveLength(commands.length / some.length);
      expect(said).toMatch(/^\* BYE [^\n]*\nc OK LOGOUT completed/m);
      const shortest = await talk(ports.imap, [`a1 ${login}\r\nb LOGOUT`]);
      expect(shortest).toMatch(/^a1 OK [^\n]*\n\* BYE [^\n]*\nb OK /m);
    }
    const wrong = ["a", "b", "c"].map((tag) => `${tag} LOGIN nobody@localhost wrong`);
    expect(await talk(ports.imap, wrong)).toMatch(/^b NO [^\n]*\n\* BYE Login failed too many times/m);
    expect(await talk(ports.imap, ["GET / HTTP/1.1"])).toMatch(/^\* BYE Unknown command/m);
  });

  it("says of every mail that it has taken that it has, while others open and close the mailbox, and keeps nothing of theirs", async () => {
    const login = `a LOGIN dan@localhost ${passwords.dan}`;
    const opened = Array.from({ length: 400 }, () => [
      "b SELECT INBOX",
      "c CLOSE",
      "d SELECT INBOX",
      "e UNSELECT",
    ]);
    const [appended, others] = await Promise.all([
      Promise.all([1, 2, 3].map(() => appendMany("dan", 200))),
      Promise.all(Array.from({ length: 6 }, () => talk(ports.imap, [login, ...opened.flat(), "f LOGOUT"]))),
    ]);
    expect(appended).toEqual([1, 2, 3].map(() => ({ taken: 200 })));
    for (const said of others) expect(said).toMatch(/^f OK/m);
    // They would be more than James has memory for.
    expect(await messages("dan")).toBe(600);
    await talk(ports.imap, [login, "b SELECT INBOX", "c STORE 1:* +FLAGS.SILENT (\\Deleted)", "d EXPUNGE"]);
  });

  it("nobody holds others up by bodies that come slowly: neither strangers nor people, and not for long", async () => {
    const before = since();
    const basic = `Basic ${Buffer.from(`amy@localhost:${passwords.amy}`).toString("base64")}`;
    const largest = (limits.messageMb / 4) * 2 ** 20;
    const slow = Array.from({ length: 8 }, () => drip(basic, largest));
    const short = drip(basic, 1000);
    const strangers = Array.from({ length: 8 }, () => drip(undefined, largest));
    await vi.waitFor(() => {
      for (const { said } of strangers) expect(said).toMatch(/^HTTP\/1\.1 401/);
    }, 20_000);
    const echo = join(project.directory, "echo");
    const using = ["urn:ietf:params:jmap:core"];
    const methodCalls = [["Core/echo", { text: "x".repeat(largest / 2) }, "0"]];
    writeFileSync(echo, JSON.stringify({ using, methodCalls }));
    const said = await curl(
      ...[`http://${gateway}:${ports.gateway}/jmap`, ...login("bob"), "--output", "/dev/null"],
      ...["--header", "Content-Type: application/json", "--data-binary", `@${echo}`],
    );
    expect(said).toMatch(/^< HTTP\/1\.1 200/m);
    const file = join(project.directory, "upload");
    writeFileSync(file, Buffer.alloc(3 * 2 ** 20));
    expect(await upload("bob", await accountOf("bob"), file)).toBe(201);
    for (const one of slow) expect(one.said).toBe("");
    await vi.waitFor(() => expect(short.said).toMatch(/^HTTP\/1\.1 408/), {
      timeout: 60_000,
      interval: 1000,
    });
    for (const one of [...slow, ...strangers, short]) one.end();
    expect(since()).toBe(before);
  });

  it("answers JMAP requests that together are larger than its memory", async () => {
    const before = since();
    const request = join(project.directory, "echo");
    const text = "x".repeat((limits.messageMb / 4) * 2 ** 20 - 1000);
    const using = ["urn:ietf:params:jmap:core"];
    writeFileSync(request, JSON.stringify({ using, methodCalls: [["Core/echo", { text }, "0"]] }));
    for (let sent = 0; sent < 1.2 * heapMb * 2 ** 20; sent += text.length) {
      const said = await curl(
        ...[`http://${gateway}:${ports.gateway}/jmap`, ...login("bob"), "--output", "/dev/null"],
        ...["--header", "Content-Type: application/json", "--data-binary", `@${request}`],
      );
      expect(said).toMatch(/^< HTTP\/1\.1 200/m);
    }
    expect(since()).toBe(before);
  });

  it("refuses small mails in time, too, and takes as many changes of their flags as anybody makes", async () => {
    const before = since();
    const most = 20_000;
    const [carol, dan] = await Promise.all([appendMany("carol", most), appendMany("dan", most)]);
    for (const { taken, refusal } of [carol, dan]) {
      expect(refusal).toMatch(/^a NO \[OVERQUOTA\]/);
      expect(taken).toBeGreaterThan(2000);
    }
    expect(since()).toBe(before);
    expect(await messages("carol")).toBe(carol.taken);
    // Some million: James alone remembers each.
    const flags = Array.from(
      { length: 160 },
      (_, n) => `c STORE 1:* ${n % 2 ? "-" : "+"}FLAGS.SILENT (\\Seen)`,
    );
    const stored = await talk(ports.imap, [
      ...[`a LOGIN dan@localhost ${passwords.dan}`, "b SELECT INBOX", ...flags, "d LOGOUT"],
    ]);
    expect(stored.match(/^c OK/gm)).toHaveLength(flags.length);
    expect(since()).toBe(before);
  });

  it("changes one mail by JMAP, and deletes thousands at once, while others have as many", async () => {
    const before = since();
    const account = await accountOf("carol");
    const call = ["Email/query", { accountId: account, limit: 1 }] as const;
    const [id] = (await jmap("carol", ...call)).ids as string[];
    const update = { [id as string]: { "keywords/$flagged": true } };
    const set = await jmap("carol", "Email/set", { accountId: account, update });
    expect(set.updated).toHaveProperty(id as string);
    for (const person of ["carol", "dan"]) {
      const emptied = await talk(ports.imap, [
        `a LOGIN ${person}@localhost ${passwords[person]}`,
        ...["b SELECT INBOX", "c STORE 1:* +FLAGS.SILENT (\\Deleted)", "d EXPUNGE", "e LOGOUT"],
      ]);
      expect(emptied).toMatch(/^d OK/m);
      expect(await messages(person)).toBe(0);
    }
    expect(since()).toBe(before);
    expect((await appendMany("carol", 1)).taken).toBe(1);
  });

  it("has the room again of what is deleted, with attachments, by mail and by mailbox", async () => {
    const file = mailFile((limits.messageMb - 1) * 2 ** 20);
    const dan = (...lines: string[]) =>
      talk(ports.imap, [`l LOGIN dan@localhost ${passwords.dan}`, ...lines, "e LOGOUT"]);
    // Together many times what the heap holds.
    for (let n = 0; n < 15; n++) {
      expect(await append("dan", file)).toMatch(/OK .*APPEND completed/);
      await dan("s SELECT INBOX", "d STORE 1:* +FLAGS.SILENT (\\Deleted)", "x EXPUNGE", "c CREATE once");
      expect(await append("dan", file, "once")).toMatch(/OK .*APPEND completed/);
      await dan("u DELETE once");
    }
  });

  it("mails that are sent slowly wait on disk, and strangers cannot send any", async () => {
    const before = since();
    const bytes = limits.messageMb * 2 ** 20;
    const part = "x".repeat(bytes - 1000);
    /** Says the lines, the next when the one before is answered, and does not wait for an answer to the last. */
    const begin = async (...lines: string[]) => {
      const sender = { socket: connect(ports.imap, "127.0.0.1"), said: "" };
      sender.socket.on("data", (data) => {
        sender.said += data;
      });
      sender.socket.on("error", () => {});
      for (const line of lines) {
        await vi.waitFor(() => expect(sender.said).toMatch(/^(\* OK|l OK) [^\n]*\n$/), 60_000);
        sender.said = "";
        sender.socket.write(line);
      }
      return sender;
    };
    const stranger = await begin(`a LOGIN {${bytes}+}\r\n`);
    await vi.waitFor(() => expect(stranger.socket.closed).toBe(true), 60_000);
    const senders: Awaited<ReturnType<typeof begin>>[] = [];
    // Together more than the heap.
    for (let sent = 0; sent < 1.5 * heapMb; sent += limits.messageMb) {
      const login = `l LOGIN carol@localhost ${passwords.carol}\r\n`;
      senders.push(await begin(login, `a APPEND INBOX {${bytes}+}\r\nSubject: slow\r\n\r\n${part}`));
    }
    await vi.waitFor(() => {
      for (const { socket } of senders) expect(socket.writableLength).toBe(0);
    }, 60_000);
    const [first, ...others] = senders;
    for (const { socket } of others) socket.destroy();
    const start = "Subject: slow\r\n\r\n".length;
    first?.socket.write(`${"y".repeat(bytes - part.length - start)}\r\n`);
    await vi.waitFor(() => expect(first?.said).toMatch(/^a OK .*APPEND completed/m), 60_000);
    first?.socket.destroy();
    // What follows needs the room.
    await talk(ports.imap, [
      ...[`l LOGIN carol@localhost ${passwords.carol}`, "s SELECT INBOX"],
      ...["d STORE 1:* +FLAGS.SILENT (\\Deleted)", "x EXPUNGE", "e LOGOUT"],
    ]);
    expect(await messages("carol")).toBe(0);
    expect(since()).toBe(before);
  });

  it("shows what HTML says whose tree or text would fill its memory", async () => {
    const before = since();
    const account = await accountOf("dan");
    const page = (html: string) => {
      const path = join(project.directory, "page");
      const lines = html.match(/.{1,900}/gs)?.join("\r\n");
      writeFileSync(
        path,
        `From: amy@localhost\r\nSubject: page\r\nContent-Type: text/html\r\n\r\n${lines}\r\n`,
      );
      return path;
    };
    const nested = 20_000;
    const pages = {
      "hello - one - two": "<p>hello</p><ul><li>one<li>two</ul>",
      // Of 3.8.1's text 400 million characters are indents.
      "a a a": "<ul><li>a</li><li>a</li>".repeat(nested) + "</ul>".repeat(nested),
      last: `${"<p>".repeat(limits.messageMb * 300_000)}last`,
    };
    for (const html of Object.values(pages)) {
      expect(await append("dan", page(html))).toMatch(/OK .*APPEND completed/);
    }
    const { ids } = await jmap("dan", "Email/query", { accountId: account, filter: { subject: "page" } });
    const { list } = await jmap("dan", "Email/get", { accountId: account, ids, properties: ["preview"] });
    const previews = (list as { preview: string }[]).map(({ preview }) => preview.trim());
    for (const text of Object.keys(pages)) expect(previews).toContainEqual(expect.stringContaining(text));
    expect(since()).toBe(before);
    await jmap("dan", "Email/set", { accountId: account, destroy: ids });
  });

  it("takes the largest mail, eight at once, and refuses what is larger", async () => {
    const before = since();
    const largest = mailFile(limits.messageMb * 2 ** 20 - 2000);
    expect(await send("bob", largest)).toMatch(/^< 250 2\.6\.0/m);
    const answers = await Promise.all(Array.from({ length: 8 }, () => send("amy", largest)));
    for (const answer of answers) expect(answer).toMatch(/^< (250 2\.6\.0|452 4|552 5)/m);
    const larger = mailFile((limits.messageMb + 1) * 2 ** 20);
    expect(await send("bob", larger)).toMatch(/^< 552 /m);
    const appended = await append("bob", larger);
    expect(appended).toContain(`APPENDLIMIT=${limits.messageMb * 2 ** 20}`);
    expect(appended).toMatch(/^< \w+ NO APPEND failed\. It is larger than APPENDLIMIT/m);
    expect(since()).toBe(before);
    expect(await messages("bob")).toBe(1);
  });

  it("refuses uploads of one person where it is enough, and goes on for others", async () => {
    const before = since();
    const file = join(project.directory, "upload");
    writeFileSync(file, Buffer.alloc(limits.uploadMb * 2 ** 20));
    const [amy, bob] = [await accountOf("amy"), await accountOf("bob")];
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push(await upload("amy", amy, file));
    expect(statuses).toEqual([201, 413, 413, 413]);
    expect(await upload("bob", bob, file)).toBe(201);
    writeFileSync(file, Buffer.alloc((limits.uploadMb + 1) * 2 ** 20));
    expect(await upload("bob", bob, file)).toBe(413);
    expect(since()).toBe(before);
  });

  it("refuses mail when a mailbox is full, by SMTP and IMAP, and keeps what it has", async () => {
    const before = since();
    const half = mailFile(Math.floor(limits.quotaMb / 3) * 2 ** 20);
    const sent: string[] = [];
    for (let n = 0; n < 6 && !/^< 552 5\.2\.2/m.test(sent.at(-1) ?? ""); n++) {
      sent.push(await send("bob", half));
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    expect(sent.at(-1)).toMatch(/^< 552 5\.2\.2/m);
    expect(await append("bob", half)).toMatch(/^< \w+ NO \[OVERQUOTA\]/m);
    expect(since()).toBe(before);
    expect(await messages("bob")).toBeGreaterThanOrEqual(2);
  });

  it("slows guesses to a few a minute for an address, while the right person logs in elsewhere", async () => {
    const guess = () => talk(ports.imap, ["a LOGIN amy@localhost wrong", "b LOGOUT"]);
    for (let n = 0; n < 25; n++) expect(await guess()).toMatch(/^a NO/m);
    const refused = execFileSync("sh", ["-c", `docker logs ${james()} 2>&1`], { encoding: "utf8" });
    expect(refused.match(/Too many wrong passwords of amy@localhost/g)?.length).toBeGreaterThan(10);
    const right = `a LOGIN amy@localhost ${passwords.amy}`;
    expect(await talk(ports.imap, [right, "b LOGOUT"])).toMatch(/^a NO/m);
    const elsewhere = [
      "exec 3<>/dev/tcp/james.example.com/143",
      `printf '%s\\r\\n' '${right}' 'b LOGOUT' >&3`,
      "timeout 60 cat <&3",
    ].join("; ");
    // The gateway's container is on James's network, with an address of its own.
    const neighbour = project.containerIds().gateway as string;
    expect(docker("exec", neighbour, "bash", "-c", elsewhere).join("\n")).toMatch(/^a OK/m);
  });

  it("without passwords offers none, and single sign-on works on", async () => {
    const off = {
      KIT_PASSWORDS_JMAP: "false",
      KIT_PASSWORDS_IMAP: "false",
      KIT_PASSWORDS_SMTP: "false",
      KIT_PASSWORDS_SIEVE: "false",
    };
    const run = await project.run(["up", "--allow-loss", "mail"], { env: off });
    expect(run.exitCode, run.output).toBe(0);
    const imap = await talk(ports.imap, ["a CAPABILITY", "b LOGOUT"]);
    expect(imap).not.toContain("AUTH=PLAIN");
    expect(imap).toContain("LOGINDISABLED");
    const smtp = await talk(ports.smtp, ["EHLO x", "QUIT"]);
    expect(smtp).toMatch(/AUTH .*XOAUTH2/);
    expect(smtp).not.toMatch(/AUTH.*(PLAIN|LOGIN)/);
    const basic = await curl(`http://${gateway}:${ports.gateway}/jmap/session`, ...login("amy"));
    expect(basic).toMatch(/< HTTP\/1\.1 404/);
  });
});
