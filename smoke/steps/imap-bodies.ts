import { randomBytes } from "node:crypto";
import { readImapAnswer, type StoredMails, type StoredSections } from "../clients/imap-framing";
import { loginImap } from "../clients/login";
import type { Tokens } from "../clients/oidc";
import type { SaslMessage } from "../clients/sasl";
import type { SmokeContext } from "./context";
import { accepted, expect } from "./expect";
import type { Plan, Step } from "./plan";
import { withImap } from "./with-imap";

const mailboxStart = "james-oidc-kit smoke ";

/** Octets of the bodies, together more than the 64 KiB that may wait to be sent: then James 3.9.0 mixes up its answers. */
const bodySizes = [12, 15, 18, 21, 24, 27, 30].map((kilobytes) => kilobytes * 1000);

/**
 * Bodies of mails as mail programs fetch them, in a mailbox of their own: all in one FETCH, in their parts, and singly. James 3.8
 * answers `serverFail` to a Mailbox/get beside which a mailbox of the same person is removed: none is at work then.
 */
export function imapBodySteps(plan: Plan, context: SmokeContext, tokens: Step<Tokens>): void {
  plan.step(
    {
      id: "imap.bodies",
      title: "IMAP: bodies of 12 to 30 KB as stored",
      services: ["james"],
      needs: { tokens },
      after: plan.steps.filter(({ id }) => id.endsWith(".mailboxes")),
    },
    async ({ tokens }, say) => {
      const sasl = context.xoauth2(tokens.accessToken);
      const mailbox = `${mailboxStart}${randomBytes(8).toString("hex")}`;
      const mails = bodySizes.map((size, index) => mailOf(`${mailbox}, ${index + 1}`, size));
      try {
        await withImap(context, sasl, async (imap) => {
          await imap.mailboxCreate(mailbox);
          for (const mail of mails) await imap.append(mailbox, mail);
        });
        await fetchStrictly(context, sasl, mailbox, mails);
        await fetchAsPrograms(context, sasl, mailbox, mails);
      } catch (error) {
        await removeMailboxes(context, sasl).catch(() => {});
        throw error;
      }
      await removeMailboxes(context, sasl);
      say(`${mails.length} mails, whole, in parts and singly`);
    },
  );
}

function mailOf(subject: string, bodySize: number): Buffer {
  const header = [
    `Subject: ${subject}`,
    "From: <smoke@localhost>",
    "MIME-Version: 1.0",
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: base64",
  ];
  const body = randomBytes(bodySize).toString("base64").slice(0, bodySize).replace(/.{76}/g, "$&\r\n");
  return Buffer.from(`${header.join("\r\n")}\r\n\r\n${body}\r\n`);
}

/** All in one FETCH, whole and in parts, and each by itself. @throws with the command whose answer is wrong */
async function fetchStrictly(
  { imap }: SmokeContext,
  sasl: SaslMessage,
  mailbox: string,
  mails: readonly Buffer[],
): Promise<void> {
  const stored = (sections: (mail: Buffer) => StoredSections): StoredMails =>
    new Map(mails.map((mail, index) => [index + 1, sections(mail)]));
  const whole = stored((mail) => ({ "BODY[]": mail }));
  const parts = stored((mail) => {
    const end = mail.indexOf("\r\n\r\n") + 4;
    return { "BODY[HEADER]": mail.subarray(0, end), "BODY[TEXT]": mail.subarray(end) };
  });
  const lines = accepted(await loginImap(imap, sasl), sasl.mechanism);
  let commands = 0;
  const ask = async (command: string, expected?: StoredMails) => {
    const tag = `f${++commands}`;
    lines.writeLine(`${tag} ${command}`);
    await readImapAnswer(lines, tag, expected).catch((error: Error) => {
      throw new Error(`${command}: ${error.message}`);
    });
  };
  try {
    await ask(`EXAMINE "${mailbox}"`);
    for (const [command, expected] of [
      ["FETCH 1:* (UID BODY.PEEK[])", whole],
      ["FETCH 1:* (BODY.PEEK[HEADER] BODY.PEEK[TEXT])", parts],
      ...[...whole].map(([number, mail]) => [`FETCH ${number} (BODY.PEEK[])`, new Map([[number, mail]])]),
    ] as [string, StoredMails][]) {
      await ask(command, expected);
    }
    // What the last FETCH still says after its OK would come now; the others' would come with the next one's answer.
    await ask("NOOP");
  } finally {
    lines.close();
  }
}

/** The same by ImapFlow, whose parser is not ours. */
async function fetchAsPrograms(
  context: SmokeContext,
  sasl: SaslMessage,
  mailbox: string,
  mails: readonly Buffer[],
): Promise<void> {
  await withImap(context, sasl, async (imap) => {
    await imap.mailboxOpen(mailbox, { readOnly: true });
    const fetched = await imap.fetchAll("1:*", { source: true });
    const other = mails.flatMap((mail, index) =>
      fetched.find(({ seq }) => seq === index + 1)?.source?.equals(mail) ? [] : [index + 1],
    );
    expect(other.length === 0, `ImapFlow reads mail ${other.join(", ")} other than it was stored`);
  });
}

/** Those of runs that were interrupted, too: a person's mail would not be counted rightly with them. */
async function removeMailboxes(context: SmokeContext, sasl: SaslMessage): Promise<void> {
  await withImap(context, sasl, async (imap) => {
    for (const { path } of await imap.list()) {
      if (!path.startsWith(mailboxStart)) continue;
      await imap.mailboxOpen(path);
      await imap.messageDelete("1:*");
      await imap.mailboxDelete(path);
    }
  });
}
