import { expect, it } from "vitest";
import { connectLines } from "../../../smoke/clients/line-client";
import { serve, serveScript } from "../tcp-server";

it("reads lines however the network cuts them, also inside a character", async () => {
  const bytes = Buffer.from("one\r\ntwo é\nthree\r\n", "utf8");
  const address = await serve((socket) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at === bytes.length) return clearInterval(timer);
      socket.write(bytes.subarray(at, ++at));
    }, 1);
  });
  const lines = await connectLines(address, 2000);
  expect([await lines.readLine(), await lines.readLine(), await lines.readLine()]).toEqual([
    "one",
    "two é",
    "three",
  ]);
  lines.close();
});

it("keeps lines that came in together", async () => {
  const address = await serve((socket) => void socket.write("a\r\nb\r\n"));
  const lines = await connectLines(address, 2000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect([await lines.readLine(), await lines.readLine()]).toEqual(["a", "b"]);
  lines.close();
});

it("ends every line it writes with CRLF", async () => {
  const { address, received } = await serveScript("hello\r\n", ["bye\r\n"]);
  const lines = await connectLines(address, 2000);
  await lines.readLine();
  lines.writeLine("EHLO me");
  expect(await lines.readLine()).toBe("bye");
  expect(received).toEqual(["EHLO me"]);
  lines.close();
});

it("gives up on a server that stays silent, and names it", async () => {
  const address = await serve(() => {});
  const lines = await connectLines(address, 100);
  await expect(lines.readLine()).rejects.toThrow(`127.0.0.1:${address.port}: no answer within 0.1 s`);
});

it("says when the server closes the connection instead of answering", async () => {
  const address = await serve((socket) => socket.end("half a line"));
  const lines = await connectLines(address, 2000);
  await expect(lines.readLine()).rejects.toThrow("closed the connection");
});

it("still gives the lines that came before the end", async () => {
  const address = await serve((socket) => socket.end("last\r\n"));
  const lines = await connectLines(address, 2000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await lines.readLine()).toBe("last");
  await expect(lines.readLine()).rejects.toThrow("closed the connection");
});

it("names the address that nobody listens on", async () => {
  await expect(connectLines({ host: "127.0.0.1", port: 1 }, 2000)).rejects.toThrow(
    "connect ECONNREFUSED 127.0.0.1:1",
  );
});

it("hands the socket over with what was not read yet", async () => {
  const address = await serve((socket) => void socket.write("read\r\nunread\r\n"));
  const lines = await connectLines(address, 2000);
  expect(await lines.readLine()).toBe("read");
  const socket = lines.handOver();
  const data = await new Promise<Buffer>((resolve) => socket.once("data", resolve).resume());
  expect(data.toString()).toBe("unread\r\n");
  socket.destroy();
});
