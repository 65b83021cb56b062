import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { dateOf, fillMailbox, readMail } from "../../../operations/mail/fill-mailboxes";

it.each([
  [
    "its Date",
    "Subject: x\r\nDate: Mon, 4 Mar 2024 10:00:00 +0100 (CET)\r\n\r\n",
    "2024-03-04T09:00:00.000Z",
  ],
  ["a folded one", "DATE:\r\n Tue, 2 Apr 2024\r\n\t08:00:00 GMT\r\n\r\n", "2024-04-02T08:00:00.000Z"],
  ["one without a body", "Date: Tue, 2 Apr 2024 08:00:00 GMT", "2024-04-02T08:00:00.000Z"],
  ["none, and one in the body", "Subject: x\r\n\r\nDate: Tue, 2 Apr 2024 08:00:00 GMT\r\n", undefined],
  ["no date", "Date: yesterday\r\n\r\n", undefined],
  ["a year that IMAP cannot write", "Date: Tue, 2 Apr 12024 08:00:00 GMT\r\n\r\n", undefined],
])("when a mail was sent: %s", (_, text, expected) => {
  expect(dateOf(Buffer.from(text))?.toISOString()).toBe(expected);
});

it.each([
  ["as it is, octet for octet", "a: b\r\n\r\n\xff\nlone \r", "a: b\r\n\r\n\xff\nlone \r"],
  ["with line ends of Unix as mail", "a: b\n\n\xff\n", "a: b\r\n\r\n\xff\r\n"],
])("a mail is read %s", (_, written, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  writeFileSync(join(folder, "a.eml"), written, "latin1");
  expect(readMail(join(folder, "a.eml")).toString("latin1")).toBe(expected);
  rmSync(folder, { recursive: true });
});

describe("a mailbox", () => {
  const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-test-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  // Of one size, so that only what is in them tells them apart.
  const [a = "", b = "", c = ""] = ["a", "b", "c"].map((name) => `Subject: ${name}\r\n\r\nx\r\n`);

  /** Fills a mailbox that has mails with the files a, b and c. @param refused the content that the server does not take */
  async function filled(path: string, mails: readonly string[], refused?: string) {
    mkdirSync(folder, { recursive: true });
    const files = Object.entries({ a, b, c }).map(([name, content]) => {
      writeFileSync(join(folder, `${name}.eml`), content);
      return join(folder, `${name}.eml`);
    });
    const added: unknown[][] = [];
    const client = {
      mailboxOpen: async () => ({ exists: mails.length }),
      fetchAll: async () =>
        mails.map((mail) => ({
          ...{ seq: 1, uid: 1, size: mail.length },
          headers: Buffer.from(mail.slice(0, mail.indexOf("\r\n\r\n") + 4)),
        })),
      append: async (_: string, content: Buffer, flags: string[]) => {
        if (content.toString() === refused) throw Object.assign(new Error("no"), { responseText: "too big" });
        added.push([content.toString(), flags]);
      },
    } as unknown as Parameters<typeof fillMailbox>[0];
    const problem = await fillMailbox(client, path, files, () => {});
    return { added, problem };
  }

  it.each([
    ["that is empty gets all", [], [a, b, c]],
    ["that was begun gets the rest", [a], [b, c]],
    ["that has all gets none", [a, b, c], []],
    ["whose first mail somebody has deleted is left as it is", [b, c], []],
    ["with other mail is left as it is", ["Subject: a\r\n\r\nsomething longer\r\n"], []],
  ])("%s", async (_, mails, expected) => {
    const { added, problem } = await filled("INBOX", mails);
    expect(added).toEqual(expected.map((content) => [content, []]));
    expect(problem).toBeUndefined();
  });

  it("stops at a mail that the server does not take, and names its file", async () => {
    const { added, problem } = await filled("sent", [], b);
    expect(added).toEqual([[a, ["\\Seen"]]]);
    expect(problem).toMatchObject({
      where: expect.stringMatching(/b\.eml$/),
      what: "James does not take it (too big)",
    });
  });
});
