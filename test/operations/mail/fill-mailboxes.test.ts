import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dateOf, readMail } from "../../../operations/mail/fill-mailboxes";

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
