import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loginImap, loginSieve, loginSmtp } from "../../../smoke/clients/login";
import { type MailProtocol, offerOf, openSession } from "../../../smoke/clients/mail-session";
import { plain } from "../../../smoke/clients/sasl";
import { sendMail } from "../../../smoke/clients/send-mail";
import { Authority } from "../../authority";
import { serveTalk, type Talk, thenTls } from "../tcp-server";

const folder = mkdtempSync(join(tmpdir(), "james-oidc-kit-mail-session-"));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = new Authority(folder);
const [, cert = "", key = ""] = authority.certify("mail.example.org").map(({ content }) => content);
const identity = { name: "mail.example.org", ca: authority.certificate };

/** Servers that offer a login with TLS only. */
const servers: Readonly<Record<MailProtocol, Talk>> = {
  imap(line, secure) {
    if (line === undefined) return "* OK ready\r\n";
    const [tag = "", command = ""] = line.split(" ");
    if (command === "STARTTLS" && !secure) return `${thenTls}${tag} OK go on\r\n`;
    if (command === "CAPABILITY") {
      return `* CAPABILITY IMAP4rev1 ${secure ? "AUTH=PLAIN AUTH=XOAUTH2" : "STARTTLS LOGINDISABLED"}\r\n${tag} OK\r\n`;
    }
    return secure ? `${tag} OK in\r\n` : `${tag} NO [PRIVACYREQUIRED] first TLS\r\n`;
  },
  smtp(line, secure) {
    if (line === undefined) return "220 ready\r\n";
    if (line.startsWith("EHLO")) return `250-host\r\n250 ${secure ? "AUTH PLAIN XOAUTH2" : "STARTTLS"}\r\n`;
    if (line === "STARTTLS" && !secure) return `${thenTls}220 go on\r\n`;
    if (line === "DATA") return "354 go on\r\n";
    if (line.startsWith("AUTH")) return secure ? "235 in\r\n" : "530 first TLS\r\n";
    return line === "." || /^(MAIL|RCPT|QUIT)/.test(line) ? "250 ok\r\n" : "";
  },
  sieve(line, secure) {
    if (line === undefined) {
      return `"SASL" "${secure ? "PLAIN XOAUTH2" : ""}"\r\n${secure ? "" : '"STARTTLS"\r\n'}OK\r\n`;
    }
    if (line === "STARTTLS" && !secure) return `${thenTls}OK go on\r\n`;
    return secure ? "OK in\r\n" : "NO first TLS\r\n";
  },
};

/** ManageSieve says once more what it can (RFC 5804, section 2.2). */
const start = (protocol: MailProtocol, talk: Talk = servers[protocol], atOnce = false) =>
  serveTalk(talk, { cert, key }, { atOnce, greetsAgain: protocol === "sieve" });

const logins = { imap: loginImap, smtp: loginSmtp, sieve: loginSieve };

describe.each(["imap", "smtp", "sieve"] as const)("%s", (protocol) => {
  it("logs in after STARTTLS, and says nothing else before", async () => {
    const { address, received } = await start(protocol);
    const login = await logins[protocol]({ ...address, startTls: identity }, plain("u", "p"));
    expect(login.accepted).toBe(true);
    const before = received.filter(({ secure }) => !secure).map(({ line }) => line.replace(/^t1 /, ""));
    expect(before).toEqual([...(protocol === "smtp" ? ["EHLO smoke.example.com"] : []), "STARTTLS"]);
  });

  it("logs in where TLS is from the first byte on", async () => {
    const { address, received } = await start(protocol, servers[protocol], true);
    expect((await logins[protocol]({ ...address, tls: identity }, plain("u", "p"))).accepted).toBe(true);
    expect(received.every(({ secure }) => secure)).toBe(true);
  });

  it("tells what is offered before and after", async () => {
    const { address } = await start(protocol);
    expect(await offerOf(protocol, address)).toEqual({ logins: [], startTls: true });
    const after = await offerOf(protocol, { ...address, startTls: identity });
    expect(after.startTls).toBe(false);
    expect(after.logins).toEqual(["PLAIN", "XOAUTH2", ...(protocol === "imap" ? ["LOGIN"] : [])]);
  });

  it.each([
    ["of another name", { ...identity, name: "other.example.org" }, /altnames/],
    ["of an authority that is not trusted", { name: identity.name }, /unable to verify|self-signed/],
  ])("shows nothing to a server %s", async (_, startTls, message) => {
    const { address, received } = await start(protocol);
    await expect(logins[protocol]({ ...address, startTls }, plain("u", "p"))).rejects.toThrow(message);
    expect(received.filter(({ secure }) => secure)).toEqual([]);
  });

  it("does not take what comes before TLS for what is said by TLS", async () => {
    const { address, received } = await start(protocol, (line, secure) => {
      const answer = servers[protocol](line, secure);
      return answer.startsWith(thenTls) ? answer.replace("\r\n", "\r\n* injected\r\n") : answer;
    });
    await expect(logins[protocol]({ ...address, startTls: identity }, plain("u", "p"))).rejects.toThrow(
      /sent more before TLS/,
    );
    expect(received.filter(({ secure }) => secure)).toEqual([]);
  });

  it("does not go on without TLS where STARTTLS is refused", async () => {
    const { address, received } = await start(protocol, (line, secure) =>
      line?.endsWith("STARTTLS") ? "NO t1\r\n" : servers[protocol](line, secure),
    );
    await expect(logins[protocol]({ ...address, startTls: identity }, plain("u", "p"))).rejects.toThrow(
      "expected an answer to STARTTLS",
    );
    expect(received.some(({ line }) => /AUTH/.test(line))).toBe(false);
  });
});

describe("sendMail", () => {
  const mail = { subject: "s", text: "the text" };
  it.each(["startTls", "tls"] as const)("submits by %s to whom it should be", async (begins) => {
    const { address, received } = await start("smtp", servers.smtp, begins === "tls");
    await sendMail({ ...address, [begins]: identity }, "u@example.org", "token", mail);
    expect(received.find(({ line }) => line.startsWith("AUTH"))?.secure).toBe(true);
    expect(received.some(({ line }) => line === mail.text)).toBe(true);
    const other = { ...identity, name: "other.example.org" };
    await expect(sendMail({ ...address, [begins]: other }, "u@example.org", "token", mail)).rejects.toThrow(
      /altnames/,
    );
  });

  it("submits nothing where TLS is refused", async () => {
    const { address, received } = await start("smtp", (line, secure) => {
      if (line?.startsWith("EHLO")) return "250 AUTH XOAUTH2\r\n";
      return line === "STARTTLS" ? "454 not now\r\n" : servers.smtp(line, secure);
    });
    await expect(
      sendMail({ ...address, startTls: identity }, "u@example.org", "token", mail),
    ).rejects.toThrow();
    expect(received.some(({ line }) => line.startsWith("AUTH"))).toBe(false);
  });
});

it("begins as a proxy's connection where it must", async () => {
  const { address, received } = await start("smtp");
  await openSession("smtp", { ...address, proxied: true }).catch(() => {});
  // The signature of the PROXY protocol, of which the first lines are empty.
  expect(received.map(({ line }) => line).slice(0, 3)).toEqual(["", "", "\0"]);
});
