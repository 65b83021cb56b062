import { NETWORK_TIMEOUT } from "./http";
import { connectLines, type LineClient } from "./line-client";
import type { Address, TlsVariation } from "./socket";

export type MailProtocol = "imap" | "smtp" | "sieve";

/** A connection to a mail server, before anybody logs in. */
export interface MailSession {
  readonly lines: LineClient;
  /** What the server says that it can, a line each. */
  readonly capabilities: readonly string[];
}

/** What a server offers to somebody who has not logged in. */
export interface Offer {
  /** Mechanisms of SASL by which it lets people log in, and `LOGIN` where IMAP has the command. */
  readonly logins: readonly string[];
  readonly startTls: boolean;
}

/**
 * Connects, is greeted, and goes on with TLS where the address has STARTTLS: whatever is said before TLS is forgotten.
 *
 * @throws when the server does not greet, refuses TLS, or is not who it should be
 */
export async function openSession(
  protocol: MailProtocol,
  address: Address,
  variation: TlsVariation = {},
): Promise<MailSession> {
  const lines = await connectLines(address, NETWORK_TIMEOUT, variation);
  try {
    const { greet, startTls } = talks[protocol];
    const capabilities = await greet(lines, false);
    if (!address.startTls) return { lines, capabilities };
    lines.writeLine(startTls.command);
    expectLine(await lines.readLine(), startTls.accepted, "an answer to STARTTLS");
    await lines.startTls(address.startTls, variation);
    return { lines, capabilities: await greet(lines, true) };
  } catch (error) {
    lines.close();
    throw error;
  }
}

/** What a server offers, without TLS by STARTTLS or after it, as the address says. */
export async function offerOf(protocol: MailProtocol, address: Address): Promise<Offer> {
  const { lines, capabilities } = await openSession(protocol, address);
  try {
    return talks[protocol].offer(protocol === "imap" ? await imapCapabilities(lines) : capabilities);
  } finally {
    lines.close();
  }
}

interface Talk {
  /** Reads what the server says first; it says it once more where somebody asks after TLS. */
  readonly greet: (lines: LineClient, again: boolean) => Promise<string[]>;
  readonly startTls: { readonly command: string; readonly accepted: RegExp };
  readonly offer: (capabilities: readonly string[]) => Offer;
}

const talks: Readonly<Record<MailProtocol, Talk>> = {
  imap: {
    async greet(lines, again) {
      if (!again) expectLine(await lines.readLine(), /^\* OK/i, "a greeting");
      return [];
    },
    startTls: { command: "t1 STARTTLS", accepted: /^t1 OK/i },
    offer: (capabilities) => ({
      logins: [
        ...capabilities.flatMap((word) => /^AUTH=(.+)/i.exec(word)?.[1]?.toUpperCase() ?? []),
        ...(has(capabilities, "LOGINDISABLED") ? [] : ["LOGIN"]),
      ],
      startTls: has(capabilities, "STARTTLS"),
    }),
  },
  smtp: {
    async greet(lines, again) {
      if (!again) expectLine((await smtpReply(lines)).at(-1), /^220/, "a greeting");
      lines.writeLine("EHLO smoke.example.com");
      const reply = await smtpReply(lines);
      expectLine(reply.at(-1), /^250/, "an answer to EHLO");
      return reply.slice(1).map((line) => line.slice(4));
    },
    startTls: { command: "STARTTLS", accepted: /^220/ },
    offer: (capabilities) => ({
      logins: capabilities.flatMap(
        (line) => /^AUTH[ =](.*)/i.exec(line)?.[1]?.toUpperCase().split(" ") ?? [],
      ),
      startTls: has(capabilities, "STARTTLS"),
    }),
  },
  sieve: {
    greet: (lines) => sieveReply(lines),
    startTls: { command: "STARTTLS", accepted: /^OK/i },
    offer: (capabilities) => ({
      logins: capabilities.flatMap(
        (line) => /^"SASL" "(.*)"/i.exec(line)?.[1]?.toUpperCase().split(" ").filter(Boolean) ?? [],
      ),
      startTls: has(capabilities, '"STARTTLS"'),
    }),
  },
};

function has(capabilities: readonly string[], wanted: string): boolean {
  return capabilities.some((capability) => capability.toUpperCase() === wanted);
}

async function imapCapabilities(lines: LineClient): Promise<string[]> {
  const found: string[] = [];
  lines.writeLine("c1 CAPABILITY");
  while (true) {
    const line = await lines.readLine();
    if (/^\* CAPABILITY /i.test(line)) found.push(...line.split(" ").slice(2));
    if (!/^c1 /i.test(line)) continue;
    expectLine(line, /^c1 OK/i, "an answer to CAPABILITY");
    return found;
  }
}

/** The lines of a reply: the last one is without a hyphen after its code. */
export async function smtpReply(lines: LineClient): Promise<string[]> {
  const reply: string[] = [];
  while (true) {
    const line = await lines.readLine();
    reply.push(line);
    if (!/^\d{3}-/.test(line)) return reply;
  }
}

/** The lines before OK. @throws for NO and BYE */
export async function sieveReply(lines: LineClient): Promise<string[]> {
  const data: string[] = [];
  while (true) {
    const line = await lines.readLine();
    if (/^OK\b/i.test(line)) return data;
    if (/^(NO|BYE)\b/i.test(line)) throw new Error(`ManageSieve answered: ${line}`);
    data.push(line);
  }
}

/** @throws with the line */
export function expectLine(line: string | undefined, expected: RegExp, what: string): void {
  if (line === undefined || !expected.test(line)) throw new Error(`expected ${what}, got: ${line}`);
}
