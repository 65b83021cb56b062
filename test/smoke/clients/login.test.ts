import { describe, expect, it } from "vitest";
import { loginImap, loginImapByCommand, loginSieve, loginSmtp } from "../../../smoke/clients/login";
import { plain, xoauth2 } from "../../../smoke/clients/sasl";
import { serveScript } from "../tcp-server";

const sasl = plain("u", "p");
const encoded = "AHUAcA==";
/** What ends an OAuth exchange that the server answered with a reason (RFC 7628, section 3.2.3). */
const abort = "AQ==";

describe("IMAP", () => {
  it("authenticates with an initial response", async () => {
    const { address, received } = await serveScript("* OK ready\r\n", [
      "* CAPABILITY IMAP4rev1\r\na1 OK done\r\n",
    ]);
    const login = await loginImap(address, sasl);
    expect(login.accepted).toBe(true);
    expect(received).toEqual([`a1 AUTHENTICATE PLAIN ${encoded}`]);
  });

  it("reports a refusal, after ending the exchange that told its reason", async () => {
    const { address, received } = await serveScript("* OK ready\r\n", [
      "+ eyJzIjoxfQ==\r\n",
      "a1 NO failed\r\n",
    ]);
    expect(await loginImap(address, xoauth2("u", "t"))).toEqual({ accepted: false, reply: "a1 NO failed" });
    expect(received[1]).toBe(abort);
  });

  it.each(["a1 NO AUTHENTICATE processing failed.\r\n", "a1 BAD syntax\r\n"])(
    "does not take %j for a refusal of the credentials",
    async (answer) => {
      const { address } = await serveScript("* OK ready\r\n", [answer]);
      await expect(loginImap(address, sasl)).rejects.toThrow(answer.trim());
    },
  );

  it("quotes user name and password of LOGIN", async () => {
    const { address, received } = await serveScript("* OK ready\r\n", ["a1 OK done\r\n"]);
    await loginImapByCommand(address, "u", 'a"b\\c');
    expect(received).toEqual(['a1 LOGIN "u" "a\\"b\\\\c"']);
  });

  it("does not send credentials to a server that says goodbye", async () => {
    const { address, received } = await serveScript("* BYE busy\r\n", []);
    await expect(loginImap(address, sasl)).rejects.toThrow("* BYE busy");
    expect(received).toEqual([]);
  });
});

describe("SMTP", () => {
  const ehlo = "250-host\r\n250-AUTH PLAIN\r\n250 OK\r\n";

  it("authenticates after EHLO, past multi-line replies", async () => {
    const { address, received } = await serveScript("220-hi\r\n220 ready\r\n", [ehlo, "235 welcome\r\n"]);
    expect((await loginSmtp(address, sasl)).accepted).toBe(true);
    expect(received[1]).toBe(`AUTH PLAIN ${encoded}`);
  });

  it("reports a refusal, after ending the exchange that told its reason", async () => {
    const { address, received } = await serveScript("220 hi\r\n", [ehlo, "334 eyJ9\r\n", "535 no\r\n"]);
    expect(await loginSmtp(address, sasl)).toEqual({ accepted: false, reply: "535 no" });
    expect(received[2]).toBe(abort);
  });

  it.each(["451 try later\r\n", "501 syntax\r\n", "503 bad sequence\r\n"])(
    "does not take %j for a refusal of the credentials",
    async (answer) => {
      const { address } = await serveScript("220 hi\r\n", [ehlo, answer]);
      await expect(loginSmtp(address, sasl)).rejects.toThrow(answer.trim());
    },
  );
});

describe("ManageSieve", () => {
  const greeting = '"IMPLEMENTATION" "x"\r\n"SASL" "PLAIN"\r\nOK\r\n';

  it("authenticates with quoted strings, after the capabilities", async () => {
    const { address, received } = await serveScript(greeting, ["OK\r\n"]);
    expect((await loginSieve(address, sasl)).accepted).toBe(true);
    expect(received).toEqual([`AUTHENTICATE "PLAIN" "${encoded}"`]);
  });

  it("reports a refusal", async () => {
    const { address } = await serveScript(greeting, ["NO authentication failed\r\n"]);
    expect(await loginSieve(address, sasl)).toEqual({ accepted: false, reply: "NO authentication failed" });
  });
});
