import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Http } from "../../../smoke/clients/http";
import { openJmapSocket, UpgradeRefused } from "../../../smoke/clients/jmap-websocket";

let server: Server;
let url: string;
const http = {
  connect: (url: string | URL) => connect(Number(new URL(url).port), "127.0.0.1"),
  headers: () => ({}),
} as unknown as Http;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `ws://gateway.invalid:${(server.address() as { port: number }).port}/jmap/ws`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function answer(
  reply: (request: { id: string; methodCalls: unknown[] }) => unknown[],
  subprotocol: "jmap" | false,
) {
  const sockets = new WebSocketServer({ server, handleProtocols: () => subprotocol });
  sockets.on("connection", (socket: WebSocket) => {
    socket.on("message", (data) => {
      for (const message of reply(JSON.parse(String(data)))) socket.send(JSON.stringify(message));
    });
  });
}

const echo = (request: { id: string; methodCalls: unknown[] }) => ({
  "@type": "Response",
  requestId: request.id,
  methodResponses: request.methodCalls,
});

describe("openJmapSocket", () => {
  it.each([
    ["jmap", true],
    [false, false],
  ] as const)(
    "opens with subprotocol %s confirmed, and says whether it was",
    async (subprotocol, confirmed) => {
      answer((request) => [{ "@type": "StateChange" }, echo(request)], subprotocol);
      const socket = await openJmapSocket(http, url, "Bearer t");
      expect(socket.confirmed).toBe(confirmed);
      expect(await socket.call(["Core/echo", { a: 1 }])).toEqual({ a: 1 });
      socket.close();
    },
  );

  it("refuses an answer to another request", async () => {
    answer((request) => [{ ...echo(request), requestId: "other" }], "jmap");
    const socket = await openJmapSocket(http, url, undefined);
    await expect(socket.call(["Core/echo", {}])).rejects.toThrow("names other");
    socket.close();
  });

  it("takes a second answer to what it sent again for none to what it asks next", async () => {
    let first: unknown;
    answer((request) => {
      first ??= echo(request);
      return request.id === "r1" ? [first] : [first, echo(request)];
    }, "jmap");
    const socket = await openJmapSocket(http, url, undefined);
    expect(await socket.call(["Core/echo", { a: 1 }])).toEqual({ a: 1 });
    expect(await socket.call(["Core/echo", { a: 2 }])).toEqual({ a: 2 });
    socket.close();
  });

  it("tells the status of a refused upgrade, and sends no header it was not given", async () => {
    const headers: unknown[] = [];
    server.on("upgrade", (request, socket) => {
      headers.push(request.headers.authorization);
      socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    });
    const error = await openJmapSocket(http, url, undefined).catch((error) => error);
    expect(error).toBeInstanceOf(UpgradeRefused);
    expect(error.status).toBe(401);
    expect(headers).toEqual([undefined]);
  });

  it("fails the call when the server closes instead of answering", async () => {
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.on("message", () => socket.close(1011)));
    const socket = await openJmapSocket(http, url, undefined);
    await expect(socket.call(["Core/echo", {}])).rejects.toThrow("closed (1011) before Core/echo");
  });
});
