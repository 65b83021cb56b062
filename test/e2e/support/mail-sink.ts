import { createServer, type Socket } from "node:net";

/** An SMTP server that takes every mail. */
export interface MailSink {
  readonly port: number;
  /** Mails as they came, the latest last. */
  readonly mails: readonly string[];
  close(): Promise<void>;
}

/** @param host address that it listens on */
export async function startMailSink(host: string): Promise<MailSink> {
  const mails: string[] = [];
  const server = createServer((socket) => serve(socket, mails));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  return { port, mails, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function serve(socket: Socket, mails: string[]): void {
  let input = "";
  let mail: string | undefined;
  socket.setEncoding("utf8").write("220 sink\r\n");
  socket.on("error", () => socket.destroy());
  socket.on("data", (data: string) => {
    input += data;
    for (let end = input.indexOf("\r\n"); end >= 0; end = input.indexOf("\r\n")) {
      const line = input.slice(0, end);
      input = input.slice(end + 2);
      if (mail === undefined) {
        if (/^data$/i.test(line)) mail = "";
        const code = /^data$/i.test(line) ? 354 : /^quit$/i.test(line) ? 221 : 250;
        socket.write(`${code} so be it\r\n`);
      } else if (line === ".") {
        mails.push(mail);
        mail = undefined;
        socket.write("250 taken\r\n");
      } else mail += `${line}\n`;
    }
  });
}
