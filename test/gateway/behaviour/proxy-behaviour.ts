import { connect, isIP } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { beforeAll, describe, expect, it } from "vitest";
import type { EchoUpstream, Seen } from "./echo-upstream";
import { values } from "./observer";

/** A gateway that trusts 127.0.0.1, whose tests reach it from there, and one stranger. */
export interface ProxiedUnderTest {
  readonly host: string;
  /** Where people reach it, on 127.0.0.1. */
  readonly port: number;
  /** By HTTPS the authority of its certificate. */
  readonly ca?: string;
  readonly upstream: EchoUpstream;
  /** A path that anybody may ask for, and that its upstream sees. */
  readonly path: string;
  /** Sends bytes from an address that it does not trust, and gives what comes back. Plain HTTP only. */
  readonly stranger?: (bytes: Buffer) => Promise<string>;
  /** What it has written to its log. */
  log(): Promise<string>;
}

const client = "192.0.2.77";

/** What every gateway must do behind a proxy that names a client's address in X-Forwarded-For. */
export function forwardedProxyBehaviour(underTest: () => ProxiedUnderTest): void {
  describe("a trusted proxy's X-Forwarded-For", () => {
    let machine: string;
    beforeAll(async () => {
      machine = (await fromProxy(underTest(), {}))[0] ?? "";
      expect(isIP(machine)).toBe(4);
    });

    it.each<[string, (machine: string) => string | string[], string]>([
      ["one address", () => client, client],
      ["a chain that the client began", () => `198.51.100.1, ${client}`, client],
      ["a chain in two headers", () => ["198.51.100.1", client], client],
      ["a chain that ends with proxies", (own) => `198.51.100.1, ${client}, ${own}`, client],
      ["an address of a private network", () => "198.51.100.1, 10.1.2.3", "10.1.2.3"],
      ["IPv6", () => "198.51.100.1, 2001:db8::7", "2001:db8::7"],
    ])("names the client: %s", async (_, chain, expected) => {
      expect(await fromProxy(underTest(), { "x-forwarded-for": chain(machine) })).toEqual([expected]);
    });

    it.each(["", "unknown", "198.51.100.1, unknown", "192.0.2.300", "a b", "' or 1=1"])(
      "that names none is not believed: %j",
      async (chain) => {
        const [address, ...more] = await fromProxy(underTest(), { "x-forwarded-for": chain });
        expect([address, more]).toEqual([machine, []]);
      },
    );

    it("is the only header that does", async () => {
      const headers = { "x-real-ip": client, forwarded: `for=${client}`, "x-client-ip": client };
      expect(await fromProxy(underTest(), headers)).toEqual([machine]);
    });

    it("is what the log has", async () => {
      await fromProxy(underTest(), { "x-forwarded-for": "192.0.2.123" });
      await expect.poll(underTest().log, { timeout: 10_000 }).toContain("192.0.2.123");
    });
  });

  it("believes no one else's X-Forwarded-For", async () => {
    const { host, path, stranger, upstream } = underTest();
    const before = upstream.seen.length;
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: ${client}\r\nConnection: close\r\n\r\n`;
    expect(await stranger?.(Buffer.from(head))).toMatch(/^HTTP\/1\.1 200 /);
    expectOwn(upstream.seen.slice(before));
  });
}

/** What every gateway must do behind a proxy that speaks the PROXY protocol, version 2. */
export function proxyProtocolBehaviour(underTest: () => ProxiedUnderTest): void {
  const request = (host: string, path: string, headers = "") =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`;
  /** The addresses that the upstream was told of a request, and the answer. */
  const send = async (prefix: Buffer, headers?: string) => {
    const gateway = underTest();
    const before = gateway.upstream.seen.length;
    const answer = await exchange(gateway, prefix, request(gateway.host, gateway.path, headers));
    return { answer, addresses: addressesOf(gateway.upstream.seen.slice(before)) };
  };

  describe("the PROXY protocol of a trusted proxy", () => {
    it.each([client, "10.1.2.3", "198.51.100.200"])("names the client: %s", async (address) => {
      const { answer, addresses } = await send(proxyHeader(address));
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(addresses).toEqual([address]);
    });

    it("is more than what a client says in HTTP", async () => {
      const forged = `X-Forwarded-For: 198.51.100.1\r\nX-Real-IP: 198.51.100.1\r\n`;
      expect((await send(proxyHeader(client), forged)).addresses).toEqual([client]);
    });

    it("is asked for: without it nothing is answered", async () => {
      const { answer, addresses } = await send(Buffer.alloc(0));
      expect([answer, addresses]).toEqual(["", []]);
    });

    it("is what the log has", async () => {
      await send(proxyHeader("192.0.2.124"));
      await expect.poll(underTest().log, { timeout: 10_000 }).toContain("192.0.2.124");
    });
  });

  it("reads no one else's PROXY protocol", async ({ skip }) => {
    const { host, path, stranger, upstream } = underTest();
    if (!stranger) return skip("strangers speak plain HTTP");
    const before = upstream.seen.length;
    const text = Buffer.from(request(host, path));
    expect(await stranger(Buffer.concat([proxyHeader(client), text]))).not.toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.seen.length).toBe(before);
    expect(await stranger(text)).toMatch(/^HTTP\/1\.1 200 /);
    expectOwn(upstream.seen.slice(before));
  });
}

function addressesOf(seen: readonly Seen[]): string[] {
  for (const entry of seen) expect(values(entry, "X-Forwarded-For")).toEqual(values(entry, "X-Real-IP"));
  return seen.flatMap((entry) => values(entry, "X-Real-IP"));
}

/** Of a stranger's request: its own address, on the engine's network. */
function expectOwn(seen: readonly Seen[]): void {
  const [address = "", ...more] = addressesOf(seen);
  expect([isIP(address), address === client, more]).toEqual([4, false, []]);
}

/** The addresses that the upstream was told, with headers of a proxy's request. */
async function fromProxy(
  gateway: ProxiedUnderTest,
  headers: Record<string, string | string[]>,
): Promise<string[]> {
  const before = gateway.upstream.seen.length;
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  );
  const text = `GET ${gateway.path} HTTP/1.1\r\nHost: ${gateway.host}\r\n${lines.join("")}Connection: close\r\n\r\n`;
  expect(await exchange(gateway, Buffer.alloc(0), text)).toMatch(/^HTTP\/1\.1 200 /);
  return addressesOf(gateway.upstream.seen.slice(before));
}

/** Sends a prefix in clear and then a request, by TLS where there is an authority, and gives what comes back. */
function exchange({ port, host, ca }: ProxiedUnderTest, prefix: Buffer, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const raw = connect(port, "127.0.0.1", () => {
      if (prefix.length > 0) raw.write(prefix);
      const socket = ca === undefined ? raw : connectSecurely({ socket: raw, servername: host, ca });
      socket.on("data", (data) => {
        answer += data;
      });
      socket.on("error", () => resolve(answer));
      socket.on("close", () => resolve(answer));
      socket.write(text);
    });
    raw.setTimeout(10_000, () => raw.destroy());
    raw.on("error", () => resolve(answer));
  });
}

/** https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt, section 2.2, of TCP over IPv4 */
export function proxyHeader(source: string): Buffer {
  const address = (text: string) => text.split(".").map(Number);
  return Buffer.from([
    ...[0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
    ...[0x21, 0x11, 0, 12],
    ...[...address(source), ...address("198.51.100.100")],
    ...[0xc0, 0x01, 0x01, 0xbb],
  ]);
}
