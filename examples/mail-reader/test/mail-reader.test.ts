import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connectPlatform } from "james-oidc-kit/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createMailReader } from "../mail-reader.js";

const platform = connectPlatform();
const [reader = "", sender = ""] = platform.people;
let application: Server;
let url: string;

beforeAll(async () => {
  const [realm] = platform.outputs.realms;
  application = await createMailReader({
    issuer: realm?.oidc.issuer ?? "",
    jmapSessionUrl: realm?.jmap.sessionUrl ?? "",
  });
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`;
});

afterAll(() => application.close());

it("shows who logs in the newest mails, in bold until they are read", async () => {
  const smtp = await platform.smtp(sender);
  await smtp.sendMail({ to: reader, subject: "Lunch <on Friday>", text: "At noon?" });

  const page = await platform.logIn(reader, url);
  expect(page.url.href).toBe(url);
  const shown = async () => (await page.open("/")).html;
  await vi.waitFor(async () => expect(await shown()).toContain("<b>Lunch &lt;on Friday></b>"), 20_000);

  // As another program of the reader.
  const imap = await platform.imap(reader);
  await imap.mailboxOpen("INBOX");
  await imap.messageFlagsAdd("1:*", ["\\Seen"]);
  await imap.logout();
  expect(await shown()).toContain("<li>Lunch &lt;on Friday></li>");
});

it("shows nobody the mail of others", async () => {
  const page = await platform.logIn(sender, url);
  expect(page.html).not.toContain("Lunch");
  const jmap = await platform.jmap(sender);
  expect((await jmap.call<{ ids: string[] }>("Email/query")).ids).toEqual([]);
});
