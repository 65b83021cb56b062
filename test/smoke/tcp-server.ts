import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { afterEach } from "vitest";
import type { Address } from "../../smoke/clients/socket";

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A TCP server that ends with the test. */
export async function serve(onConnection: (socket: Socket) => void): Promise<Address> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { host: "127.0.0.1", port: (server.address() as { port: number }).port };
}

/**
 * A server that plays a script: it greets, and gives the next answer whenever a line came in.
 *
 * @returns its address, and the lines it was sent
 */
export async function serveScript(
  greeting: string,
  answers: readonly string[],
): Promise<{ address: Address; received: string[] }> {
  const received: string[] = [];
  const left = [...answers];
  const address = await serve((socket) => {
    socket.write(greeting);
    let buffer = "";
    socket.on("data", (data) => {
      buffer += data.toString("utf8");
      for (let end = buffer.indexOf("\r\n"); end >= 0; end = buffer.indexOf("\r\n")) {
        received.push(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
        const answer = left.shift();
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
  return { address, received };
}

/** What a mail server says: to nobody's line first, as its greeting; `secure` once it has TLS. */
export type Talk = (line: string | undefined, secure: boolean) => string;

/** Before an answer after which TLS begins. */
export const thenTls = "TLS ";

/**
 * A server that answers line by line, with TLS at once or when it says so; after that it may greet again.
 *
 * @returns its address, and the lines that came in
 */
export async function serveTalk(
  talk: Talk,
  pair: { readonly cert: string; readonly key: string },
  { atOnce = false, greetsAgain = false }: { atOnce?: boolean; greetsAgain?: boolean } = {},
): Promise<{ address: Address; received: { line: string; secure: boolean }[] }> {
  const received: { line: string; secure: boolean }[] = [];
  const speak = (socket: Socket, secure: boolean) => {
    let buffer = "";
    const say = (line: string | undefined) => {
      const answer = talk(line, secure);
      if (!answer.startsWith(thenTls)) return void socket.write(answer);
      socket.off("data", onData).write(answer.slice(thenTls.length));
      const secured = encrypt(socket);
      if (greetsAgain) secured.say(undefined);
    };
    const onData = (data: Buffer) => {
      buffer += data.toString("latin1");
      for (let end = buffer.indexOf("\r\n"); end >= 0; end = buffer.indexOf("\r\n")) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        received.push({ line, secure });
        say(line);
      }
    };
    socket.on("data", onData);
    return { say };
  };
  const encrypt = (socket: Socket) => {
    const secured = new TLSSocket(socket, { isServer: true, ...pair });
    secured.on("error", () => {});
    return speak(secured, true);
  };
  const address = await serve((socket) => {
    const { say } = atOnce ? encrypt(socket) : speak(socket, false);
    say(undefined);
  });
  return { address, received };
}
