import type { Socket } from "node:net";
import {
  type Address,
  connected,
  openSocket,
  type ServerIdentity,
  secure,
  type TlsVariation,
} from "./socket";

/** A connection of a protocol that speaks in lines: IMAP, SMTP, ManageSieve. */
export interface LineClient {
  /** The next line without its end. @throws when the server closes the connection or stays silent too long */
  readLine(): Promise<string>;
  /** As many octets, whatever they are: a literal. @throws as `readLine` */
  readOctets(count: number): Promise<Buffer>;
  /** Sends the text and a line end. */
  writeLine(text: string): void;
  /** Goes on with TLS, after the server has said that it does. @throws when it has said more, or is not who it should be */
  startTls(identity: ServerIdentity, variation?: TlsVariation): Promise<void>;
  /** The connection, to be looked at. */
  readonly socket: Socket;
  /** Gives the socket, paused, to another client; this one must not be used any more. */
  handOver(): Socket;
  close(): void;
}

/**
 * @param timeout milliseconds for the connection, and for each answer
 * @throws with the address in the message
 */
export async function connectLines(
  address: Address,
  timeout: number,
  variation: TlsVariation = {},
): Promise<LineClient> {
  const name = `${address.host}:${address.port}`;
  let socket = openSocket(address, variation);
  let buffer = "";
  let failure: Error | undefined;
  let wake: () => void = () => {};

  const fail = (error: Error) => {
    failure ??= error;
    wake();
  };
  const onData = (data: Buffer) => {
    buffer += data.toString("latin1");
    wake();
  };
  const onClose = () => fail(new Error(`${name} closed the connection`));
  const onError = (error: Error) =>
    fail(error.message.includes(name) ? error : new Error(`${name}: ${error.message}`, { cause: error }));
  const listen = () => socket.on("data", onData).on("end", onClose).on("close", onClose).on("error", onError);
  const unlisten = () =>
    socket.off("data", onData).off("end", onClose).off("close", onClose).off("error", onError);
  listen();

  /** Waits until `look` finds something, the connection ends, or the time is over. */
  const waitFor = async <T>(look: () => T | undefined, what: () => string): Promise<T> => {
    const timer = setTimeout(() => fail(new Error(`${name}: ${what()} within ${timeout / 1000} s`)), timeout);
    try {
      while (true) {
        const found = look();
        if (found !== undefined) return found;
        if (failure) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
  const waitUntil = async (event: string, what: () => string) => {
    let happened = false;
    socket.once(event, () => {
      happened = true;
      wake();
    });
    await waitFor(() => happened || undefined, what);
  };

  await waitUntil(connected(address), () => "no connection");
  return {
    get socket() {
      return socket;
    },
    readLine: () =>
      waitFor(
        () => {
          const end = buffer.indexOf("\n");
          if (end < 0) return undefined;
          const line = Buffer.from(buffer.slice(0, end).replace(/\r$/, ""), "latin1").toString("utf8");
          buffer = buffer.slice(end + 1);
          return line;
        },
        () => "no answer",
      ),
    readOctets: (count) =>
      waitFor(
        () => {
          if (buffer.length < count) return undefined;
          const octets = Buffer.from(buffer.slice(0, count), "latin1");
          buffer = buffer.slice(count);
          return octets;
        },
        () => `${buffer.length} of ${count} octets`,
      ),
    writeLine: (text) => void socket.write(`${text}\r\n`),
    async startTls(identity, variation = {}) {
      if (buffer !== "") {
        socket.destroy();
        throw new Error(`${name} sent more before TLS than its answer: whoever is between could have`);
      }
      unlisten();
      socket = secure(socket, identity, variation);
      listen();
      await waitUntil("secureConnect", () => "no TLS");
    },
    handOver: () => {
      unlisten();
      socket.pause();
      if (buffer) socket.unshift(Buffer.from(buffer, "latin1"));
      return socket;
    },
    close: () => socket.destroy(),
  };
}
