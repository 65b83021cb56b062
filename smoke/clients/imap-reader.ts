import { ImapFlow } from "imapflow";
import { NETWORK_TIMEOUT } from "./http";
import type { LineClient } from "./line-client";

/**
 * An IMAP client on a connection that is logged in already. ImapFlow picks the mechanism by itself; so that
 * each is tried, the login is done before, and ImapFlow is greeted with PREAUTH (RFC 9051, section 7.1.4).
 */
export async function openImap(lines: LineClient): Promise<ImapFlow> {
  const socket = lines.handOver();
  socket.unshift("* PREAUTH logged in\r\n");
  const client = new ImapFlow({
    host: "localhost",
    port: 143,
    secure: false,
    doSTARTTLS: false,
    logger: false,
    greetingTimeout: NETWORK_TIMEOUT,
    socketTimeout: NETWORK_TIMEOUT,
    transport: {
      connect(_options, onConnect) {
        setImmediate(onConnect);
        return socket;
      },
    },
  });
  // Without a listener a late socket error would end the process; commands reject by themselves.
  client.on("error", () => {});
  await client.connect();
  return client;
}
