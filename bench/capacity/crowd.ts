import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { request } from "undici";
import { renderEntry } from "../../constructs/ldap/ldif";
import { peopleDn } from "../../constructs/ldap/naming";
import { personEntry } from "../../constructs/ldap/person";
import { Secret } from "../../constructs/workload/secret";
import { ExitCode, KitError } from "../../kit/errors";

const domain = "localhost";
/** Of all of them. */
const password = randomBytes(12).toString("hex");

export const addressOf = (person: number) => `p${person}@${domain}`;

/** The directory's entries of so many people, as an LDIF file. */
export function crowdLdif(people: number): string {
  return Array.from({ length: people }, (_, person) =>
    renderEntry(
      personEntry({ mail: addressOf(person), password: new Secret("crowd", password) }, peopleDn(domain)),
    ),
  ).join("\n");
}

export interface Bounds {
  /** Of those who are done before. */
  readonly from: number;
  /** Of the one after the last. */
  readonly to: number;
  /** Seconds after which no further one begins. */
  readonly seconds: number;
  /** Most of them in a second. */
  readonly perSecond: number;
}

/** Does something for one person after the other, at a bounded rate. @returns for how many */
async function each(
  { from, to, seconds, perSecond }: Bounds,
  work: (person: number) => Promise<void>,
): Promise<number> {
  const started = performance.now();
  let person = from;
  for (; person < to && performance.now() - started < seconds * 1000; person++) {
    await work(person);
    const early = ((person - from + 1) * 1000) / perSecond - (performance.now() - started);
    if (early > 0) await sleep(early);
  }
  return person - from;
}

/** Real logins, a session each, that nobody ends. @returns how many */
export function logIn(port: number, bounds: Bounds): Promise<number> {
  return each(bounds, async (person) => {
    const { statusCode, body } = await request(
      `http://127.0.0.1:${port}/auth/realms/oidc/protocol/openid-connect/token`,
      {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `${new URLSearchParams({
          ...{ grant_type: "password", client_id: "kit-smoke", scope: "openid" },
          ...{ username: addressOf(person), password },
        })}`,
      },
    );
    const answer = await body.text();
    if (statusCode === 200) return;
    throw new KitError(
      "somebody cannot log in",
      [{ where: addressOf(person), what: answer, got: statusCode }],
      { exitCode: ExitCode.deployment },
    );
  });
}

/**
 * Gives people a mailbox by sending each a mail of his own. Ends when the last one has it.
 *
 * @returns how many have one
 */
export async function giveMailboxes(
  { imap, smtp }: { readonly imap: number; readonly smtp: number },
  bytes: number,
  bounds: Bounds,
): Promise<number> {
  const transport = createTransport({
    ...{ host: "127.0.0.1", port: smtp, ignoreTLS: true, pool: true, maxConnections: 1, maxMessages: 10_000 },
    auth: { user: addressOf(0), pass: password },
  });
  try {
    const sent = await each(bounds, async (person) => {
      // What differs from mail to mail is not kept once for all.
      const text = randomBytes(bytes / 2)
        .toString("hex")
        .replace(/.{72}/g, "$&\n");
      await transport.sendMail({ from: addressOf(0), to: addressOf(person), subject: `to ${person}`, text });
    });
    if (sent > 0) await arrived(imap, bounds.from + sent - 1);
    return sent;
  } finally {
    transport.close();
  }
}

async function arrived(port: number, person: number): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const client = new ImapFlow({
      ...{ host: "127.0.0.1", port, secure: false, doSTARTTLS: false, logger: false },
      auth: { user: addressOf(person), pass: password },
    });
    await client.connect();
    const { messages = 0 } = (await client.status("INBOX", { messages: true }).catch(() => undefined)) || {};
    await client.logout();
    if (messages > 0) return;
    await sleep(1000);
  }
  throw new KitError(
    "a mail does not arrive",
    [{ where: addressOf(person), what: "INBOX is empty after a minute" }],
    { exitCode: ExitCode.deployment },
  );
}
