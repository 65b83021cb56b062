import { WebSocket } from "ws";
import { type Http, NETWORK_TIMEOUT } from "./http";
import { answerTo, type Call, requestOf } from "./jmap";

/**
 * Milliseconds after which a request is sent again. James loses what comes in the moment after the upgrade: measured
 * without a gateway, 3.8.1 left 1 of 150 connections without an answer, and none when the client waited 50 ms.
 */
const RESEND_AFTER = 2_000;

/** JMAP over WebSocket (RFC 8887). */
export interface JmapSocket {
  /** Whether the server confirmed the subprotocol `jmap`. */
  readonly confirmed: boolean;
  /** Sends once more what is not answered: it must change nothing. */
  call(call: Call): Promise<Record<string, unknown>>;
  close(): void;
}

/** The status with which a server refused to change to WebSocket. */
export class UpgradeRefused extends Error {
  constructor(readonly status: number) {
    super(`the WebSocket upgrade was answered with ${status}`);
  }
}

/**
 * Asks for the subprotocol `jmap`, and, where the server does not confirm it, opens the connection without: James
 * alone confirms none, though RFC 8887 (section 3) says so, and a client library then refuses the connection.
 *
 * @param authorization value of the Authorization header; none is sent without it
 * @throws UpgradeRefused
 */
export async function openJmapSocket(
  http: Http,
  url: string,
  authorization: string | undefined,
): Promise<JmapSocket> {
  try {
    return jmapSocket(await upgrade(http, url, authorization, ["jmap"]));
  } catch (error) {
    if (!(error instanceof Error) || error.message !== "Server sent no subprotocol") throw error;
    return jmapSocket(await upgrade(http, url, authorization, []));
  }
}

async function upgrade(
  http: Http,
  url: string,
  authorization: string | undefined,
  protocols: string[],
): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, {
    headers: { ...http.headers(url), ...(authorization && { authorization }) },
    handshakeTimeout: NETWORK_TIMEOUT,
    createConnection: (() => http.connect(url)) as never,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.on("error", reject);
    socket.once("unexpected-response", (request, response) => {
      reject(new UpgradeRefused(response.statusCode ?? 0));
      request.destroy();
    });
  });
  return socket;
}

function jmapSocket(socket: WebSocket): JmapSocket {
  let sent = 0;
  const answered = new Set<string>();
  return {
    confirmed: socket.protocol === "jmap",
    call: (call) => {
      const id = `r${++sent}`;
      return new Promise((resolve, reject) => {
        const end = () => {
          clearTimeout(timer);
          clearTimeout(again);
          socket.off("message", onMessage).off("close", onClose);
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error(`${call[0]} got no answer over WebSocket within ${NETWORK_TIMEOUT / 1000} s`));
        }, NETWORK_TIMEOUT);
        const onClose = (code: number) => {
          end();
          reject(new Error(`the WebSocket was closed (${code}) before ${call[0]} was answered`));
        };
        const onMessage = (data: Buffer) => {
          const message = JSON.parse(data.toString("utf8"));
          // State changes are pushed over the same connection.
          if (message["@type"] === "StateChange") return;
          // What was sent again can be answered twice.
          if (answered.has(message.requestId)) return;
          end();
          answered.add(id);
          try {
            if (message.requestId !== id) throw new Error(`the answer to ${id} names ${message.requestId}`);
            resolve(answerTo(call, message));
          } catch (error) {
            reject(error);
          }
        };
        socket.on("message", onMessage).on("close", onClose);
        const send = () => socket.send(JSON.stringify({ "@type": "Request", id, ...requestOf(call) }));
        const again = setTimeout(send, RESEND_AFTER);
        send();
      });
    },
    close: () => socket.close(),
  };
}
