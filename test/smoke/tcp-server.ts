import { createServer, type Server, type Socket } from "node:net";
import { afterEach } from "vitest";
import type { Address } from "../../smoke/clients/line-client";

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
