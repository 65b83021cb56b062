import { describe, expect, it } from "vitest";
import { readImapAnswer, type StoredMails } from "../../../smoke/clients/imap-framing";
import { connectLines } from "../../../smoke/clients/line-client";
import { serve } from "../tcp-server";

/** With what could be taken for IMAP's own. */
const bodies = ["one)\r\n", "* 2 FETCH (BODY[] {4}\r\n", "t OK é \0\r\n)\r\n"].map((body) =>
  Buffer.from(body),
);
const whole: StoredMails = new Map(bodies.map((body, index) => [index + 1, { "BODY[]": body }]));
const parts: StoredMails = new Map([
  [1, { "BODY[HEADER]": Buffer.from("A: b\r\n\r\n"), "BODY[TEXT]": Buffer.from("text") }],
]);

const size = (number: number) => (bodies[number - 1] as Buffer).length;
const body = (number: number) => (bodies[number - 1] as Buffer).toString("latin1");
const mail = (number: number) => `* ${number} FETCH (BODY[] {${size(number)}}\r\n${body(number)})\r\n`;
const all = mail(1) + mail(2) + mail(3);
const header = "BODY[HEADER] {8}\r\nA: b\r\n\r\n";

async function read(stream: string, stored: StoredMails, step = stream.length): Promise<string> {
  const address = await serve(async (socket) => {
    socket.setNoDelay();
    const octets = Buffer.from(stream, "latin1");
    for (let at = 0; at < octets.length; at += step) {
      socket.write(octets.subarray(at, at + step));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const lines = await connectLines(address, 300);
  try {
    await readImapAnswer(lines, "t", stored);
    return "right";
  } catch (error) {
    return (error as Error).message;
  } finally {
    lines.close();
  }
}

describe("right answers to a FETCH", () => {
  it.each([
    ["mails whole", `${all}t OK FETCH completed.\r\n`, whole],
    ["in another order", `${mail(3)}${mail(1)}${mail(2)}t OK\x20\r\n`, whole],
    [
      "other items beside",
      `* 1 FETCH (FLAGS (\\Seen) ${header} BODY[TEXT] {4}\r\ntext UID 7)\r\nt OK .\r\n`,
      parts,
    ],
    [
      "mails that came",
      `* 4 EXISTS\r\n* 1 RECENT\r\n${all}* 4 FETCH (FLAGS (\\Recent))\r\nt OK .\r\n`,
      whole,
    ],
    ["nothing asked for", "* OK [MODSEQ 1] still here\r\nt OK NOOP completed.\r\n", new Map()],
  ])("%s", async (_, stream, stored) => {
    expect(await read(stream, stored)).toBe("right");
    expect(await read(stream, stored, 3)).toBe("right");
  });
});

describe("garbled answers to a FETCH", () => {
  const [one, two] = [`* 1 FETCH (BODY[] {${size(1)}}\r\n`, `* 2 FETCH (BODY[] {${size(2)}}\r\n`];
  it.each([
    [
      "a literal after its closing parenthesis",
      `${one})\r\n${body(1)}${mail(2)}${mail(3)}t OK .\r\n`,
      'the literal of BODY[] of mail 1 is not what was stored, from octet 0 of 6 on: ")\\r\\none"',
    ],
    [
      "a literal in the next answer",
      `${one}${two}${body(1)})\r\n${body(2)})\r\n${mail(3)}t OK .\r\n`,
      "the literal of BODY[] of mail 1 is not what was stored, from octet 0 of 6 on",
    ],
    [
      "two literals in each other's place",
      `${one}${body(3).slice(0, 6)})\r\n${mail(2)}${mail(3)}t OK .\r\n`,
      "the literal of BODY[] of mail 1 is not what was stored, from octet 0 of 6 on",
    ],
    ["the tagged OK before all data", `t OK .\r\n${all}`, "the tagged OK came before mail 1, 2, 3"],
    [
      "the tagged OK before the last",
      `${mail(1)}${mail(2)}t OK .\r\n${mail(3)}`,
      "the tagged OK came before mail 3",
    ],
    [
      "the tagged OK before a literal",
      `${mail(1)}${mail(2)}* 3 FETCH (BODY[] {${size(3)}}\r\nt OK .\r\n${body(3)})\r\n`,
      "the literal of BODY[] of mail 3 is not what was stored, from octet 5 of",
    ],
    [
      "another size announced",
      `${mail(1).replace("{6}", "{7}")}`,
      "the literal of BODY[] of mail 1 is announced with 7 octets, and 6 were stored",
    ],
    ["an octet that is another", all.replace("one", "onf"), "from octet 2 of 6 on"],
    [
      "more than was announced",
      `${one}${body(1)}more)\r\n`,
      'of mail 1, after the literal of BODY[], comes neither an item nor a parenthesis: "more)"',
    ],
    ["no closing parenthesis", `${one}${body(1)}\r\n${mail(2)}`, 'neither an item nor a parenthesis: ""'],
    ["a literal without an end", one, "0 of 6 octets within 0.3 s"],
    ["a literal that is cut", `${one}on`, "2 of 6 octets within 0.3 s"],
    ["no tagged answer", all, "no answer within 0.3 s"],
    ["a mail twice", `${mail(1)}${mail(1)}`, "of mail 1 was not asked for, or comes twice"],
    ["a mail that nobody asked for", mail(1).replace("* 1", "* 4"), "of mail 4 was not asked for"],
    ["a mail without its body", `* 1 FETCH (UID 7)\r\n${mail(2)}${mail(3)}t OK .\r\n`, "came before mail 1"],
    ["what is no answer", `one\r\n${all}t OK .\r\n`, 'not an answer of IMAP: "one"'],
    ["a refusal", "t NO FETCH failed.\r\n", "IMAP answered: t NO FETCH failed."],
  ])("%s", async (_, stream, problem) => {
    expect(await read(stream, whole)).toContain(problem);
  });

  it("as James 3.9.0 gave it to `FETCH 1:* (BODY.PEEK[])` of ten mails of 12 to 30 KB (recorded, run after run the same)", async () => {
    const mails = Array.from({ length: 10 }, (_, index) => {
      const letter = String.fromCharCode(65 + index);
      const lines = `${letter.repeat(78)}\r\n`.repeat(150 + 25 * index);
      return `Subject: ${letter.toLowerCase()}\r\n\r\n${lines}`;
    });
    const begin = (number: number) => `* ${number} FETCH (BODY[] {${mails[number - 1]?.length}}\r\n`;
    const literal = (number: number) => mails[number - 1];
    const end = ")\r\n";
    const right = (number: number) => [begin(number), literal(number), end];
    const recorded = [
      ...[1, 2, 3, 4].flatMap(right),
      ...[begin(5), end, begin(6), literal(6), literal(5), end],
      ...right(7),
      ...[begin(8), end, begin(9), literal(9), literal(8), end],
      ...right(10),
      "t OK FETCH completed.\r\n",
    ].join("");
    const stored = new Map(mails.map((mail, index) => [index + 1, { "BODY[]": Buffer.from(mail) }]));
    expect(await read(recorded, stored)).toBe(
      'the literal of BODY[] of mail 5 is not what was stored, from octet 0 of 20014 on: ")\\r\\n* 6 FETCH (BODY[] {22014}\\r\\nSubject: f\\r\\n\\r\\nFFFFFFFFFFFFFFFF…"',
    );
    const answer = `${mails.flatMap((_, index) => right(index + 1)).join("")}t OK FETCH completed.\r\n`;
    expect(await read(answer, stored)).toBe("right");
  });

  it("of two parts, of which one does not come", async () => {
    expect(await read(`* 1 FETCH (${header})\r\nt OK .\r\n`, parts)).toBe("the tagged OK came before mail 1");
  });

  it("data after the answer is no answer to the next command", async () => {
    expect(await read(`${mail(1)}t OK .\r\n`, new Map())).toContain("of mail 1 was not asked for");
  });
});
