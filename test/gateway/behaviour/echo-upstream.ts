import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { corsHeaders } from "../../../constructs/gateway/cors";

/** What the upstream saw of a request. */
export interface Seen {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly url: string;
  /** Name and value of each header, in order, as sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly bodyLength: number;
  readonly bodySha256: string;
}

export interface EchoUpstream {
  readonly port: number;
  /** Every request that arrived, WebSockets included. */
  readonly seen: Seen[];
  /** Bodies of the POSTs to `/logout-token`, where Keycloak's back channel is sent in tests. */
  readonly logoutTokens: string[];
  /** Ends the answers to `/download/held`, which begin with "first" and end with "last". */
  release(): void;
  close(): Promise<void>;
}

export const mailUser = { address: "bob@localhost", password: "secret" };
/** Of another mail domain. */
export const partnerUser = { address: "amy@partner.example", password: "secret" };

/**
 * Stands for James behind a gateway: answers with what it saw. Like James it takes `X-User` or HTTP Basic on its JMAP
 * paths, builds the session's URLs from the prefix headers, speaks WebSocket on `/jmap/ws` and streams `/eventSource`.
 * It tries to give identity away in its answers, which a gateway must stop; the gateway's secret it keeps to itself.
 */
export async function startEchoUpstream(host: string): Promise<EchoUpstream> {
  const seen: Seen[] = [];
  const logoutTokens: string[] = [];
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const hash = createHash("sha256");
    const body: Buffer[] = [];
    let bodyLength = 0;
    request.on("data", (chunk: Buffer) => {
      hash.update(chunk);
      bodyLength += chunk.length;
      if (bodyLength < 65_536) body.push(chunk);
    });
    request.on("end", () => {
      const path = request.url?.split("?")[0] ?? "";
      if (path === "/logout-token") {
        logoutTokens.push(new URLSearchParams(Buffer.concat(body).toString()).get("logout_token") ?? "");
        response.end();
        return;
      }
      const entry = { ...describe(request), bodyLength, bodySha256: hash.digest("hex") };
      seen.push(entry);
      const told = { ...entry, headers: entry.headers.filter(([name]) => !/^x-user-secret$/i.test(name)) };
      for (const name of corsHeaders) response.setHeader(name, "*");
      response.setHeader("X-User-Secret", "leak");
      response.setHeader("X-User", "leak");
      response.setHeader("Set-Cookie", "a=b");
      response.setHeader("Server", "echo/1.0");
      response.setHeader("X-Powered-By", "echo/1.0");
      if (path === "/download/account/cached") {
        response.setHeader("Cache-Control", "private, max-age=31536000");
        response.setHeader("Content-Disposition", 'attachment; filename="a.html"');
      }
      if (!path.startsWith("/.well-known/") && !path.startsWith("/open/") && !isKnown(request)) {
        response.writeHead(401, { "WWW-Authenticate": 'Basic realm="echo"' }).end();
      } else if (path === "/eventSource" && request.method !== "HEAD") {
        response.writeHead(200, { "Content-Type": "text/event-stream" }).write("data: first\n\n");
      } else if (path === "/download/held") {
        response.writeHead(200, { "Content-Type": "text/plain" }).write("first ");
        held.push(response);
      } else {
        response.writeHead(200, { "Content-Type": "application/json" });
        response.end(JSON.stringify(path === "/jmap/session" ? { ...session(request), ...told } : told));
      }
    });
  });
  // Like James it speaks JMAP without saying so.
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => false });
  server.on("upgrade", (request, socket, head) => {
    const entry = { ...describe(request), bodyLength: 0, bodySha256: "" };
    seen.push(entry);
    if (!request.url?.startsWith("/jmap/ws") || !isKnown(request)) {
      socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify(entry));
      client.on("message", (message) => client.send(`echo ${message}`));
    });
  });
  // Gateways keep connections for a while; one that closes under a request would be a 502 of the test's own making.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    logoutTokens,
    release() {
      for (const response of held.splice(0)) response.end("last");
    },
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function describe(request: IncomingMessage): Pick<Seen, "method" | "url" | "headers"> {
  const raw = request.rawHeaders;
  const headers = raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : [],
  );
  return { method: request.method ?? "", url: request.url ?? "", headers };
}

function isKnown({ headers }: IncomingMessage): boolean {
  return [mailUser, partnerUser].some(({ address, password }) => {
    if (headers["x-user"] !== undefined) return headers["x-user"] === address;
    return headers.authorization === `Basic ${Buffer.from(`${address}:${password}`).toString("base64")}`;
  });
}

function session({ headers }: IncomingMessage) {
  const prefix = headers["x-jmap-prefix"] ?? "http://localhost";
  const webSocketPrefix = headers["x-jmap-websocket-prefix"] ?? "ws://localhost";
  return {
    apiUrl: `${prefix}/jmap`,
    uploadUrl: `${prefix}/upload/{accountId}`,
    downloadUrl: `${prefix}/download/{accountId}/{blobId}?type={type}&name={name}`,
    eventSourceUrl: `${prefix}/eventSource?types={types}&closeAfter={closeafter}&ping={ping}`,
    capabilities: { "urn:ietf:params:jmap:websocket": { url: `${webSocketPrefix}/jmap/ws` } },
  };
}
