import { connect, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A connection of a protocol that speaks in lines: IMAP, SMTP, ManageSieve. */
export interface LineClient {
  /** The next line without its end. @throws when the server closes the connection or stays silent too long */
  readLine(): Promise<string>;
  /** Sends the text and a line end. */
  writeLine(text: string): void;
  /** Gives the socket, paused, to another client; this one must not be used any more. */
  handOver(): Socket;
  close(): void;
}

/**
 * @param timeout milliseconds for the connection, and for each answer
 * @throws with the address in the message
 */
export async function connectLines(address: Address, timeout: number): Promise<LineClient> {
  const name = `${address.host}:${address.port}`;
  const socket = connect(address);
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
  socket.on("connect", () => wake());
  socket.on("data", onData).on("end", onClose).on("close", onClose).on("error", onError);

  /** Waits until `look` finds something, the connection ends, or the time is over. */
  const waitFor = async <T>(look: () => T | undefined, what: string): Promise<T> => {
    const timer = setTimeout(() => fail(new Error(`${name}: ${what} within ${timeout / 1000} s`)), timeout);
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

  await waitFor(() => (socket.connecting || failure ? undefined : true), "no connection");
  return {
    readLine: () =>
      waitFor(() => {
        const end = buffer.indexOf("\n");
        if (end < 0) return undefined;
        const line = Buffer.from(buffer.slice(0, end).replace(/\r$/, ""), "latin1").toString("utf8");
        buffer = buffer.slice(end + 1);
        return line;
      }, "no answer"),
    writeLine: (text) => void socket.write(`${text}\r\n`),
    handOver: () => {
      socket.off("data", onData).off("end", onClose).off("close", onClose).off("error", onError);
      socket.pause();
      if (buffer) socket.unshift(Buffer.from(buffer, "latin1"));
      return socket;
    },
    close: () => socket.destroy(),
  };
}
