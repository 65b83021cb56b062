import type { LineClient } from "./line-client";
import { expectLine, type MailProtocol, openSession, smtpReply } from "./mail-session";
import { base64, type SaslMessage } from "./sasl";
import type { Address } from "./socket";

/** What a server answered to a login. A server that answers neither yes nor no makes the functions below throw. */
export type Login = { accepted: true; lines: LineClient } | { accepted: false; reply: string };

/** One connection and one AUTHENTICATE with an initial response (RFC 4959). */
export async function loginImap(address: Address, sasl: SaslMessage): Promise<Login> {
  return imapLogin(address, `AUTHENTICATE ${sasl.mechanism} ${base64(sasl.message)}`);
}

/** The LOGIN command with a password, in quoted strings. */
export async function loginImapByCommand(address: Address, user: string, password: string): Promise<Login> {
  return imapLogin(address, `LOGIN ${quote(user)} ${quote(password)}`);
}

async function imapLogin(address: Address, command: string): Promise<Login> {
  return session("imap", address, async (lines) => {
    lines.writeLine(`a1 ${command}`);
    while (true) {
      const line = await lines.readLine();
      // The reason of a refusal; the exchange must be ended before the refusal itself comes (RFC 7628, section 3.2.3).
      if (line.startsWith("+")) lines.writeLine(base64("\x01"));
      if (/^a1 OK/i.test(line)) return { accepted: true, lines };
      if (/^a1 /.test(line)) return refusal(lines, line, /^a1 NO (?!.*processing failed)/i);
    }
  });
}

/** One connection, EHLO and one AUTH with an initial response (RFC 4954). */
export async function loginSmtp(address: Address, sasl: SaslMessage): Promise<Login> {
  return session("smtp", address, async (lines) => {
    lines.writeLine(`AUTH ${sasl.mechanism} ${base64(sasl.message)}`);
    let [reply = ""] = (await smtpReply(lines)).slice(-1);
    if (reply.startsWith("334")) {
      lines.writeLine(base64("\x01"));
      [reply = ""] = (await smtpReply(lines)).slice(-1);
    }
    if (reply.startsWith("235")) return { accepted: true, lines };
    return refusal(lines, reply, /^(535|504)/);
  });
}

/** One connection and one AUTHENTICATE with an initial response (RFC 5804, section 2.1). */
export async function loginSieve(address: Address, sasl: SaslMessage): Promise<Login> {
  return session("sieve", address, async (lines) => {
    lines.writeLine(`AUTHENTICATE "${sasl.mechanism}" "${base64(sasl.message)}"`);
    while (true) {
      const line = await lines.readLine();
      if (/^OK/i.test(line)) return { accepted: true, lines };
      if (/^(NO|BYE)/i.test(line)) return refusal(lines, line, /^NO/i);
      lines.writeLine(`"${base64("\x01")}"`);
    }
  });
}

async function session(
  protocol: MailProtocol,
  address: Address,
  talk: (lines: LineClient) => Promise<Login>,
): Promise<Login> {
  const { lines } = await openSession(protocol, address);
  try {
    return await talk(lines);
  } catch (error) {
    lines.close();
    throw error;
  }
}

/**
 * A refusal is an answer about the credentials; "temporarily unavailable" and "syntax error" are not. A server that takes no
 * passwords may say that it does not know their mechanism.
 */
function refusal(lines: LineClient, reply: string, expected: RegExp): Login {
  expectLine(reply, expected, "acceptance or refusal of the credentials");
  lines.close();
  return { accepted: false, reply };
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
