import { type IncomingHttpHeaders, request } from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer | Readable;
  /** Whether the certificate, by https, may be of another host. @default false */
  readonly ofAnyHost?: boolean;
}

/** Every host is this machine. */
export const lookup: LookupFunction = (_, { all }, found) =>
  all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);

/**
 * One request on a connection of its own, with the path sent byte for byte: `fetch` would normalize it.
 *
 * @param ca authority of the certificate, by https
 */
export function ask(
  baseUrl: string,
  path: string,
  { method = "GET", headers = {}, body, ofAnyHost = false }: Question = {},
  ca?: string,
) {
  const { protocol, hostname, port } = new URL(baseUrl);
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = (protocol === "https:" ? secureRequest : request)(
      {
        ...{ hostname, port, path, method, headers, agent: false, setHost: true, timeout: 40_000, lookup },
        ...(ca !== undefined && { ca }),
        ...(ofAnyHost && { checkServerIdentity: () => undefined }),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          // It does not end: its first event is enough.
          if (incoming.headers["content-type"] === "text/event-stream") incoming.destroy();
        });
        incoming.on("close", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            rawHeaders: incoming.rawHeaders,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    // Upgraded against expectation: an answer like any other.
    outgoing.on("upgrade", (incoming, socket) => {
      socket.destroy();
      const { statusCode = 0, headers, rawHeaders } = incoming;
      resolve({ status: statusCode, headers, rawHeaders, text: "" });
    });
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) outgoing.end(body);
    else body.pipe(outgoing);
  });
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

export function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}
