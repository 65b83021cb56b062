import { expect, it } from "vitest";
import { openImap } from "../../../smoke/clients/imap-reader";
import { loginImap } from "../../../smoke/clients/login";
import { oauthBearer } from "../../../smoke/clients/sasl";
import { serve } from "../tcp-server";

it("goes on as a logged-in client, with the mechanism's form of our choice", async () => {
  const received: string[] = [];
  const address = await serve((socket) => {
    socket.write("* OK ready\r\n");
    let buffer = "";
    socket.on("data", (data) => {
      buffer += data.toString("latin1");
      for (let end = buffer.indexOf("\r\n"); end >= 0; end = buffer.indexOf("\r\n")) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        const [tag, command = ""] = line.split(" ");
        received.push(line.slice(line.indexOf(" ") + 1));
        if (command === "CAPABILITY") socket.write("* CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER SASL-IR\r\n");
        if (command === "LIST") socket.write('* LIST (\\HasNoChildren) "." "INBOX"\r\n');
        if (command === "SELECT")
          socket.write("* 0 EXISTS\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT 1] .\r\n");
        socket.write(`${tag} OK done\r\n`);
      }
    });
  });

  const login = await loginImap(address, oauthBearer("u", "t"));
  if (!login.accepted) throw new Error(login.reply);
  const imap = await openImap(login.lines);
  const mailbox = await imap.mailboxOpen("INBOX");
  imap.close();

  expect(mailbox.exists).toBe(0);
  expect(received.filter((command) => /^(AUTHENTICATE|LOGIN)/.test(command))).toEqual([
    "AUTHENTICATE OAUTHBEARER bixhPXUsAWF1dGg9QmVhcmVyIHQBAQ==",
  ]);
});
