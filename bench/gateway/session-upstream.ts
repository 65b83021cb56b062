/**
 * A program of its own, so that it shares no event loop with the load: a James that only answers
 * `GET /jmap/session`, to whom a gateway or James's own Basic would let in. Ends with its parent.
 *
 * Argument: the address to listen on. Tells its parent the port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mailUser } from "../../test/gateway/behaviour/echo-upstream";
import { basic } from "../../test/gateway/behaviour/http";

const user = mailUser.address;
const { authorization } = basic(user, mailUser.password);
const accountId = "29883977c13473ae7cb7678ef767cbfbaffc8a44a6e463d971d23a65c1dc4af6";
const mail = "urn:ietf:params:jmap:mail";
const core = "urn:ietf:params:jmap:core";
const limits = {
  maxMailboxesPerEmail: null,
  maxMailboxDepth: null,
  maxSizeMailboxName: 200,
  maxSizeAttachmentsPerEmail: 20_000_000,
  emailQuerySortOptions: ["receivedAt", "sentAt", "size", "from", "to", "subject"],
  mayCreateTopLevelMailbox: true,
};
const body = JSON.stringify({
  capabilities: {
    [core]: { maxSizeUpload: 31_457_280, maxConcurrentUpload: 4, maxCallsInRequest: 16 },
    [mail]: limits,
    "urn:ietf:params:jmap:websocket": { supportsPush: true, url: "ws://localhost/jmap/ws" },
  },
  accounts: {
    [accountId]: { name: user, isPersonal: true, isReadOnly: false, accountCapabilities: { [mail]: limits } },
  },
  primaryAccounts: { [core]: accountId, [mail]: accountId },
  username: user,
  apiUrl: "http://localhost/jmap",
  downloadUrl: "http://localhost/download/{accountId}/{blobId}?type={type}&name={name}",
  uploadUrl: "http://localhost/upload/{accountId}",
  eventSourceUrl: "http://localhost/eventSource?types={types}&closeAfter={closeafter}&ping={ping}",
  state: "2c9f1b12-b35a-43e6-9af2-0106fb53a943",
});
const answer = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };

const server = createServer(({ url, headers }, response) => {
  if (url !== "/jmap/session") response.writeHead(404).end();
  else if (headers["x-user"] === user || headers.authorization === authorization) {
    response.writeHead(200, answer).end(body);
  } else response.writeHead(401).end();
});
// Gateways keep connections for a while; one that closes under a request would be a failure of the measurement.
server.keepAliveTimeout = 600_000;
server.listen(0, process.argv[2], () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
