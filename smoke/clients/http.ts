import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Agent, buildConnector, type RequestInit, type Response, fetch as undiciFetch } from "undici";

/** Milliseconds that one network operation may take. A Keycloak that has just started needs seconds for the first login. */
export const NETWORK_TIMEOUT = 10_000;

/** Where the platform's host names are published. */
export interface PublishedHosts {
  readonly connectHost: string;
  readonly ssoUrl: string;
  readonly gatewayUrl: string;
  readonly ports: { readonly keycloak: number; readonly gateway: number };
}

/** HTTP to the platform's host names without resolving them. */
export interface Http {
  /** Like the global `fetch`, but redirects are not followed. @throws for any other host than the platform's */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** A connection to the host of a URL (TLS for https and wss), for clients that do not speak HTTP themselves. */
  connect(url: string | URL): Socket;
  close(): Promise<void>;
}

export function createHttp(target: PublishedHosts): Http {
  const ports = new Map([
    [authority(target.ssoUrl), target.ports.keycloak],
    [authority(target.gatewayUrl), target.ports.gateway],
  ]);
  const publishedPort = (url: string | URL) => {
    const port = ports.get(authority(url));
    if (port === undefined)
      throw new Error(
        `led to ${authority(url)}, which is neither the SSO nor the gateway (${[...ports.keys()].join(", ")})`,
      );
    return port;
  };

  const connector = buildConnector({ timeout: NETWORK_TIMEOUT });
  const agent = new Agent({
    headersTimeout: NETWORK_TIMEOUT,
    bodyTimeout: NETWORK_TIMEOUT,
    connect: (options, callback) => {
      const port = publishedPort(`${options.protocol}//${options.host ?? options.hostname}`);
      connector({ ...options, hostname: target.connectHost, port: String(port) }, callback);
    },
  });

  return {
    async fetch(url, init = {}) {
      publishedPort(url);
      try {
        return await undiciFetch(url, {
          redirect: "manual",
          ...init,
          signal: AbortSignal.timeout(NETWORK_TIMEOUT),
          dispatcher: agent,
        });
      } catch (error) {
        // "fetch failed", or "aborted", without saying whom.
        const late = error instanceof Error && error.name === "TimeoutError";
        const why = late ? ` within ${NETWORK_TIMEOUT / 1000} s` : "";
        throw new Error(`no answer from ${authority(url)}${why}`, {
          cause: late ? undefined : rootCause(error),
        });
      }
    },
    connect(url) {
      const to = { host: target.connectHost, port: publishedPort(url) };
      const { protocol, hostname } = new URL(url);
      const secure = protocol === "https:" || protocol === "wss:";
      return secure ? connectTls({ ...to, servername: hostname }) : connectTcp(to);
    },
    close: () => agent.destroy(),
  };
}

/** `host:port`, with the scheme's default port written out. */
function authority(url: string | URL): string {
  const { protocol, hostname, port } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" || protocol === "wss:" ? 443 : 80)}`;
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}
